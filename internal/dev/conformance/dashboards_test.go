package conformance

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/demo"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/demo/demotest"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
)

// expression is what a panel of a bundled dashboard asks a Prometheus.
type expression struct{ dashboard, panel, expr string }

// expressions reads those of all dashboards, with values in the place of variables.
func expressions(t *testing.T) (list []expression) {
	t.Helper()
	names, err := filepath.Glob("../../../dashboards/*.json")
	require.NoError(t, err)
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		var file struct {
			Title  string
			Panels []struct {
				Title   string
				Targets []struct{ Expr string }
			}
		}
		require.NoError(t, json.Unmarshal(text, &file), name)
		for _, p := range file.Panels {
			for _, target := range p.Targets {
				if target.Expr != "" {
					list = append(list, expression{file.Title, p.Title, variables.Replace(target.Expr)})
				}
			}
		}
	}
	return list
}

var variables = strings.NewReplacer("$job", "entra-activity", "$tenant", ".*", "$__range", "10m", "$__interval", "10m",
	"$__rate_interval", "10m")

// Whatever the dashboards ask a Prometheus, it finds an answer in the exporter's metrics; and so does VictoriaMetrics.
func TestEveryExpressionOfTheDashboardsHasAnAnswer(t *testing.T) {
	db, address := pgtest.Store(t)
	companion := filepath.Join(t.TempDir(), "entra-activity")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", companion, "../../../cmd/entra-activity").CombinedOutput()
	require.NoError(t, err, "%s", out)
	exporter := freeAddress(t)
	start(t, companion, "--database-url="+address, "exporter", "--web.listen-address="+exporter,
		"--collector.countries", "--collector.conditional_access_policies",
		"--zero-hold="+zeroHold.String(), "--refresh-interval="+scrapeInterval.String())
	servers := startServers(t, exporter)

	now := time.Now()
	demotest.Fill(t, db, demo.New(demo.Options{Seed: 1, Start: now.AddDate(0, 0, -30), End: now, SignIns: 6000}))

	all := expressions(t)
	dashboards := map[string]bool{}
	for _, e := range all {
		dashboards[e.dashboard] = true
		for _, s := range servers {
			assert.EventuallyWithT(t, func(c *assert.CollectT) {
				at := time.Now()
				if strings.Contains(e.expr, "offset 1w") { // what was a week before is now
					at = at.AddDate(0, 0, 7)
				}
				samples, err := s.query(t, e.expr, at)
				if assert.NoError(c, err) {
					assert.True(c, slices.ContainsFunc(samples, func(x sample) bool { return x.value == x.value }), "there is no answer")
				}
			}, patience, scrapeInterval/4, "%s: %s: %s: %s", s.name, e.dashboard, e.panel, e.expr)
		}
	}
	assert.Len(t, dashboards, 2)
	t.Logf("%d expressions", len(all))
}
