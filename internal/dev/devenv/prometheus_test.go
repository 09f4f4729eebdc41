package devenv

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/demo"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/demo/demotest"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/debian"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
)

func TestEveryScraperKnowsTheHistoryAndScrapes(t *testing.T) {
	debian.Program(t, "promtool", "prometheus")
	db, _ := pgtest.Store(t)
	now := time.Now()
	demotest.Fill(t, db, demo.New(demo.Options{Seed: seed, Start: now.AddDate(0, 0, -8), End: now, SignIns: 500}))
	var signIns float64
	require.NoError(t, db.Get(&signIns, "SELECT count(*) FROM entra.sign_in WHERE time < date_trunc('day', now(), 'UTC')"))
	metrics, stop, err := serveMetrics(db, t.Output())
	require.NoError(t, err)
	defer stop()
	for _, s := range scrapers {
		t.Run(s.name, func(t *testing.T) {
			path := debian.Program(t, s.name, s.name)
			history, err := s.history(t.Context(), db)
			require.NoError(t, err)
			p, err := s.start(t.Context(), path, history, strings.TrimPrefix(metrics, "http://"))
			require.NoError(t, err)
			defer func() { require.NoError(t, p.Stop()) }()
			await(t, p.address, `entra_exporter_up{job="entra-activity"}`, 1)
			await(t, p.address, `sum(max_over_time(entra_signins_total{job="entra-activity", instance="history"}[2d]))`, signIns)
		})
	}
}

func TestNoScraperSaysWhatToInstall(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, _, err := findScraper()
	require.ErrorContains(t, err, "install prometheus or victoria-metrics")
}

// await queries a Prometheus until an expression has a value.
func await(t *testing.T, address, expr string, want float64) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		n, err := evaluate(t.Context(), address, expr)
		require.NoError(c, err)
		require.InDelta(c, want, n, 1e-9, expr)
	}, 5*time.Minute, pollInterval)
}

// evaluate returns the value of an expression that has one.
func evaluate(ctx context.Context, address, expr string) (n float64, err error) {
	query := address + "/api/v1/query?" + url.Values{"query": {expr}}.Encode()
	text, err := embedded.Fetch(ctx, http.MethodGet, query, nil, nil)
	if err != nil {
		return 0, err
	}
	var response struct {
		Data struct{ Result []struct{ Value [2]any } }
	}
	if err := json.Unmarshal(text, &response); err != nil {
		return 0, err
	}
	if len(response.Data.Result) != 1 {
		return 0, fmt.Errorf("%s has %d values", expr, len(response.Data.Result))
	}
	_, err = fmt.Sscan(fmt.Sprint(response.Data.Result[0].Value[1]), &n)
	return n, err
}
