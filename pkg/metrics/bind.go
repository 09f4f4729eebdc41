package metrics

import (
	"slices"
	"strings"

	"github.com/VictoriaMetrics/metricsql"
)

// binder turns the parser's tree into nodes. What it accepts has a meaning here.
type binder struct {
	nodes     int
	selectors []string
}

func (b *binder) bind(expr metricsql.Expr) (node, error) {
	if b.nodes++; b.nodes > maxNodes {
		return nil, refuse("", "the expression has more than %d parts, which is the limit: split it into several queries", maxNodes)
	}
	switch x := expr.(type) {
	case *metricsql.NumberExpr:
		return &numberNode{syntax{x}, x.N}, nil
	case *metricsql.StringExpr:
		return nil, refuse("", "a text has no values: write an expression such as sum(increase(entra_signins_total[1h]))")
	case *metricsql.DurationExpr:
		return &durationNode{syntax{x}, x}, checkDurations(x)
	case *metricsql.MetricExpr:
		return b.bindMetric(x)
	case *metricsql.RollupExpr:
		return b.bindShift(x)
	case *metricsql.AggrFuncExpr:
		return b.bindAggregate(x)
	case *metricsql.BinaryOpExpr:
		return b.bindBinary(x)
	case *metricsql.FuncExpr:
		if metricsql.IsRollupFunc(x.Name) {
			return b.bindRollup(x)
		}
		return b.bindTransform(x)
	}
	return nil, refuse("", "not understood: %s", textOf(expr))
}

// bindArguments binds the arguments of a function that are values, and returns those that are texts.
func (b *binder) bindArguments(args []metricsql.Expr) (values []node, texts []string, err error) {
	for _, arg := range args {
		if text, ok := arg.(*metricsql.StringExpr); ok {
			texts = append(texts, text.S)
			continue
		}
		value, err := b.bind(arg)
		if err != nil {
			return nil, nil, err
		}
		values = append(values, value)
	}
	return values, texts, nil
}

// checkDurations checks durations as far as they do not count in steps; those are checked when the step is known.
func checkDurations(list ...*metricsql.DurationExpr) error {
	for _, d := range list {
		if _, err := micros(d, 1_000_000); err != nil {
			return err
		}
	}
	return nil
}

// micros returns a duration in microseconds, 0 for none; the parser counts in milliseconds.
func micros(d *metricsql.DurationExpr, step int64) (int64, error) {
	if d == nil {
		return 0, nil
	}
	ms := d.Duration(step / 1000)
	if ms > maxDuration || ms < -maxDuration {
		return 0, refuse(textOf(d), "%s is longer than the hundred years that are the limit: use a shorter duration", textOf(d))
	}
	return ms * 1000, nil
}

// bindMetric binds a metric outside a function. Only gauges have values there.
func (b *binder) bindMetric(m *metricsql.MetricExpr) (node, error) {
	s, err := bindSelector(m)
	switch {
	case err != nil:
		return nil, err
	case s.Metric.Gauge:
		s.By = s.Metric.Exported
		return &gaugeNode{syntax{m}, s}, b.addSelector(m)
	case s.Metric.Stream:
		return nil, refuse(s.Metric.Name, "%s are single records: count them with count_over_time(%s[1h])", s.Metric.Name, s.Text)
	}
	return nil, refuse(s.Metric.Name, "a counter by itself says nothing, it counts since the store began: "+
		"wrap it in a function, as increase(%s[1h])", s.Text)
}

// addSelector notes a part that counts records.
func (b *binder) addSelector(x metricsql.Expr) error {
	b.selectors = append(b.selectors, textOf(x))
	if len(b.selectors) > maxSelectors {
		return refuse("", "the expression has more than %d selectors, which is the limit: split it into several queries", maxSelectors)
	}
	return nil
}

// bindSelector resolves the metric and the labels of a selector, and compiles its regular expressions.
func bindSelector(m *metricsql.MetricExpr) (s Selector, err error) {
	s.Text = textOf(m)
	if len(m.LabelFilterss) == 0 {
		return s, refuse("", "an empty selector: name a metric, one of %s", strings.Join(metricNames(), ", "))
	}
	for _, group := range m.LabelFilterss {
		if len(group) == 0 || group[0].Label != "__name__" {
			return s, refuse(s.Text, "%s names no metric: put one of %s before it", s.Text, strings.Join(metricNames(), ", "))
		}
		metric, err := bindName(group[0])
		if err != nil {
			return s, err
		}
		if s.Metric != nil && s.Metric != metric {
			return s, refuse(s.Text, "a selector is of one metric: write %s or %s as two selectors", s.Metric.Name, metric.Name)
		}
		s.Metric = metric
		filters := make([]LabelFilter, len(group)-1)
		for i, f := range group[1:] {
			if filters[i], err = bindFilter(metric, f); err != nil {
				return s, err
			}
		}
		s.Filters = append(s.Filters, filters)
	}
	return s, nil
}

func bindName(f metricsql.LabelFilter) (*Metric, error) {
	if f.IsRegexp || f.IsNegative {
		return nil, refuse(f.Value, "a selector is of one metric, which it has to name: one of %s", strings.Join(metricNames(), ", "))
	}
	if metric := ByName(f.Value); metric != nil {
		return metric, nil
	}
	if why := notOfRecords(f.Value); why != "" {
		return nil, refuse(f.Value, "%s %s", f.Value, why)
	}
	return nil, refuse(f.Value, "there is no metric %s%s", f.Value, suggest(f.Value, metricNames()))
}

func bindFilter(m *Metric, f metricsql.LabelFilter) (filter LabelFilter, err error) {
	filter = LabelFilter{Label: m.Label(f.Label), value: f.Value, negative: f.IsNegative}
	if filter.Label == nil {
		return filter, noLabel(m, f.Label)
	}
	if f.IsRegexp {
		if filter.pattern, err = metricsql.CompileRegexpAnchored(f.Value); err != nil {
			return filter, badPattern(f.Value, err)
		}
	}
	return filter, nil
}

func badPattern(pattern string, err error) error {
	return refuse(pattern, "%v; the syntax is RE2's, see https://github.com/google/re2/wiki/Syntax", err)
}

// notOfRecords says of the exporter's other metrics why they are none here; empty of any other name.
func notOfRecords(name string) string {
	switch {
	case strings.HasPrefix(name, "entra_ingest_"), strings.HasPrefix(name, "entra_store_"), strings.HasPrefix(name, "entra_exporter_"):
		return "is about the programs, not about records: ask a Prometheus that scrapes the exporter"
	case strings.HasPrefix(name, "entra_app_active_users"):
		return "counts users, which records can do for any window: " +
			`write count(sum by (user_id) (increase(entra_signins_total{app="..."}[7d])))`
	case strings.HasPrefix(name, "entra_app_"):
		return "says what is now, not what happened: ask for sign-ins as a table, which knows names, and when each was last seen"
	}
	return ""
}

// bindShift binds an expression at another time.
func (b *binder) bindShift(x *metricsql.RollupExpr) (node, error) {
	if m, ok := x.Expr.(*metricsql.MetricExpr); ok {
		s, err := bindSelector(m)
		switch {
		case err != nil:
			return nil, err
		case x.Window == nil && !s.Metric.Gauge:
			return b.bindMetric(m)
		case x.Window == nil:
		case s.Metric.Gauge:
			return nil, refuse(textOf(x), "a range of numbers has no value by itself: "+
				"wrap a subquery in a function, as max_over_time(%s[1d:1h])", s.Text)
		default:
			return nil, refuse(textOf(x), "a range of records has no value by itself: wrap it in a function, as increase(%s)", textOf(x))
		}
	} else if x.ForSubquery() {
		return nil, refuse(textOf(x), "a subquery has no value by itself: wrap it in a function, as max_over_time(%s)", textOf(x))
	}
	s, err := b.bindTimes(x)
	if err != nil {
		return nil, err
	}
	arg, err := b.bind(x.Expr)
	return &shiftNode{syntax{x}, s, arg}, err
}

// bindTimes binds offset and @, and checks the durations beside them.
func (b *binder) bindTimes(x *metricsql.RollupExpr) (s shift, err error) {
	s.offset = x.Offset
	if err = checkDurations(x.Window, x.Offset, x.Step); err == nil && x.At != nil {
		s.at, err = b.bind(x.At)
	}
	return s, err
}

// bindRollup binds a function of records in a window, or of a subquery.
func (b *binder) bindRollup(x *metricsql.FuncExpr) (node, error) {
	at := metricsql.GetRollupArgIdx(x)
	if len(x.Args) == 0 || at >= len(x.Args) {
		return nil, refuse(x.Name, "%s has no argument to work on", x.Name)
	}
	r, ok := x.Args[at].(*metricsql.RollupExpr)
	if !ok {
		r = &metricsql.RollupExpr{Expr: x.Args[at]}
	}
	if m, ok := r.Expr.(*metricsql.MetricExpr); ok && !r.ForSubquery() {
		return b.bindRecords(x, r, m)
	}
	f := find(subqueryRollups, x.Name)
	switch {
	case f == nil && find(counterRollups, x.Name) != nil:
		return nil, refuse(x.Name, "%s of a subquery is no count of records: "+
			"use it on a metric, and sum_over_time or max_over_time on subqueries", x.Name)
	case f == nil:
		return nil, unknown(x.Name)
	}
	if err := f.takes(x.Name, x.Args); err != nil {
		return nil, err
	}
	n := &subqueryNode{syntax: syntax{r}, Function: f, window: r.Window, step: r.Step}
	var err error
	if n.given, err = b.bindParameters(slices.Delete(slices.Clone(x.Args), at, at+1)); err != nil {
		return nil, err
	}
	if !r.ForSubquery() {
		return nil, refuse(x.Name, "%s of an expression needs a subquery: write %s((%s)[1h:5m])", x.Name, f.Name, textOf(r.Expr))
	}
	if m, ok := r.Expr.(*metricsql.MetricExpr); ok {
		if s, err := bindSelector(m); err != nil {
			return nil, err
		} else if !s.Metric.Gauge {
			return nil, refuse(textOf(r), "a subquery of a counter itself is about samples, and there are none here: "+
				"write (increase(%s[5m]))[1h:5m]", s.Text)
		}
	}
	if n.shift, err = b.bindTimes(r); err != nil {
		return nil, err
	}
	n.arg, err = b.bind(r.Expr)
	return n, err
}

// bindRecords binds a function of records in a window.
func (b *binder) bindRecords(x *metricsql.FuncExpr, r *metricsql.RollupExpr, m *metricsql.MetricExpr) (node, error) {
	s, err := bindSelector(m)
	if err != nil {
		return nil, err
	}
	ofCounter, ofStream := find(counterRollups, x.Name), find(streamRollups, x.Name)
	f, metric := ofCounter, s.Metric
	if metric.Stream {
		f = ofStream
	}
	switch {
	case metric.Gauge:
		return nil, refuse(x.Name, "%s is a number of users at each time, which nothing counts up: "+
			"use it as it is, or a subquery, as max_over_time(%s[1d:1h])", metric.Name, s.Text)
	case f != nil && len(x.Args) != 1:
		return nil, refuse(x.Name, "%s has %d arguments: write it as %s", x.Name, len(x.Args), f.Signature)
	case f != nil:
	case ofStream != nil:
		return nil, refuse(x.Name, "%s of a counter counts the samples of a metrics database, and there are none here: "+
			"write increase(%s) for the number of records", x.Name, textOf(r))
	case ofCounter != nil:
		return nil, refuse(x.Name, "%s is for counters, and %s are single records: write count_over_time(%s)",
			x.Name, metric.Name, textOf(r))
	case find(subqueryRollups, x.Name) != nil:
		return nil, refuse(x.Name, "%s needs values over time, and records have none: "+
			"write a subquery, as %s(sum(increase(%s[5m]))[1h:5m])", x.Name, strings.ToLower(x.Name), s.Text)
	default:
		return nil, unknown(x.Name)
	}
	if err := b.addSelector(x); err != nil {
		return nil, err
	}
	s.By = metric.Exported
	n := &recordsNode{syntax: syntax{x}, Function: f, selector: s, text: textOf(x), window: r.Window}
	n.shift, err = b.bindTimes(r)
	return n, err
}

func (b *binder) bindAggregate(x *metricsql.AggrFuncExpr) (node, error) {
	f := find(aggregates, x.Name)
	if f == nil {
		return nil, unknown(x.Name)
	}
	if err := f.takes(x.Name, x.Args); err != nil {
		return nil, err
	}
	given, err := b.bindParameters(x.Args[:len(x.Args)-1])
	if err != nil {
		return nil, err
	}
	last := x.Args[len(x.Args)-1]
	arg, err := b.bind(last)
	if err != nil {
		return nil, err
	}
	_, nested := last.(*metricsql.AggrFuncExpr) // its records are counted by its own labels
	without := strings.EqualFold(x.Modifier.Op, "without")
	var n node = &aggregateNode{syntax{x}, f, arg, given, matching{x.Modifier.Args, !without}}
	s := selectorOf(arg)
	pushed := s != nil && f.pushedDown && !without && !nested
	if pushed {
		// Adding up is the way to labels that the exporter's metric does not have.
		for _, name := range x.Modifier.Args {
			if s.Metric.Label(name) == nil && name != "nothing" && !isLabel(name) {
				return nil, noLabel(s.Metric, name)
			}
		}
		s.By, n = x.Modifier.Args, arg
	}
	if x.Limit > 0 {
		n = &limitNode{syntax{x}, n, x.Limit, pushed}
	}
	return n, nil
}

// selectorOf returns the selector of a node that counts records; nil for other nodes.
func selectorOf(n node) *Selector {
	switch n := n.(type) {
	case *recordsNode:
		return &n.selector
	case *gaugeNode:
		return &n.selector
	}
	return nil
}

// bindParameters binds what a function takes beside values.
func (b *binder) bindParameters(args []metricsql.Expr) (p parameterNodes, err error) {
	var texts []string
	p.numbers, texts, err = b.bindArguments(args)
	if len(texts) > 0 {
		p.label = texts[0]
	}
	return p, err
}

func (b *binder) bindBinary(x *metricsql.BinaryOpExpr) (node, error) {
	op := operators[strings.ToLower(x.Op)]
	if op == nil {
		return nil, refuse(x.Op, "the operator %s is not supported", x.Op)
	}
	for _, side := range []metricsql.Expr{x.Left, x.Right} {
		if _, text := side.(*metricsql.StringExpr); text {
			return nil, refuse(textOf(side), "%s does not go with texts", x.Op)
		}
	}
	left, err := b.bind(x.Left)
	if err != nil {
		return nil, err
	}
	right, err := b.bind(x.Right)
	if err != nil {
		return nil, err
	}
	numbers := numberList(right)
	if numbers != nil && op.equality { // q == (1, 2)
		return &memberNode{syntax{x}, left, numbers, x.Op == "=="}, nil
	}
	n := &binaryNode{syntax: syntax{x}, operator: op, op: x.Op, left: left, right: right, asNumber: x.Bool,
		matching: matching{x.GroupModifier.Args, strings.EqualFold(x.GroupModifier.Op, "on")}, grouped: x.GroupModifier.Op != ""}
	if x.JoinModifier.Op != "" {
		n.join = &join{labels: x.JoinModifier.Args, right: strings.EqualFold(x.JoinModifier.Op, "group_right")}
		if x.JoinModifierPrefix != nil {
			n.join.prefix = x.JoinModifierPrefix.S
		}
	}
	if op.compute == nil || n.grouped || n.join != nil || numbers != nil {
		return n, nil
	}
	if number, ok := right.(*numberNode); ok {
		compute := n.result(op)
		return &mapNode{syntax{x}, left, op, func(v float64) float64 { return compute(v, number.value) }}, nil
	}
	if number, ok := left.(*numberNode); ok {
		if op.exchanged != "" { // what is compared is kept, not the number
			compute := n.result(operators[op.exchanged])
			return &mapNode{syntax{x}, right, op, func(v float64) float64 { return compute(v, number.value) }}, nil
		}
		compute := n.result(op)
		return &mapNode{syntax{x}, right, op, func(v float64) float64 { return compute(number.value, v) }}, nil
	}
	return n, nil
}

// numberList returns the numbers of a list such as (1, 2); nil where it is none.
func numberList(n node) (numbers []float64) {
	list, ok := n.(*transformNode)
	if !ok || list.Name != "" {
		return nil
	}
	for _, arg := range list.args {
		number, ok := arg.(*numberNode)
		if !ok {
			return nil
		}
		numbers = append(numbers, number.value)
	}
	return numbers
}

func (b *binder) bindTransform(x *metricsql.FuncExpr) (node, error) {
	f := find(transforms, x.Name)
	if f == nil {
		return nil, unknown(x.Name)
	}
	if err := f.takes(x.Name, x.Args); err != nil {
		return nil, err
	}
	n := &transformNode{syntax: syntax{x}, Function: f, name: x.Name}
	var err error
	if n.args, n.texts, err = b.bindArguments(x.Args); err == nil && f.parse != nil {
		err = f.parse(n)
	}
	return n, err
}
