package tryout

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/entra-activity/entra-activity-datasource/internal/embedded"
)

// scrapeInterval is so short that the dashboards have something to show when somebody has opened one.
const scrapeInterval = 5 * time.Second

// scraperTimeout covers the first start on a slow machine.
const scraperTimeout = time.Minute

// errNoScraper says what is missing without one.
var errNoScraper = errors.New("none found, which Operations and Overview on Prometheus need: install prometheus or victoria-metrics, and start the demo again")

// A scraper is a program that scrapes metrics and answers PromQL. It reads what to scrape in scrapeFile.
type scraper struct {
	name      string
	arguments func(address string) []string
}

const scrapeFile = "scrape.yml"

var scrapers = []scraper{
	{"prometheus", func(address string) []string {
		return []string{"--config.file=" + scrapeFile, "--storage.tsdb.path=tsdb", "--web.listen-address=" + address}
	}},
	{"victoria-metrics", func(address string) []string {
		return []string{"-promscrape.config=" + scrapeFile, "-storageDataPath=tsdb", "-httpListenAddr=" + address, "-search.latencyOffset=0s"}
	}},
}

// scrapeServer is a private Prometheus, or another in its place.
type scrapeServer struct {
	address string
	*embedded.Program
}

// scrapeForGrafana starts what scrapes the metrics where a Grafana will ask it, and returns its address; an empty one where
// none is started.
func scrapeForGrafana(ctx context.Context, metrics string, opts Options) (address string, stop func() error, err error) {
	none := func() error { return nil }
	if opts.Smoke || opts.Preview {
		return "", none, nil
	}
	if _, _, err := findGrafana(); err != nil {
		return "", none, nil //nolint:nilerr // told when it is to be started
	}
	s, err := startScraper(ctx, strings.TrimPrefix(metrics, "http://"))
	if errors.Is(err, errNoScraper) {
		fmt.Fprintf(opts.Out, "Prometheus:  %v\n", err)
		return "", none, nil
	}
	if err != nil {
		return "", none, err
	}
	return s.address, s.Stop, nil
}

// startScraper starts the first that this machine has.
func startScraper(ctx context.Context, target string) (*scrapeServer, error) {
	for _, s := range scrapers {
		if path, err := exec.LookPath(s.name); err == nil {
			return s.start(ctx, path, target)
		}
	}
	return nil, errNoScraper
}

// start has the program scrape a target, which is a host and a port.
func (s scraper) start(ctx context.Context, path, target string) (_ *scrapeServer, err error) {
	port, err := embedded.FreePort()
	if err != nil {
		return nil, err
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	program, err := embedded.Run(path, map[string]string{scrapeFile: fmt.Sprintf(`
global: {scrape_interval: %[1]s, scrape_timeout: %[1]s}
scrape_configs:
- job_name: entra-activity
  static_configs: [{targets: [%[2]q]}]
`, scrapeInterval, target)}, s.arguments(address)...)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, scraperTimeout)
	defer cancel()
	if err := program.AwaitPort(ctx, port); err != nil {
		return nil, fmt.Errorf("start %s: %w", s.name, errors.Join(err, program.Stop()))
	}
	return &scrapeServer{"http://" + address, program}, nil
}
