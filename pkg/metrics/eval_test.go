package metrics_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/pkg/metrics"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// none is a source without records.
type none struct{}

func (none) Count(context.Context, *metrics.Selector, func(map[string]string, []query.Cell) error) error {
	return nil
}
func (none) First(context.Context, *metrics.Selector, func(map[string]string, int64) error) (bool, error) {
	return true, nil
}

// people is a source of a number of users, of whom the nth has n records in every 24th window. It notes how many it came to name, and
// how much memory was in use meanwhile.
type people struct {
	none
	n     int
	named int
	most  uint64
}

func (p *people) Count(_ context.Context, l *metrics.Selector, each func(map[string]string, []query.Cell) error) error {
	var cells []query.Cell
	for i := range p.n {
		if p.named++; p.named%20_000 == 0 {
			p.most = max(p.most, inUse())
		}
		cells = cells[:0]
		for window, wanted := range l.Wanted {
			if wanted && window%24 == 0 {
				cells = append(cells, query.Cell{Window: window, N: int64(i)})
			}
		}
		if err := each(map[string]string{"user_principal_name": fmt.Sprintf("user%07d", i)}, cells); err != nil {
			return err
		}
	}
	return nil
}

var at = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func evaluate(t *testing.T, source metrics.Source, text string, g metrics.EvalRange) (*metrics.Result, error) {
	t.Helper()
	e, err := metrics.Parse(text)
	require.NoError(t, err, text)
	return e.Evaluate(t.Context(), source, g)
}

// Operators and functions of numbers, at one instant.
func TestValues(t *testing.T) {
	for expr, want := range map[string]string{
		`2 == (1, 2)`:         "map[]=[2]",
		`3 == (1, 2)`:         "",
		`vector(3) != (1, 2)`: "map[]=[3]",
		`time() > vector(5)`:  "map[]=[5]",
		`time() < vector(5)`:  "",
		`(vector(1) and on (a) label_set(vector(1), "a", "b")) default 7`:                  "map[]=[7]",
		`label_set(vector(2), "a", "b", "c", "d") > on (a) label_set(vector(1), "a", "b")`: "map[a:b]=[2]",
		`clamp_min(vector(1), scalar(vector(1) > 2))`:                                      "map[]=[1]",
		`clamp(vector(5), 3, 1)`:                              "map[]=[1]",
		`round(sin(vector(0)), 1)`:                            "map[]=[0]",
		`share(label_set(vector(3), "a", "b") or vector(-1))`: "map[a:b]=[1]",
	} {
		answer, err := evaluate(t, none{}, expr, metrics.EvalRange{End: at})
		require.NoError(t, err, expr)
		got := ""
		for _, s := range answer.Series {
			got += fmt.Sprint(s.Labels) + "=" + fmt.Sprint(s.Values)
		}
		require.Equal(t, want, got, expr)
	}
}

// A parameter that changes is refused, not taken from the first time.
func TestParametersThatChange(t *testing.T) {
	_, err := evaluate(t, none{}, `topk(time(), vector(1))`, metrics.EvalRange{Start: at, End: at.Add(time.Hour), Step: time.Minute})
	require.ErrorContains(t, err, "time() changes over time")
}

// Series that go together as one are refused where they have a value at the same time; else they are one, in a range as at
// each of its instants.
func TestManyToOne(t *testing.T) {
	g := metrics.EvalRange{Start: at, End: at.Add(time.Hour), Step: time.Hour}
	const first, second = `label_set(time() == start(), "n", "1", "by", "a")`, `label_set(time() == end(), "n", "2", "by", "a")`
	const one = `label_set(vector(2), "by", "a")`
	answer, err := evaluate(t, none{}, `(`+first+` or `+second+`) * 0 + on (by) `+one, g)
	require.NoError(t, err)
	require.Equal(t, []metrics.Series{{Labels: map[string]string{"by": "a"}, Values: []float64{2, 2}}}, answer.Series)
	const both = `label_set(vector(1), "n", "1", "by", "a") or label_set(vector(1), "n", "2", "by", "a")`
	for _, expr := range []string{
		`(` + both + `) + on (by) ` + one, one + ` + on (by) (` + both + `)`,
		`(` + both + `) > on (by) ` + one, `(` + both + `) < bool on (by) ` + one,
		`(` + both + `) + ignoring (n) ` + one,
		`(` + both + `) * on (by) group_left () (` + both + `)`, one + ` * on (by) group_left () (` + both + `)`,
	} {
		_, err := evaluate(t, none{}, expr, g)
		require.ErrorContains(t, err, "go together", expr)
	}
	answer, err = evaluate(t, none{}, one+` + on (by) group_right () (`+both+`)`, g)
	require.NoError(t, err)
	require.Len(t, answer.Series, 2)
}

// inUse is how much memory is, in bytes.
func inUse() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// However many users there are, no more of them are held than the answer needs: all values of these would take 1.1 GB.
func TestVeryMany(t *testing.T) {
	month := metrics.EvalRange{Start: at, End: at.AddDate(0, 0, 30), Step: time.Hour}
	for expr, check := range map[string]func(series []metrics.Series){
		`topk(2, sum by (user_principal_name) (increase(entra_signins_total[1h])))`: func(series []metrics.Series) {
			require.Len(t, series, 2)
			require.Equal(t, "user0199998", series[0].Labels["user_principal_name"])
			require.Equal(t, 199999.0, series[1].Values[720])
		},
		`count(sum by (user_principal_name) (increase(entra_signins_total[1h])) > 100)`: func(series []metrics.Series) {
			require.Len(t, series, 1)
			require.Equal(t, 199899.0, series[0].Values[720])
		},
	} {
		source, before := &people{n: 200_000}, inUse()
		answer, err := evaluate(t, source, expr, month)
		require.NoError(t, err)
		check(answer.Series)
		require.NotZero(t, source.most)
		require.Less(t, source.most, before+20<<20, expr)
	}
}

// More series than an answer may have are refused as soon as there are.
func TestTooManySeries(t *testing.T) {
	source := &people{n: 200_000}
	_, err := evaluate(t, source, `sum by (user_principal_name) (increase(entra_signins_total[1h]))`, metrics.EvalRange{End: at})
	require.ErrorContains(t, err, "more than 1000 series, which is the limit: use topk, filter, or sum by fewer labels")
	require.LessOrEqual(t, source.named, 1002)
}
