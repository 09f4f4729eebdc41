package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/prometheus/common/promslog"

	"github.com/entra-activity/entra-activity-datasource/internal/exporter"
	"github.com/entra-activity/entra-activity-datasource/internal/pluginhost"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// scrapes measures the exporter as Prometheus meets it.
func (b *bench) scrapes(ctx context.Context) error {
	large, stop, err := serveMetrics(b.large)
	if err != nil {
		return err
	}
	defer stop()
	small, stop, err := serveMetrics(b.small)
	if err != nil {
		return err
	}
	defer stop()
	text, err := scrape(ctx, large)
	if err != nil {
		return err
	}
	took, err := b.measure(
		func() error { _, err := scrape(ctx, large); return err },
		func() error { _, err := scrape(ctx, small); return err },
	)
	if err != nil {
		return err
	}
	b.report.heading("Exporter", "here", "at best", "of a tenth", "at best", "ratio")
	series := bytes.Count(text, []byte("\nentra_signins_total{"))
	b.sameAtBothSizes(fmt.Sprintf("Scrape with %d series of sign-ins", series), took, quickScrape)
	return nil
}

func serveMetrics(db *store.DB) (url string, stop func(), err error) {
	handler, err := exporter.New(db, exporter.Options{ScrapeTimeout: 10 * time.Second}, promslog.NewNopLogger()).Handler()
	if err != nil {
		return "", nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	go server.Serve(listener) //nolint:errcheck // it ends when it is closed
	return "http://" + listener.Addr().String() + "/metrics", func() { server.Close() }, nil
}

func scrape(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && !bytes.Contains(text, []byte("\nentra_exporter_up 1\n")) {
		err = fmt.Errorf("the scrape failed: %s", text)
	}
	return text, err
}

const (
	// maxPluginMemory is what the plugin's process may come to hold.
	maxPluginMemory = 100 << 20
	megabyte        = 1 << 20
)

// plugin asks the built plugin everything, as Grafana does, and finds out how much memory that took at most.
func (b *bench) plugin(ctx context.Context, binary string, questions []question) error {
	var database string
	if err := b.large.GetContext(ctx, &database, "SELECT current_database()"); err != nil {
		return err
	}
	p, err := pluginhost.Start(binary, pluginhost.Settings{
		JSON:     map[string]any{"host": b.server.Host(), "port": b.server.Port(), "database": database, "user": b.server.User(), "tlsMode": "disable"},
		Password: b.server.Password(),
	})
	if err != nil {
		return err
	}
	defer p.Stop()
	b.report.heading("Through the plugin, from question to frame", "here", "at best")
	// Beside what is measured elsewhere, the longest answer there may be.
	longest := question{name: "Newest 10,000", model: model(map[string]any{"view": "list", "limit": maxRows})}
	for _, q := range append(questions, longest) {
		took, err := b.measure(func() error {
			_, err := p.Query(ctx, []json.RawMessage{q.model}, backend.TimeRange{From: period().From, To: period().To})
			return err
		})
		if err != nil {
			return fmt.Errorf("%s: %w", q.name, err)
		}
		b.report.aside(q.name, milliseconds(took[0].median), milliseconds(took[0].best))
	}
	peak, err := peakMemory(p.PID())
	if err != nil {
		b.report.aside("Memory: not known on this system")
		return nil
	}
	b.report.line("Memory of the plugin's process at its highest", peak < maxPluginMemory, fmt.Sprintf("under %d MB", maxPluginMemory/megabyte), fmt.Sprintf("%d MB", peak/megabyte), "")
	return nil
}

// peakMemory reads from Linux how much memory a process had at most.
func peakMemory(pid int) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	amount, _, _ := strings.Cut(strings.TrimSpace(rest), " kB")
	kilobytes, err := strconv.ParseInt(amount, 10, 64)
	return kilobytes << 10, err
}
