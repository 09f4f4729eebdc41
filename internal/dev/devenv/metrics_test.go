package devenv

import (
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestScrapeReadsAndLints(t *testing.T) {
	registry := prometheus.NewRegistry()
	signIns := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "entra_signins_total", Help: "Sign-ins."},
		[]string{"status"})
	misnamed := prometheus.NewCounter(prometheus.CounterOpts{Name: "entra_wrong",
		Help: "A counter that does not end in total."})
	other := prometheus.NewCounter(prometheus.CounterOpts{Name: "go_things_total", Help: "Not about Entra ID."})
	registry.MustRegister(signIns, misnamed, other)
	signIns.WithLabelValues("success").Add(40)
	signIns.WithLabelValues("failure").Add(2)

	server := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	defer server.Close()
	families, problems, err := scrape(t.Context(), server.URL)
	require.NoError(t, err)
	assert.Equal(t, []family{
		{name: "entra_signins_total", kind: "counter", series: 2, sum: 42},
		{name: "entra_wrong", kind: "counter", series: 1},
	}, families)
	require.Len(t, problems, 1)
	assert.Contains(t, problems[0], "entra_wrong")
}
