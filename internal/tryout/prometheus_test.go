package tryout

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/embedded/debian"
)

func TestEveryScraperScrapes(t *testing.T) {
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "answer 42") }))
	defer target.Close()
	for _, s := range scrapers {
		t.Run(s.name, func(t *testing.T) {
			p, err := s.start(t.Context(), debian.Program(t, s.name, s.name), target.Listener.Addr().String())
			require.NoError(t, err)
			defer func() { require.NoError(t, p.Stop()) }()
			awaitAbove(t, p.address, `answer{job="entra-activity"}`, 41)
		})
	}
}

func TestNoScraperSaysWhatToInstall(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := startScraper(t.Context(), "127.0.0.1:9822")
	require.ErrorContains(t, err, "install prometheus or victoria-metrics")
}

// awaitAbove asks a Prometheus until a value is above a limit.
func awaitAbove(t *testing.T, address, expr string, limit float64) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		n, err := evaluate(t.Context(), address, expr)
		require.NoError(c, err)
		require.Greater(c, n, limit, expr)
	}, time.Minute, pollInterval)
}

// evaluate returns the value of an expression that has one.
func evaluate(ctx context.Context, address, expr string) (n float64, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/api/v1/query?"+url.Values{"query": {expr}}.Encode(), nil)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	var answer struct {
		Data struct{ Result []struct{ Value [2]any } }
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return 0, fmt.Errorf("%s: %w", response.Status, err)
	}
	if len(answer.Data.Result) != 1 {
		return 0, fmt.Errorf("%s has %d values", expr, len(answer.Data.Result))
	}
	_, err = fmt.Sscan(fmt.Sprint(answer.Data.Result[0].Value[1]), &n)
	return n, err
}
