package metrics

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/engine"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// seeds adds the proof's expressions, and what is known to be hard on parsers.
func seeds(f *testing.F) {
	f.Helper()
	for _, name := range []string{"expressions", "differences"} {
		text, err := os.ReadFile("../../internal/dev/conformance/testdata/" + name + ".txt")
		require.NoError(f, err)
		n := 0
		for line := range strings.Lines(string(text)) {
			if n++; n%6 == 0 && !strings.HasPrefix(line, "#") {
				f.Add(strings.TrimSpace(line))
			}
		}
	}
	for _, text := range []string{
		strings.Repeat("(", 20_000), strings.Repeat("-", 5000) + "1", strings.Repeat("{", 65),
		`WITH (a=b,b=(a,a)) a`, `with(a="1")a`, `ru(ru(1,2),ru(1,2))`,
		`increase(entra_signins_total[999999999999y])`, `increase(entra_signins_total[1h] offset 1e300)`,
		`increase(entra_signins_total[0.0001])`, `increase(entra_signins_total[1h] @ 1e300)`,
		`max_over_time(sum(increase(entra_signins_total[1h]))[100y:1ms])`, `increase(entra_signins_total{app=~"(a+)+$"}[1h])`,
		`increase(entra_signins_total{app=~"\\x{110000}"}[1h])`,
		`increase(entra_signins_total{app="'; DROP TABLE entra.sign_in; --"}[1h])`,
		`sum by (__name__) (increase(entra_signins_total[1h]))`, `entra_risky_users{level=~"h.*"} offset 1h`,
		`max_over_time(entra_risky_users[1h:5m] @ end())`,
		`quantiles_over_time("a", 0.1, 2, (entra_risky_users)[1h:5m])`, `count_values("a", entra_risky_users)`,
		`range_quantile(time(), 1)`, `limit_offset(-1, 1e300, 1)`, `label_replace(1,"a","$9","b","(")`,
		`increase()`, `topk()`, `sum()`, `clamp(1)`, `"a"`, `1 default "a"`, `{__name__=~".*"}`,
		`increase({a="b" or c="d"}[1h])`, "\x00", `1 # comment`, "`", `"\`,
	} {
		f.Add(text)
	}
}

// quick fails what takes longer than any guarded expression may.
func quick(t *testing.T, began time.Time, text string) {
	t.Helper()
	require.Less(t, time.Since(began), time.Minute, "%.200q", text)
}

func FuzzGuard(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		defer quick(t, time.Now(), text)
		if err := guard(text); err == nil {
			require.LessOrEqual(t, len(text), maxSize)
		}
	})
}

// FuzzParse parses and binds. What is accepted is within the limits, and its own text is accepted again.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		defer quick(t, time.Now(), text)
		e, err := Parse(text)
		if err != nil {
			var refused *Error
			require.True(t, errors.As(err, &refused), "%T: %v", err, err)
			require.NotEmpty(t, refused.Problem)
			return
		}
		require.LessOrEqual(t, len(e.selectors), maxSelectors)
		_ = e.String()
	})
}

// FuzzDecode reads any JSON as a query, over any range. It has a result, or an error that names a part.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{
		`{"queryType": "metrics", "version": 2, "expr": "sum(increase(entra_signins_total[$__interval]))", "interval": "5m",
			"legendFormat": "{{app}}", "axis": "ingest"}`,
		`{"expr": "sum(increase(entra_signins_total[$__range]))", "instant": true}`, `{"expr": 7}`,
		`{"expr": null, "instant": "yes"}`, `{"interval": "1e300y", "expr": "1"}`,
		`{"interval": "$__rate_interval", "expr": "rate(entra_signins_total[${__rate_interval}])"}`, `{"axis": ["event"]}`,
		`{"version": 1e400}`, `[]`, `null`, `"`, `{"expr": "\ud800"}`, `{"EXPR": "1"}`, ``,
	} {
		f.Add(text, int64(0), int64(1774267200000), int64(15000))
	}
	f.Add(`{"expr": "step()"}`, int64(-1<<62), int64(1<<62), int64(-1))
	f.Add(`{"expr": "start()"}`, int64(1774267200000), int64(1774267200000), int64(0))
	f.Fuzz(func(t *testing.T, text string, from, to, interval int64) {
		defer quick(t, time.Now(), text)
		var invalid *query.InvalidError
		q, err := Decode([]byte(text))
		if err != nil {
			require.ErrorAs(t, err, &invalid)
			require.NotEmpty(t, invalid.Part)
			return
		}
		e, grid, step, err := q.Bind(query.Period{
			From: time.UnixMilli(from).UTC(), To: time.UnixMilli(to).UTC(), MinInterval: time.Duration(interval),
		})
		if err != nil {
			require.ErrorAs(t, err, &invalid)
			require.NotEmpty(t, invalid.Part)
			return
		}
		require.Positive(t, step)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if result, err := e.Evaluate(ctx, fake{}, grid); err == nil {
			require.LessOrEqual(t, len(result.Times), maxPoints)
		} else if ctx.Err() == nil {
			require.ErrorAs(t, err, &invalid)
		}
	})
}

// fake has one record in every window asked for.
type fake struct{}

func (fake) Count(_ context.Context, l *Selector, each func(labels map[string]string, cells []query.Cell) error) error {
	for _, value := range []string{"a", "b"} {
		labels := map[string]string{}
		for _, label := range l.By {
			labels[label] = value
		}
		var cells []query.Cell
		for i, wanted := range l.Wanted {
			if wanted {
				cells = append(cells, query.Cell{Window: i, N: 1})
			}
		}
		if err := each(labels, cells); err != nil {
			return err
		}
		if len(l.By) == 0 {
			break
		}
	}
	return nil
}

func (fake) First(context.Context, *Selector, func(labels map[string]string, at int64) error) (bool, error) {
	return true, nil
}

// FuzzEvaluate evaluates what is accepted.
func FuzzEvaluate(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Parse(text)
		if err != nil {
			return
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second) // as the data source's own
		defer cancel()
		defer quick(t, time.Now(), text)
		end := time.Date(2026, 3, 23, 12, 0, 0, 0, time.UTC)
		result, err := e.Evaluate(ctx, fake{}, EvalRange{Start: end.Add(-time.Hour), End: end, Step: 5 * time.Minute})
		if err != nil {
			return
		}
		for _, s := range result.Series {
			require.Len(t, s.Values, len(result.Times))
		}
	})
}

var (
	bound    = regexp.MustCompile(`(?m)^-- \$\d+ = .*$`)
	literal  = regexp.MustCompile(`'[^']*'`)
	sqlWords = regexp.MustCompile(`[A-Za-z_][A-Za-z_]*|[^\sA-Za-z_0-9]`)
)

// FuzzSQL plans what is accepted. What is sent to PostgreSQL consists of the words that the seeds' statements consist of and of
// the catalog's: nothing that a user writes is among them.
func FuzzSQL(f *testing.F) {
	seeds(f)
	db, _ := pgtest.Store(f)
	st := &engine.Engine{DB: db, Timeout: 5 * time.Second, MaxRows: 100}
	known := map[string]bool{}
	words := func(sql string) []string {
		return sqlWords.FindAllString(literal.ReplaceAllString(bound.ReplaceAllString(sql, ""), "''"), -1)
	}
	end := time.Date(2026, 3, 23, 12, 0, 0, 0, time.UTC)
	run := func(ctx context.Context, text string) string {
		e, err := Parse(text)
		if err != nil {
			return ""
		}
		result, err := Run(ctx, st, access.All(), e, EvalRange{Start: end.Add(-time.Hour), End: end, Step: 5 * time.Minute})
		if err != nil {
			return ""
		}
		return result.SQL
	}
	for _, m := range All { // every label in a filter, and to count by
		function := "increase"
		if m.Stream {
			function = "count_over_time"
		}
		for _, l := range m.Labels {
			for _, filter := range []string{"", `="a"`, `=~"a.*"`, `="a" or tenant="b"`} {
				for _, at := range []string{"[10m]", "[3d]", "[10m] offset 90s"} {
					selector := ""
					if filter != "" {
						selector = "{" + l.Name + filter + "}"
					}
					counted := function + "(" + m.Name + selector + at + ")"
					if m.Gauge {
						counted = m.Name + selector
					}
					for _, w := range words(run(f.Context(), "sum by ("+l.Name+") ("+counted+")")) {
						known[w] = true
					}
				}
			}
		}
	}
	require.NotEmpty(f, known)
	f.Fuzz(func(t *testing.T, text string) {
		for _, w := range words(run(t.Context(), text)) {
			require.True(t, known[w], "%q is no word of ours: %s", w, text)
		}
	})
}
