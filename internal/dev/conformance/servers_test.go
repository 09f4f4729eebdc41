package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/debian"
)

// scrapeInterval is as short as servers allow, so that a proof takes seconds.
const scrapeInterval = time.Second

// zeroHold is how long new counters show 0. What is imported once rises once: a server that misses the zero before it, as
// one does that has to share a machine, never sees it rise.
const zeroHold = 10 * scrapeInterval

// patience is how long tests wait for a state that servers come to by themselves, however busy the machine is.
const patience = 8 * time.Minute

// server is a Prometheus or a VictoriaMetrics, which answer to the same requests.
type server struct{ name, url string }

// startServers starts one of each, in private folders, scraping a target; they end with the test.
func startServers(t *testing.T, target string) []server {
	t.Helper()
	config := filepath.Join(t.TempDir(), "prometheus.yml")
	rules, err := filepath.Abs("../../../provisioning/prometheus")
	require.NoError(t, err)
	scrape := fmt.Sprintf("scrape_configs:\n- job_name: entra-activity\n  static_configs: [{targets: [%q]}]\n", target)
	global := fmt.Sprintf("global: {scrape_interval: %[1]s, scrape_timeout: %[1]s, evaluation_interval: %[1]s}\n", scrapeInterval)
	require.NoError(t, os.WriteFile(config, []byte(global+scrape+fmt.Sprintf("rule_files: [%q, %q]\n", filepath.Join(rules,
		"rules.yaml"), filepath.Join(rules, "alerts.yaml"))), 0o600))
	scrapeConfig := filepath.Join(t.TempDir(), "scrape.yml")
	require.NoError(t, os.WriteFile(scrapeConfig,
		[]byte(fmt.Sprintf("global: {scrape_interval: %[1]s, scrape_timeout: %[1]s}\n", scrapeInterval)+scrape), 0o600))

	prometheus := freeAddress(t)
	start(t, debian.Program(t, "prometheus", "prometheus"), "--config.file="+config, "--storage.tsdb.path="+t.TempDir(),
		"--web.listen-address="+prometheus, "--log.level=warn")
	victoriaMetrics := freeAddress(t)
	start(t, debian.Program(t, "victoria-metrics", "victoria-metrics"), "-promscrape.config="+scrapeConfig,
		"-storageDataPath="+t.TempDir(), "-httpListenAddr="+victoriaMetrics,
		"-search.latencyOffset=0s", "-search.disableCache", "-loggerLevel=ERROR")
	return []server{{"Prometheus", "http://" + prometheus}, {"VictoriaMetrics", "http://" + victoriaMetrics}}
}

// start runs a program until the test ends or the function returned is called.
func start(t testing.TB, path string, args ...string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, path, args...)
	var output strings.Builder
	cmd.Stdout, cmd.Stderr = &output, &output
	require.NoError(t, cmd.Start())
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		_ = cmd.Wait() // it was killed
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(path), output.String())
		}
	}
	t.Cleanup(stop)
	return stop
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}

// get asks for a path below /api/v1 and reads the data of the response.
func (s server) get(t *testing.T, path string, parameters url.Values, data any) error {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/api/v1/"+path+"?"+parameters.Encode(), nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var body struct {
		Status, Error string
		Data          json.RawMessage
	}
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil {
		return fmt.Errorf("%s: %w", response.Status, err)
	}
	if body.Status != "success" {
		return fmt.Errorf("%s: %s", response.Status, body.Error)
	}
	return json.Unmarshal(body.Data, data)
}

// sample is one series' value.
type sample struct {
	labels map[string]string
	value  float64
}

// query evaluates an expression at a time.
func (s server) query(t *testing.T, expr string, at time.Time) ([]sample, error) {
	t.Helper()
	var data struct {
		Result []struct {
			Metric map[string]string
			Value  [2]any
		}
	}
	seconds := strconv.FormatFloat(float64(at.UnixMilli())/1000, 'f', 3, 64)
	if err := s.get(t, "query", url.Values{"query": {expr}, "time": {seconds}, "nocache": {"1"}}, &data); err != nil {
		return nil, err
	}
	var samples []sample
	for _, r := range data.Result {
		text, _ := r.Value[1].(string)
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, err
		}
		samples = append(samples, sample{r.Metric, value})
	}
	return samples, nil
}
