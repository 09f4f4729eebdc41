package devenv

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/common/promslog"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded"
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
	return embedded.ServeHTTP(handler, 0)
}

// family is one of the exporter's own metrics, as scraped.
type family struct {
	name, kind string
	series     int
	sum        float64
}

// scrape reads the exporter's families and what the linter of Prometheus has to say about them.
func scrape(ctx context.Context, address string) (families []family, problems []string, err error) {
	body, err := embedded.Fetch(ctx, http.MethodGet, address+"/metrics", nil, nil)
	if err != nil {
		return nil, nil, err
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
