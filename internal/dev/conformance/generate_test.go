package conformance

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/conformance/oracle"
)

// Generator invents expressions of what MetricsQL over events has to know.
type Generator struct {
	Random *rand.Rand
	// Values are values to filter by, by label, and Extra the labels beside the exporter's.
	Values map[string][]string
	Extra  []string
	Data   oracle.Data
	// Scraped keeps to what VictoriaMetrics evaluates alike from counters scraped once a minute: see differences.txt.
	Scraped bool

	inSubquery bool
	ranged     bool // has used what looks beyond an instant
}

// Expression invents one. Ranged says whether its value at a time depends on the other times asked for.
func (g *Generator) Expression() (text string, ranged bool) {
	g.inSubquery, g.ranged = false, false
	text, _ = g.vector(3)
	return text, g.ranged
}

func (g *Generator) pick(values ...string) string { return values[g.Random.IntN(len(values))] }

func (g *Generator) one(n int) bool { return g.Random.IntN(n) == 0 }

// some picks a few of labels.
func (g *Generator) some(labels []string, atMost int) (list []string) {
	for _, i := range g.Random.Perm(len(labels))[:min(len(labels), g.Random.IntN(atMost+1))] {
		list = append(list, labels[i])
	}
	slices.Sort(list)
	return list
}

func (g *Generator) metric() string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(g.Data)) { // so that a seed always makes the same expressions
		if m := g.Data[name]; !m.Stream || !g.Scraped && g.one(3) {
			names = append(names, name)
		}
	}
	return g.pick(names...)
}

// vector invents an expression, and knows the labels of its series.
func (g *Generator) vector(depth int) (text string, labels []string) {
	if depth == 0 {
		return g.rollup()
	}
	switch g.Random.IntN(12) {
	case 0, 1:
		return g.rollup()
	case 2, 3:
		return g.aggregate(depth)
	case 4:
		return g.withNumber(depth)
	case 5, 6:
		return g.pair(depth)
	case 7:
		return g.set(depth)
	case 8, 9:
		return g.transform(depth)
	case 10:
		if !g.inSubquery {
			return g.subquery(depth)
		}
	}
	return g.rollup()
}

// rollup is a count of events, by labels or by the exporter's.
func (g *Generator) rollup() (text string, labels []string) {
	name := g.metric()
	m := g.Data[name]
	function, selector := g.pick("increase", "increase", "increase", "rate", "increase_pure"), g.selector(name)
	if m.Stream {
		function = g.pick("count_over_time", "sum_over_time")
	}
	if !m.Stream && g.one(3) {
		return fmt.Sprintf("%s(%s)", function, selector), m.Exported
	}
	available := m.Exported
	if m.Stream || !g.Scraped && g.one(3) {
		available = slices.Concat(available, g.extra(m))
	}
	labels = g.some(available, 3)
	if g.one(2) {
		return fmt.Sprintf("sum(%s(%s)) by (%s)", function, selector, strings.Join(labels, ", ")), labels
	}
	if len(labels) == 0 {
		return fmt.Sprintf("sum(%s(%s))", function, selector), labels
	}
	return fmt.Sprintf("sum by (%s) (%s(%s))", strings.Join(labels, ","), function, selector), labels
}

// extra are labels that a metric's events carry although the exporter does not.
func (g *Generator) extra(m *oracle.Metric) []string {
	return slices.DeleteFunc(slices.Clone(g.Extra), func(label string) bool {
		return slices.Contains(m.Exported, label) || len(m.Events) > 0 && m.Events[0].Labels[label] == ""
	})
}

func (g *Generator) selector(name string) string {
	m := g.Data[name]
	group := func() string {
		labels := m.Exported
		if !g.Scraped && g.one(4) {
			labels = slices.Concat(labels, g.extra(m))
		}
		var filters []string
		for _, label := range g.some(labels, 2) {
			filters = append(filters, g.filter(label))
		}
		return strings.Join(filters, ", ")
	}
	text := name
	if first := group(); first != "" {
		if second := group(); second != "" && !g.Scraped && g.one(4) {
			first += " or " + second
		}
		text += "{" + first + "}"
	}
	switch kind := g.Random.IntN(8); {
	case g.Scraped && kind < 3:
		text += g.pick("[2m]", "[3m]", "[15m]", "[2h]")
	case kind == 0:
		g.ranged = true // a window of one step
	case kind == 1:
		text += g.pick("[1i]", "[2i]")
		g.ranged = true
	case kind == 2:
		text += g.pick("[30s]", "[90s]", "[1s]", "[100ms]", "[1m30s]", "[420]")
	default:
		text += g.pick("[4m]", "[5m]", "[10m]", "[1h]", "[90m]", "[3h]", "[7m]")
	}
	if !g.inSubquery && g.one(8) {
		text += g.pick(" @ end()", " @ start()", " @ 1774274400", " @ (end() - 600)")
		g.ranged = true
	}
	if g.one(5) {
		offsets := []string{" offset 5m", " offset 1h", " offset -10m", " offset 30s", " offset 7m30s"}
		if g.Scraped {
			offsets = offsets[:3]
		}
		text += g.pick(offsets...)
	}
	return text
}

func (g *Generator) filter(label string) string {
	values := g.Values[label]
	if len(values) == 0 {
		values = []string{"none of these"}
	}
	value := g.pick(values...)
	switch g.Random.IntN(6) {
	case 0:
		return fmt.Sprintf("%s!=%q", label, value)
	case 1:
		return fmt.Sprintf("%s=~%q", label, g.pick(value[:min(1, len(value))]+".*", ".*"+value[max(0, len(value)-1):],
			"(?i)"+strings.ToUpper(value), ".+", ".*", value+"|zzz", "", "[^a]+"))
	case 2:
		return fmt.Sprintf("%s!~%q", label, g.pick(value[:min(1, len(value))]+".*", value, value+"|"+g.pick(values...), ".+"))
	}
	return fmt.Sprintf("%s=%q", label, value)
}

func (g *Generator) aggregate(depth int) (string, []string) {
	inner, labels := g.vector(depth - 1)
	if !g.Scraped && g.one(5) && len(labels) > 0 {
		return fmt.Sprintf("%s(%d, %s)", g.pick("topk", "bottomk"), g.Random.IntN(4), inner), labels
	}
	name := g.pick("sum", "sum", "count", "avg", "min", "max", "group", "stddev", "stdvar", "quantile")
	argument := inner
	if name == "quantile" {
		argument = g.pick("0", "0.5", "0.9", "1") + ", " + inner
	}
	switch g.Random.IntN(3) {
	case 0:
		return fmt.Sprintf("%s(%s)", name, argument), nil
	case 1:
		dropped := g.some(labels, 2)
		left := slices.DeleteFunc(slices.Clone(labels), func(l string) bool { return slices.Contains(dropped, l) })
		return fmt.Sprintf("%s without (%s) (%s)", name, strings.Join(dropped, ", "), argument), left
	}
	kept := g.some(labels, 2)
	return fmt.Sprintf("%s(%s) by (%s)", name, argument, strings.Join(kept, ", ")), kept
}

func (g *Generator) number() string {
	return g.pick("0", "1", "2", "0.5", "3", "100", "-1", "1e3")
}

func (g *Generator) withNumber(depth int) (string, []string) {
	inner, labels := g.vector(depth - 1)
	switch g.Random.IntN(4) {
	case 0:
		return fmt.Sprintf("(%s) %s %s%s", inner, g.pick("==", "!=", ">", "<", ">=", "<="), g.pick("", "", "bool "), g.number()), labels
	case 1:
		return fmt.Sprintf("%s %s (%s)", g.number(), g.pick("+", "-", "*", "/", ">", "<="), inner), labels
	case 2:
		if !g.inSubquery {
			g.ranged = true
			return fmt.Sprintf("(%s) default %s", inner, g.number()), labels
		}
	}
	return fmt.Sprintf("(%s) %s %s", inner, g.pick("+", "-", "*", "/", "%"), g.number()), labels
}

// pair is an operator between two vectors that have something to do with each other.
func (g *Generator) pair(depth int) (string, []string) {
	left, labels := g.vector(depth - 1)
	operator := g.pick("+", "-", "*", "/", ">", "<", ">=", "!=", "> bool", "== bool")
	if g.Scraped {
		operator = strings.Fields(strings.ReplaceAll(operator, "!=", "<="))[0]
	}
	on := g.some(labels, 2)
	right, _ := g.leafBy(on)
	switch g.Random.IntN(4) {
	case 0: // each with its own past
		if len(labels) > 0 && len(on) == len(labels) {
			return fmt.Sprintf("(%s) %s %s", left, operator, right), labels
		}
	case 1:
		return fmt.Sprintf("(%s) %s ignoring (%s) group_left () (%s)", left, operator, strings.Join(without(labels, on),
			", "), right), labels
	case 2:
		return fmt.Sprintf("(%s) %s on (%s) group_right () (%s)", right, operator, strings.Join(on, ", "), left), labels
	}
	return fmt.Sprintf("(%s) %s on (%s) group_left () (%s)", left, operator, strings.Join(on, ", "), right), labels
}

func without(labels, some []string) []string {
	return slices.DeleteFunc(slices.Clone(labels), func(l string) bool { return slices.Contains(some, l) })
}

// leafBy counts events of a counter that has labels, or of any by labels that it may not have.
func (g *Generator) leafBy(labels []string) (string, []string) {
	name := "entra_signins_total"
	for _, n := range g.names() {
		if len(without(labels, g.Data[n].Exported)) == 0 {
			name = n
			if g.one(2) {
				break
			}
		}
	}
	known := slices.DeleteFunc(slices.Clone(labels), func(l string) bool {
		return !slices.Contains(g.Data[name].Exported, l) && !slices.Contains(g.extra(g.Data[name]), l)
	})
	return fmt.Sprintf("sum by (%s) (increase(%s))", strings.Join(known, ", "), g.selector(name)), known
}

func (g *Generator) names() (names []string) {
	for name, m := range g.Data {
		if !m.Stream {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (g *Generator) set(depth int) (string, []string) {
	left, labels := g.vector(depth - 1)
	on := g.some(labels, 2)
	right, rightLabels := g.leafBy(on)
	if g.one(2) {
		right = fmt.Sprintf("(%s) > %s", right, g.number())
	}
	switch g.Random.IntN(5) {
	case 0:
		return fmt.Sprintf("(%s) or (%s)", left, right), common(labels, rightLabels)
	case 1:
		return fmt.Sprintf("(%s) or vector(0)", left), nil
	case 2:
		return fmt.Sprintf("union(%s, %s)", left, right), common(labels, rightLabels)
	}
	operators := []string{"and", "unless", "if", "ifnot"}
	if g.Scraped {
		operators = operators[:3]
	}
	return fmt.Sprintf("(%s) %s on (%s) (%s)", left, g.pick(operators...), strings.Join(on, ", "), right), labels
}

func common(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(l string) bool { return !slices.Contains(b, l) })
}

func (g *Generator) transform(depth int) (string, []string) {
	inner, labels := g.vector(depth - 1)
	switch g.Random.IntN(12) {
	case 0:
		return fmt.Sprintf("clamp(%s, 1, 3)", inner), labels
	case 1:
		return fmt.Sprintf("clamp_min(%s, 2)", inner), labels
	case 2:
		return fmt.Sprintf("clamp_max(%s, 2)", inner), labels
	case 3:
		return fmt.Sprintf("scalar(%s)", inner), nil
	case 4:
		return fmt.Sprintf("absent(%s)", inner), nil
	case 5:
		if g.Scraped && len(labels) == 0 {
			break // of no label VictoriaMetrics makes an empty one
		}
		return fmt.Sprintf("label_replace(%s, \"first\", \"$1\", %q, \"(.).*\")", inner,
			g.source(labels)), append(slices.Clone(labels), "first")
	case 6:
		return fmt.Sprintf("label_set(%s, \"color\", \"red\")", inner), append(slices.Clone(labels), "color")
	case 7:
		return fmt.Sprintf("label_del(%s, \"color\")", inner), labels
	case 8:
		return fmt.Sprintf("%s(%s)", g.pick("sort", "sort_desc"), inner), labels
	case 9:
		if !g.inSubquery {
			g.ranged = true
			return fmt.Sprintf("(%s) + (%s)", inner, g.pick("time() % 3600", "start() % 3600", "end() % 3600", "step()")), labels
		}
	}
	return fmt.Sprintf("%s(%s)", g.pick("abs", "ceil", "floor", "round"), inner), labels
}

// source is a label to make another of; one that nothing has where there are none.
func (g *Generator) source(labels []string) string {
	if len(labels) == 0 {
		return "app"
	}
	return g.pick(labels...)
}

func (g *Generator) subquery(depth int) (string, []string) {
	g.inSubquery = true
	inner, labels := g.vector(depth - 1)
	g.inSubquery = false
	name := g.pick("avg", "min", "max", "sum", "count", "last", "stddev", "present", "quantile")
	window := g.pick("[1h:5m]", "[30m:7m]", "[1h:]", "[10m:1m]", "[2h:30m]")
	if window == "[1h:]" {
		g.ranged = true
	}
	if name == "quantile" {
		return fmt.Sprintf("quantile_over_time(0.7, (%s)%s)", inner, window), labels
	}
	return fmt.Sprintf("%s_over_time((%s)%s)", name, inner, window), labels
}
