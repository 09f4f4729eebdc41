package metrics

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"github.com/VictoriaMetrics/metricsql"
)

// The widest windows and offsets, in milliseconds: records are kept for a hundred years at most.
const maxDuration = 100 * 366 * 24 * 3600 * 1000

// bind checks that everything in the expression has a meaning here.
func (e *Expr) bind() (err error) {
	nodes := 0
	var check func(expr metricsql.Expr) error
	checkAll := func(list []metricsql.Expr) error {
		for _, expr := range list {
			if err := check(expr); err != nil {
				return err
			}
		}
		return nil
	}
	check = func(expr metricsql.Expr) error {
		if nodes++; nodes > maxNodes {
			return refuse("", "the expression has more than %d parts, which is the limit: split it into several queries", maxNodes)
		}
		switch x := expr.(type) {
		case *metricsql.NumberExpr, *metricsql.StringExpr:
			return nil
		case *metricsql.DurationExpr:
			return checkDuration(x, textOf(expr))
		case *metricsql.MetricExpr:
			return e.checkBare(x)
		case *metricsql.RollupExpr:
			return e.checkMoved(x, check)
		case *metricsql.AggrFuncExpr:
			return e.checkAggregate(x, check)
		case *metricsql.BinaryOpExpr:
			return checkBinary(x, checkAll)
		case *metricsql.FuncExpr:
			if metricsql.IsRollupFunc(x.Name) {
				return e.checkRollup(x, check)
			}
			f := find(transforms, x.Name)
			if f == nil {
				return unknown(x.Name)
			}
			if err := f.takes(x.Name, x.Args); err != nil {
				return err
			}
			return checkAll(x.Args)
		}
		return refuse("", "not understood: %s", textOf(expr))
	}
	if _, text := e.root.(*metricsql.StringExpr); text {
		return refuse("", "a text has no values: write an expression such as sum(increase(entra_signins_total[1h]))")
	}
	return check(e.root)
}

func checkDuration(d *metricsql.DurationExpr, near string) error {
	if d == nil {
		return nil
	}
	// What counts in steps is checked when the step is known.
	if ms := d.Duration(1000); ms > maxDuration || ms < -maxDuration {
		return refuse(near, "%s is longer than the hundred years that are the limit: use a shorter duration", near)
	}
	return nil
}

// checkBare checks a metric outside a function: of most it says what to do with it.
func (e *Expr) checkBare(m *metricsql.MetricExpr) error {
	metric, _, err := selector(m)
	if err != nil {
		return err
	}
	if metric.Gauge {
		return e.addLeaf(m)
	}
	if metric.Stream {
		return refuse(metric.Name, "%s are single records: count them with count_over_time(%s[1h])", metric.Name, textOf(m))
	}
	return refuse(metric.Name, "a counter by itself says nothing, it counts since the store began: wrap it in a function, as increase(%s[1h])", textOf(m))
}

// selector returns the metric that is selected, and the alternative filters without its name.
func selector(m *metricsql.MetricExpr) (metric *Metric, any [][]metricsql.LabelFilter, err error) {
	if len(m.LabelFilterss) == 0 {
		return nil, nil, refuse("", "an empty selector: name a metric, one of %s", names())
	}
	for _, group := range m.LabelFilterss {
		if len(group) == 0 || group[0].Label != "__name__" {
			return nil, nil, refuse(textOf(m), "%s names no metric: put one of %s before it", textOf(m), names())
		}
		if group[0].IsRegexp || group[0].IsNegative {
			return nil, nil, refuse(group[0].Value, "a selector is of one metric, which it has to name: one of %s", names())
		}
		found := ByName(group[0].Value)
		if why := notOfRecords(group[0].Value); found == nil && why != "" {
			return nil, nil, refuse(group[0].Value, "%s %s", group[0].Value, why)
		}
		if found == nil {
			return nil, nil, refuse(group[0].Value, "there is no metric %s%s", group[0].Value, meant(group[0].Value, metricNames()))
		}
		if metric != nil && metric != found {
			return nil, nil, refuse(textOf(m), "a selector is of one metric: write %s or %s as two selectors", metric.Name, found.Name)
		}
		metric = found
		for _, f := range group[1:] {
			if metric.Label(f.Label) == nil {
				return nil, nil, noLabel(metric, f.Label)
			}
			if f.IsRegexp {
				if _, err := metricsql.CompileRegexpAnchored(f.Value); err != nil {
					return nil, nil, refuse(f.Value, "%v; the syntax is RE2's, see https://github.com/google/re2/wiki/Syntax", err)
				}
			}
		}
		any = append(any, group[1:])
	}
	return metric, any, nil
}

// notOfRecords says of the exporter's other metrics why they are none here; empty of any other name.
func notOfRecords(name string) string {
	switch {
	case strings.HasPrefix(name, "entra_ingest_"), strings.HasPrefix(name, "entra_store_"), strings.HasPrefix(name, "entra_exporter_"):
		return "is about the programs, not about records: ask a Prometheus that scrapes the exporter"
	case strings.HasPrefix(name, "entra_app_active_users"):
		return `counts users, which records can do for any window: write count(sum by (user_id) (increase(entra_signins_total{app="..."}[7d])))`
	case strings.HasPrefix(name, "entra_app_"):
		return "says what is now, not what happened: ask for sign-ins as a table, which knows names, and when each was last seen"
	}
	return ""
}

func noLabel(m *Metric, name string) error {
	labels := make([]string, len(m.Labels))
	for i, l := range m.Labels {
		labels[i] = l.Name
	}
	return refuse(name, "%s has no label %s%s", m.Name, name, meant(name, labels))
}

func metricNames() (list []string) {
	for _, m := range All {
		list = append(list, m.Name)
	}
	return list
}

func names() string { return strings.Join(metricNames(), ", ") }

// meant offers the names that are near, or all of them.
func meant(name string, among []string) string {
	near := slices.Clone(among)
	sort.SliceStable(near, func(i, j int) bool { return distance(name, near[i]) < distance(name, near[j]) })
	if best := near[0]; distance(name, best) <= 2+len(name)/3 || strings.Contains(best, name) {
		return fmt.Sprintf(": did you mean %s?", best)
	}
	for _, other := range near {
		if strings.Contains(other, strings.ToLower(name)) {
			return fmt.Sprintf(": did you mean %s?", other)
		}
	}
	return ": use one of " + strings.Join(among, ", ")
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// checkMoved checks an expression at another time.
func (e *Expr) checkMoved(x *metricsql.RollupExpr, check func(metricsql.Expr) error) error {
	if m, ok := x.Expr.(*metricsql.MetricExpr); ok {
		metric, _, err := selector(m)
		switch {
		case err != nil:
			return err
		case x.Window == nil && !metric.Gauge:
			return e.checkBare(m)
		case x.Window == nil:
			return e.checkTimes(x, check)
		case metric.Gauge:
			return refuse(textOf(x), "a range of numbers has no value by itself: wrap a subquery in a function, as max_over_time(%s[1d:1h])", textOf(m))
		}
		return refuse(textOf(x), "a range of records has no value by itself: wrap it in a function, as increase(%s)", textOf(x))
	}
	if x.ForSubquery() {
		return refuse(textOf(x), "a subquery has no value by itself: wrap it in a function, as max_over_time(%s)", textOf(x))
	}
	return e.checkTimes(x, check)
}

// checkTimes checks offset and @, and what they are applied to.
func (e *Expr) checkTimes(x *metricsql.RollupExpr, check func(metricsql.Expr) error) error {
	for _, d := range []*metricsql.DurationExpr{x.Window, x.Offset, x.Step} {
		if d != nil {
			if err := checkDuration(d, textOf(d)); err != nil {
				return err
			}
		}
	}
	if x.At != nil {
		if err := check(x.At); err != nil {
			return err
		}
	}
	if m, ok := x.Expr.(*metricsql.MetricExpr); ok {
		if metric, _, err := selector(m); err != nil || !metric.Gauge {
			return err
		}
	}
	return check(x.Expr)
}

// addLeaf notes a part that counts records.
func (e *Expr) addLeaf(x metricsql.Expr) error {
	e.leaves = append(e.leaves, textOf(x))
	if len(e.leaves) > maxLeaves {
		return refuse("", "the expression has more than %d selectors, which is the limit: split it into several queries", maxLeaves)
	}
	return nil
}

// ranged is the argument of a rollup function as what it stands for.
func ranged(x *metricsql.FuncExpr) *metricsql.RollupExpr {
	if r, ok := x.Args[metricsql.GetRollupArgIdx(x)].(*metricsql.RollupExpr); ok {
		return r
	}
	return &metricsql.RollupExpr{Expr: x.Args[metricsql.GetRollupArgIdx(x)]}
}

// leafOf returns the selector of a rollup function that counts records.
func leafOf(expr metricsql.Expr) (*metricsql.FuncExpr, *metricsql.RollupExpr, *metricsql.MetricExpr) {
	x, ok := expr.(*metricsql.FuncExpr)
	if !ok || !metricsql.IsRollupFunc(x.Name) || len(x.Args) == 0 || metricsql.GetRollupArgIdx(x) >= len(x.Args) {
		return nil, nil, nil
	}
	r := ranged(x)
	m, ok := r.Expr.(*metricsql.MetricExpr)
	if !ok || r.ForSubquery() {
		return nil, nil, nil
	}
	return x, r, m
}

func (e *Expr) checkRollup(x *metricsql.FuncExpr, check func(metricsql.Expr) error) error {
	name := strings.ToLower(x.Name)
	if len(x.Args) == 0 || metricsql.GetRollupArgIdx(x) >= len(x.Args) {
		return refuse(x.Name, "%s has no argument to work on", x.Name)
	}
	if _, r, m := leafOf(x); m != nil {
		metric, _, err := selector(m)
		if err != nil {
			return err
		}
		counts, records := find(counterRollups, name), find(streamRollups, name)
		written := textOf(r)
		switch {
		case metric.Gauge:
			return refuse(x.Name, "%s is a number of users at each time, which nothing counts up: use it as it is, or a subquery, as max_over_time(%s[1d:1h])", metric.Name, textOf(m))
		case metric.Stream && records != nil, !metric.Stream && counts != nil:
			if len(x.Args) != 1 {
				return refuse(x.Name, "%s has %d arguments: write it as %s", x.Name, len(x.Args), either(counts, records).Signature)
			}
		case records != nil:
			return refuse(x.Name, "%s of a counter counts the samples of a metrics database, and there are none here: write increase(%s) for the number of records", x.Name, written)
		case counts != nil:
			return refuse(x.Name, "%s is for counters, and %s are single records: write count_over_time(%s)", x.Name, metric.Name, written)
		case find(subqueryRollups, name) != nil:
			return refuse(x.Name, "%s needs values over time, and records have none: write a subquery, as %s(sum(increase(%s[5m]))[1h:5m])", x.Name, name, textOf(m))
		default:
			return unknown(x.Name)
		}
		if err := e.addLeaf(x); err != nil {
			return err
		}
		return e.checkTimes(r, check)
	}
	f := find(subqueryRollups, name)
	if f == nil {
		if find(counterRollups, name) != nil {
			return refuse(x.Name, "%s of a subquery is no count of records: use it on a metric, and sum_over_time or max_over_time on subqueries", x.Name)
		}
		return unknown(x.Name)
	}
	if err := f.takes(x.Name, x.Args); err != nil {
		return err
	}
	for i, arg := range x.Args {
		if i != metricsql.GetRollupArgIdx(x) {
			if err := check(arg); err != nil {
				return err
			}
		}
	}
	r := ranged(x)
	if !r.ForSubquery() {
		return refuse(x.Name, "%s of an expression needs a subquery: write %s((%s)[1h:5m])", x.Name, name, textOf(r.Expr))
	}
	if m, ok := r.Expr.(*metricsql.MetricExpr); ok {
		metric, _, err := selector(m)
		if err != nil {
			return err
		}
		if metric.Gauge {
			return e.checkTimes(r, check)
		}
		return refuse(textOf(r), "a subquery of a counter itself is about samples, and there are none here: write (increase(%s[5m]))[1h:5m]", textOf(r.Expr))
	}
	return e.checkTimes(r, check)
}

func either(a, b *Function) *Function {
	if a != nil {
		return a
	}
	return b
}

func (e *Expr) checkAggregate(x *metricsql.AggrFuncExpr, check func(metricsql.Expr) error) error {
	f := find(aggregates, x.Name)
	if f == nil {
		return unknown(x.Name)
	}
	if err := f.takes(x.Name, x.Args); err != nil {
		return err
	}
	// Adding up is the way to labels that the exporter's metric does not have.
	if m := counted(x.Args[len(x.Args)-1]); m != nil {
		metric, _, err := selector(m)
		if err != nil {
			return err
		}
		if pushed(x) {
			for _, name := range x.Modifier.Args {
				if metric.Label(name) == nil && name != "nothing" && !known(name) {
					return noLabel(metric, name)
				}
			}
		}
	}
	for _, arg := range x.Args {
		if err := check(arg); err != nil {
			return err
		}
	}
	return nil
}

// takes checks how many arguments there are, and that texts are where they belong.
func (f *Function) takes(name string, args []metricsql.Expr) error {
	if n := len(args); n < f.least || n > f.most && f.most >= 0 {
		return refuse(name, "%s has %d arguments: write it as %s", name, n, f.Signature)
	}
	for i, arg := range args {
		_, text := arg.(*metricsql.StringExpr)
		if wanted := f.texts != nil && f.texts(i); text != wanted {
			return refuse(name, "argument %d of %s is not what belongs there: write it as %s", i+1, name, f.Signature)
		}
	}
	return nil
}

// known tells names that some metric has as a label: to add up by one that is not this metric's is no mistake.
func known(name string) bool {
	return slices.ContainsFunc(All, func(m *Metric) bool { return m.Label(name) != nil })
}

func checkBinary(x *metricsql.BinaryOpExpr, checkAll func([]metricsql.Expr) error) error {
	op := strings.ToLower(x.Op)
	if operators[op] == nil && !slices.Contains([]string{"and", "or", "unless", "default", "if", "ifnot"}, op) {
		return refuse(x.Op, "the operator %s is not supported", x.Op)
	}
	for _, side := range []metricsql.Expr{x.Left, x.Right} {
		if _, text := side.(*metricsql.StringExpr); text {
			return refuse(textOf(side), "%s does not go with texts", x.Op)
		}
	}
	return checkAll([]metricsql.Expr{x.Left, x.Right})
}

// unknown says why a function is not supported, and what to write instead.
func unknown(name string) error {
	lower := strings.ToLower(name)
	for _, r := range Rejected {
		if r.Name == lower {
			return refuse(name, "%s %s: %s", name, r.Why, r.Instead)
		}
	}
	var all []string
	for _, f := range Functions() {
		all = append(all, f.Name)
	}
	return refuse(name, "the function %s is not supported%s", name, meant(lower, all))
}

// duration is a duration in microseconds; the parser counts in milliseconds.
func duration(d *metricsql.DurationExpr, step int64) (int64, error) {
	ms := d.Duration(step / 1000)
	if ms > maxDuration || ms < -maxDuration {
		return 0, refuse(textOf(d), "%s is longer than the hundred years that are the limit: use a shorter duration", textOf(d))
	}
	return ms * 1000, nil
}

func nan() float64 { return math.NaN() }
