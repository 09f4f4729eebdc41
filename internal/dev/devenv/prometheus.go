package devenv

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded"
	"github.com/entra-activity/entra-activity-datasource/internal/exporter"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

const (
	// scrapeInterval is so short that there is something to show when somebody has opened a dashboard.
	scrapeInterval = 5 * time.Second
	// scraperTimeout covers the first start on a slow machine, history included.
	scraperTimeout = 3 * time.Minute

	scrapeFile  = "scrape.yml"
	historyFile = "history.txt"
	dataFolder  = "tsdb"
)

// errNoScraper says what is missing without one.
var errNoScraper = errors.New("none found, which Operations and Overview on Prometheus need: " +
	"install prometheus or victoria-metrics, and start the demo again")

// A scraper is a program that scrapes metrics and answers PromQL.
type scraper struct {
	name      string
	arguments func(address string) []string
	// What it imports, and where in that the labels of a series begin.
	format exporter.Format
	labels *regexp.Regexp
	extra  string
}

var scrapers = []scraper{
	{
		name: "prometheus",
		arguments: func(address string) []string {
			return []string{"--config.file=" + scrapeFile, "--storage.tsdb.path=" + dataFolder,
				"--storage.tsdb.retention.time=1y", "--web.listen-address=" + address}
		},
		format: exporter.OpenMetrics,
		labels: regexp.MustCompile(`(?m)^\w+\{`),
		extra:  `job="entra-activity",instance="history",`,
	},
	{
		name: "victoria-metrics",
		arguments: func(address string) []string {
			return []string{"-promscrape.config=" + scrapeFile, "-storageDataPath=" + dataFolder,
				"-retentionPeriod=1y", "-httpListenAddr=" + address, "-search.latencyOffset=0s"}
		},
		format: exporter.VictoriaMetrics,
		labels: regexp.MustCompile(`"metric":\{`),
		extra:  `"job":"entra-activity","instance":"history",`,
	},
}

// findScraper returns the first that this machine has, and its path.
func findScraper() (s scraper, path string, err error) {
	for _, s := range scrapers {
		if path, err := exec.LookPath(s.name); err == nil {
			return s, path, nil
		}
	}
	return scraper{}, "", errNoScraper
}

// history is what the scraper would know had it scraped from the first day on: the counters until today by the time of
// events, under the names that scrapes give them.
func (s scraper) history(ctx context.Context, db *store.DB) (string, error) {
	today := time.Now().UTC().Truncate(24 * time.Hour)
	var text strings.Builder
	_, err := exporter.Backfill{From: today.AddDate(0, 0, -days), To: today, Format: s.format}.Write(ctx, db,
		collectors(), &text)
	return s.labels.ReplaceAllString(strings.ReplaceAll(text.String(), "_by_event_time", ""), "${0}"+s.extra), err
}

// scrapeServer is a running scraper.
type scrapeServer struct {
	address string
	*embedded.Program
}

// start has the scraper know a history, and scrape a target, which is a host and a port.
func (s scraper) start(ctx context.Context, path, history, target string) (_ *scrapeServer, err error) {
	files := map[string]string{historyFile: history, scrapeFile: fmt.Sprintf(`
global: {scrape_interval: %[1]s, scrape_timeout: %[1]s}
scrape_configs:
- job_name: entra-activity
  static_configs: [{targets: [%[2]q]}]
`, scrapeInterval, target)}
	ctx, cancel := context.WithTimeout(ctx, scraperTimeout)
	defer cancel()
	arguments := s.arguments
	if s.format == exporter.OpenMetrics {
		path, arguments = afterImport(path, arguments)
	}
	program, address, err := embedded.Serve(ctx, path, files, arguments)
	if err != nil {
		return nil, err
	}
	if s.format == exporter.VictoriaMetrics {
		_, err := embedded.Fetch(ctx, http.MethodPost, "http://"+address+"/api/v1/import", nil,
			strings.NewReader(history))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("import the history: %w", err), program.Stop())
		}
	}
	return &scrapeServer{"http://" + address, program}, nil
}

// afterImport is the command that imports the history for Prometheus, which can only be done before it starts. Without
// promtool there is none.
func afterImport(path string, arguments func(address string) []string) (string, func(address string) []string) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		return path, arguments
	}
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		return path, arguments
	}
	// One block of many days takes one reading of the file.
	script := `"$0" tsdb create-blocks-from --quiet --max-block-duration=2000h openmetrics ` +
		historyFile + " " + dataFolder + ` && exec "$@"`
	return shell, func(address string) []string {
		return append([]string{"-c", script, promtool, path}, arguments(address)...)
	}
}
