package bench

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"regexp"
	"slices"
	"time"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded"
	"github.com/entra-activity/entra-activity-datasource/internal/exporter"
)

// scrapes measures the exporter as Prometheus meets it.
func (b *bench) scrapes(ctx context.Context, companion string) error {
	b.report.heading("Exporter", "here", "at best", "of a tenth", "at best", "ratio")
	for _, of := range []struct {
		name       string
		collectors []string
	}{{"sign-ins and ingest", []string{"signins", "ingest"}}, {"all default collectors", nil}} {
		if err := b.scrapesOf(ctx, companion, of.name, of.collectors); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) scrapesOf(ctx context.Context, companion, name string, collectors []string) error {
	large, stop, err := serveMetrics(ctx, companion, b.server.URL(b.largeName), collectors)
	if err != nil {
		return err
	}
	defer stop()
	small, stop, err := serveMetrics(ctx, companion, b.server.URL(b.smallName), collectors)
	if err != nil {
		return err
	}
	defer stop()
	text, err := settled(ctx, large)
	if err != nil {
		return err
	}
	if _, err := settled(ctx, small); err != nil {
		return err
	}
	took, err := b.measure(
		func() error { _, err := scrape(ctx, large); return err },
		func() error { _, err := scrape(ctx, small); return err },
	)
	if err != nil {
		return err
	}
	name = fmt.Sprintf("Scrape of %s, %d series", name, bytes.Count(text, []byte("\nentra_")))
	if collectors == nil {
		b.report.noTarget(name, took.cells()...)
		return nil
	}
	b.sameAtBothSizes(name, took, quickScrape)
	return nil
}

// startTimeout covers the first scrape on a slow machine.
const startTimeout = 5 * time.Minute

// serveMetrics starts the exporter with some of its collectors; nil: the default ones.
func serveMetrics(ctx context.Context, companion, database string, collectors []string) (url string, stop func(),
	err error) {
	port, err := embedded.FreePort()
	if err != nil {
		return "", nil, err
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	args := []string{"--database-url=" + database, "exporter", "--web.listen-address=" + address}
	for _, c := range exporter.Collectors() {
		if collectors != nil && c.Default && !slices.Contains(collectors, c.Name) {
			args = append(args, "--no-collector."+c.Name)
		}
	}
	running, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- exec.CommandContext(running, companion, args...).Run() }()
	stop = func() {
		cancel()
		<-ended
	}
	url = "http://" + address + "/metrics"
	for deadline := time.Now().Add(startTimeout); ; {
		if _, err = scrape(ctx, url); err == nil {
			return url, stop, nil
		}
		select {
		case exit := <-ended:
			cancel()
			return "", nil, fmt.Errorf("the exporter has ended: %w", exit)
		case <-time.After(50 * time.Millisecond):
			if time.Now().After(deadline) {
				stop()
				return "", nil, fmt.Errorf("the exporter does not start: %w", err)
			}
		}
	}
}

// settled returns a scrape that has what collectors refresh in the background, and no refresh beside it.
func settled(ctx context.Context, url string) ([]byte, error) {
	for {
		text, err := scrape(ctx, url)
		background := len(regexp.MustCompile(`(?m)^entra_exporter_collector_duration_seconds\{.*\} 0\.0$`).FindAll(text, -1))
		if err != nil || background == 0 {
			return text, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// accepted is what Prometheus accepts.
const accepted = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5," +
	"application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3," +
	"text/plain;version=0.0.4;q=0.2,*/*;q=0.1"

// scrape requests as Prometheus does, and takes as long as its scrape_duration_seconds would say but for parsing: until the
// text is there, which comes compressed.
func scrape(ctx context.Context, url string) ([]byte, error) {
	text, err := embedded.Fetch(ctx, http.MethodGet, url, http.Header{"Accept": {accepted}}, nil)
	if err == nil && !bytes.Contains(text, []byte("\nentra_exporter_up 1.0\n")) {
		err = fmt.Errorf("the scrape failed: %s", text)
	}
	return text, err
}
