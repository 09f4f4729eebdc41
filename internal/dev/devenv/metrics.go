package devenv

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/common/promslog"

	"github.com/entra-activity/entra-activity-datasource/internal/exporter"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// collectors are all that the exporter has.
func collectors() (names []string) {
	for _, c := range exporter.Collectors() {
		names = append(names, c.Name)
	}
	return names
}

// serveMetrics serves those of the store until stop is called.
func serveMetrics(db *store.DB, log io.Writer) (address string, stop func(), err error) {
	options := exporter.Options{ScrapeTimeout: time.Minute, Collectors: collectors()}
	handler, err := exporter.New(db, options, promslog.New(&promslog.Config{Writer: log})).Handler()
	if err != nil {
		return "", nil, err
	}
	return serve(handler)
}

// serve answers HTTP requests on a free local port until stop is called.
func serve(handler http.Handler) (address string, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // ends with Close
	}()
	return "http://" + listener.Addr().String(), func() {
		_ = server.Close()
		<-done
	}, nil
}

// family is one of the exporter's own metrics, as scraped.
type family struct {
	name, kind string
	series     int
	sum        float64
}

// scrape reads the exporter's families and what the linter of Prometheus has to say about them.
func scrape(ctx context.Context, address string) (families []family, problems []string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/metrics", nil)
	if err != nil {
		return nil, nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("%s: %s", response.Status, body)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	read, err := parser.TextToMetricFamilies(bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(read)) {
		if !strings.HasPrefix(name, "entra_") {
			continue // about the process, not about Entra ID
		}
		f := family{name: name, kind: strings.ToLower(read[name].GetType().String()), series: len(read[name].Metric)}
		for _, m := range read[name].Metric {
			f.sum += value(m)
		}
		families = append(families, f)
	}
	found, err := promlint.New(bytes.NewReader(body)).Lint()
	for _, p := range found {
		problems = append(problems, p.Metric+": "+p.Text)
	}
	return families, problems, err
}

func value(m *dto.Metric) float64 {
	switch {
	case m.Counter != nil:
		return m.Counter.GetValue()
	case m.Gauge != nil:
		return m.Gauge.GetValue()
	case m.Histogram != nil:
		return float64(m.Histogram.GetSampleCount())
	}
	return m.Untyped.GetValue()
}
