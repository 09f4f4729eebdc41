package promql

import (
	"flag"
	"math"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/util/teststorage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/conformance/history"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/conformance/oracle"
)

var update = flag.Bool("update", false, "write the documentation's table anew")

// window is a range selector's, but not a subquery's.
var window = regexp.MustCompile(`\[[^\]:]+\]`)

// How far Prometheus' answers from scraped counters are those from events: in general not far, since it estimates, but all
// the way where it can be told not to.
func TestPrometheusOnCounters(t *testing.T) {
	data := history.New(1, 1200).Data()
	storage := teststorage.New(t)
	app := storage.Appender(t.Context())
	for _, c := range history.Scraped(data) {
		for i, at := range c.Times {
			_, err := app.Append(0, labels.FromMap(c.Labels), at.UnixMilli(), c.Values[i])
			require.NoError(t, err)
		}
	}
	require.NoError(t, app.Commit())
	list, err := os.ReadFile("../testdata/expressions.txt")
	require.NoError(t, err)

	const (
		all, understood, same, sameAnchored = "answers", "understood", "the same", "the same with `anchored`"
	)
	agreement := oracle.NewAgreement(all, understood, same, sameAnchored)
	for _, x := range history.Expressions(string(list)) {
		for _, g := range history.Ranges {
			if g.Step == 0 {
				continue
			}
			p := &prometheus{storage: storage, evalRange: g.EvalRange, engine: promql.NewEngine(promql.EngineOpts{
				MaxSamples: 10_000_000, Timeout: 10 * time.Minute, LookbackDelta: 5 * time.Minute,
				EnableAtModifier: true, EnableNegativeOffset: true,
				NoStepSubqueryIntervalFn: func(int64) int64 { return g.Step.Milliseconds() },
				Parser:                   parser.NewParser(parser.Options{EnableExtendedRangeSelectors: true}),
			})}
			agreement.Add(x.Group, all, 1)
			got, err := p.evaluate(t, x.Text)
			if err != nil {
				continue // MetricsQL knows more than PromQL
			}
			agreement.Add(x.Group, understood, 1)
			want, err := data.Evaluate(x.Text, g.EvalRange)
			require.NoError(t, err)
			if oracle.Disagreement(x.Text, g.EvalRange, want, got) == "" {
				agreement.Add(x.Group, same, 1)
			}
			got, err = p.evaluate(t, window.ReplaceAllString(x.Text, "$0 anchored"))
			if err != nil {
				continue
			}
			if difference := oracle.Disagreement(x.Text, g.EvalRange, want, got); difference != "" {
				t.Logf("%s, %s: %s", x.Text, g.Name, difference)
			} else {
				agreement.Add(x.Group, sameAnchored, 1)
			}
		}
	}
	assert.NoError(t, oracle.Section("../../../../docs/metricsql-comparison.md", "Prometheus", agreement.Table("expressions"), *update))

	// How far off the estimate is: the sum over a day of what each hour rose by.
	hours := oracle.EvalRange{Start: history.Dawn.Add(8 * time.Hour), End: history.Dawn.Add(20 * time.Hour), Step: time.Hour}
	p := &prometheus{storage: storage, evalRange: hours, engine: promql.NewEngine(promql.EngineOpts{MaxSamples: 1e7,
		Timeout: 10 * time.Minute, LookbackDelta: 5 * time.Minute, Parser: parser.NewParser(parser.Options{})})}
	estimated, err := p.evaluate(t, "sum(increase(entra_signins_total[5m]))")
	require.NoError(t, err)
	fractions := 0
	for _, v := range estimated[0].Values {
		if v != math.Trunc(v) {
			fractions++
		}
	}
	require.NotZero(t, fractions, "Prometheus counts exactly: the documentation says otherwise")
}
