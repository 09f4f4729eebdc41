package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"time"

	"github.com/prometheus/common/promslog"

	"github.com/entra-activity/entra-activity-datasource/internal/exporter"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// scrapes measures the exporter as Prometheus meets it.
func (b *bench) scrapes(ctx context.Context) error {
	b.report.heading("Exporter", "here", "at best", "of a tenth", "at best", "ratio")
	for _, of := range []struct {
		name       string
		collectors []string
	}{{"sign-ins and ingest", []string{"signins", "ingest"}}, {"all default collectors", nil}} {
		if err := b.scrapesOf(ctx, of.name, of.collectors); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) scrapesOf(ctx context.Context, name string, collectors []string) error {
	large, stop, err := serveMetrics(b.large, collectors)
	if err != nil {
		return err
	}
	defer stop()
	small, stop, err := serveMetrics(b.small, collectors)
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
		b.report.aside(name, milliseconds(took[0].median), milliseconds(took[0].best), milliseconds(took[1].median), milliseconds(took[1].best))
		return nil
	}
	b.sameAtBothSizes(name, took, quickScrape)
	return nil
}

func serveMetrics(db *store.DB, collectors []string) (url string, stop func(), err error) {
	handler, err := exporter.New(db, exporter.Options{ScrapeTimeout: 10 * time.Second, Collectors: collectors}, promslog.NewNopLogger()).Handler()
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

// settled returns a scrape that has what collectors refresh in the background, and no refresh beside it.
func settled(ctx context.Context, url string) ([]byte, error) {
	for {
		text, err := scrape(ctx, url)
		background := len(regexp.MustCompile(`(?m)^entra_exporter_collector_duration_seconds\{.*\} 0$`).FindAll(text, -1))
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
