package metrics

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/VictoriaMetrics/metricsql"

	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/engine"
)

// Leaf is a part of an expression that counts records.
type Leaf struct {
	Metric *Metric
	Any    [][]metricsql.LabelFilter // all of one of these have to fit
	By     []string                  // labels to count by; those that the metric does not have are none
	Edges  []int64                   // of windows, in microseconds since 1970, sorted
	Wanted []bool                    // which windows (Edges[i], Edges[i+1]] to count in
	Ingest bool                      // by when records were stored
	Ended  bool                      // by when what they say ended, of a gauge
	Text   string                    // of the expression
}

// Source counts records.
type Source interface {
	// Count calls each once for each label set that has records, with how many there are in which windows; what is counted of
	// a window adds up. Labels that are "" are left out. The cells are overwritten by the next call.
	Count(ctx context.Context, l *Leaf, each func(labels map[string]string, cells []query.Cell) error) error
	// First calls each with the time of the first record, by labels, of a leaf that uses only exported ones. known is false
	// where that is not known of the records that the asker may see.
	First(ctx context.Context, l *Leaf, each func(labels map[string]string, at int64) error) (known bool, err error)
}

// Counted says how a leaf was counted.
type Counted struct {
	Expr   string `json:"expr"`
	Served string `json:"served"`
	SQL    string `json:"sql"`
	Read   int64  `json:"read"`
}

// stored counts in a store.
type stored struct {
	reading *engine.Reading
	counted []Counted
	latest  int64 // until when records were counted by when they happened
}

// noting notes the statements from now on as a leaf's.
func (s *stored) noting(l *Leaf) (done func()) {
	n, read := len(s.reading.SQL), s.reading.Read
	return func() {
		for i := n; i < len(s.reading.SQL); i++ {
			s.counted = append(s.counted, Counted{l.Text, s.reading.Served[i], s.reading.SQL[i], s.reading.Read - read})
		}
	}
}

// Run answers an expression from one state of the store.
func Run(ctx context.Context, st *engine.Engine, scope access.Scope, e *Expr, g EvalRange) (*Result, error) {
	var answer *Result
	err := st.Reading(ctx, scope, func(r *engine.Reading) (err error) {
		source := &stored{reading: r}
		if answer, err = e.Evaluate(ctx, source, g); err != nil {
			return err
		}
		answer.Leaves = source.counted
		answer.SQL, answer.Read = strings.Join(r.SQL, ";\n\n"), r.Read
		served := slices.Compact(slices.Sorted(slices.Values(r.Served)))
		answer.Served = strings.Join(served, ", ")
		answer.Warnings = r.Warnings
		if len(source.counted) > 0 {
			answer.Infos, err = source.aboutTime(ctx, answer.Infos, g)
		}
		return err
	})
	return answer, err
}

// aboutTime says what the axis means for an answer: that it is another than that of the events, or that it goes further than what
// has arrived.
func (s *stored) aboutTime(ctx context.Context, notices []string, g EvalRange) ([]string, error) {
	if g.Ingest {
		return append(notices, "Records count when they were stored, not when they happened."), nil
	}
	watermark, err := s.reading.Watermark(ctx)
	if err != nil || watermark.IsZero() || s.latest <= watermark.UnixMicro() {
		return notices, err
	}
	return append(notices, fmt.Sprintf("The newest record stored happened at %s: what happened after it may be on its way, and can still change the last points.", watermark.Format("2006-01-02 15:04:05 MST"))), nil
}

// grouping is how a leaf's labels come from fields: bounded ones last, so that sets that have the same labels although their
// fields differ lie side by side.
type grouping struct {
	fields []*activity.Field
	labels []*Label
	at     []int // of each label's field
	whole  int   // labels whose text is the field's
}

func groupingOf(l *Leaf) (g grouping) {
	for _, name := range l.By {
		if label := l.Metric.Label(name); label != nil && !slices.Contains(g.labels, label) {
			g.labels = append(g.labels, label)
		}
	}
	slices.SortStableFunc(g.labels, func(a, b *Label) int {
		switch {
		case (a.value == nil) == (b.value == nil):
			return 0
		case a.value == nil:
			return -1
		}
		return 1
	})
	for _, label := range g.labels {
		if label.value == nil {
			g.whole++
		}
		i := slices.Index(g.fields, label.Field)
		if i < 0 {
			i, g.fields = len(g.fields), append(g.fields, label.Field)
		}
		g.at = append(g.at, i)
	}
	return g
}

// of returns the labels of texts, and what tells label sets apart.
func (g *grouping) of(texts []string) (prefix, key string, labels map[string]string) {
	labels = make(map[string]string, len(g.labels))
	var b strings.Builder
	for i, label := range g.labels {
		if i == g.whole {
			prefix = b.String()
		}
		value := label.of(texts[g.at[i]])
		if value != "" {
			labels[label.Name] = value
		}
		b.WriteString(value)
		b.WriteByte(0)
	}
	if g.whole == len(g.labels) {
		prefix = b.String()
	}
	return prefix, b.String(), labels
}

func (s *stored) selection(l *Leaf, g grouping) query.Selection {
	selection := query.Selection{Kind: l.Metric.Kind, Filters: l.Metric.filters, By: g.fields}
	if selection.Any = alternatives(l.Metric, l.Any); len(selection.Any) == 1 {
		selection.Filters, selection.Any = slices.Concat(selection.Filters, selection.Any[0]), nil
	}
	return selection
}

// alternatives returns the filters on fields that a selector's on labels stand for.
func alternatives(m *Metric, any [][]metricsql.LabelFilter) (all [][]query.Filter) {
	for _, group := range any {
		filters := []query.Filter{}
		for _, f := range group {
			filters = append(filters, filterOf(m.Label(f.Label), f))
		}
		all = append(all, filters)
	}
	return all
}

// filterOf returns a label's filter on its field. No regular expression leaves this program, and an index finds what is
// compared with a text.
func filterOf(label *Label, f metricsql.LabelFilter) query.Filter {
	fits := func(value string) bool { return value == f.Value }
	if f.IsRegexp {
		pattern, _ := metricsql.CompileRegexpAnchored(f.Value) // bind has compiled it before
		fits = pattern.MatchString
	}
	if !f.IsRegexp && !f.IsNegative && f.Value != "" && f.Value != activity.Unknown && (label.value == nil || label.Field.MetricValue(f.Value) == f.Value && label.Name != "reason" && label.Name != "client_app_class") {
		if filter, ok := query.Is(label.Field, f.Value); ok {
			return filter
		}
	}
	return query.Fits(label.Field, func(text string) bool { return fits(label.of(text)) != f.IsNegative })
}

func (s *stored) Count(ctx context.Context, l *Leaf, each func(labels map[string]string, cells []query.Cell) error) error {
	defer s.noting(l)()
	if !l.Ingest {
		s.latest = max(s.latest, l.Edges[len(l.Edges)-1])
	}
	g := groupingOf(l)
	windows := query.Windows{Wanted: l.Wanted, Ingest: l.Ingest, Ended: l.Ended}
	for _, edge := range l.Edges {
		windows.Edges = append(windows.Edges, time.UnixMicro(edge).UTC())
	}
	// Sets with the same prefix come together: among them are those that become one.
	type set struct {
		labels map[string]string
		cells  []query.Cell
	}
	sets, last := map[string]*set{}, ""
	flush := func() error {
		for _, key := range sortedKeys(sets) {
			if err := each(sets[key].labels, sets[key].cells); err != nil {
				return err
			}
		}
		clear(sets)
		return nil
	}
	err := s.reading.Count(ctx, s.selection(l, g), windows, maxCells, func(texts []string, cells []query.Cell) error {
		prefix, key, labels := g.of(texts)
		if prefix != last {
			if err := flush(); err != nil {
				return err
			}
			last = prefix
		}
		if sets[key] == nil {
			sets[key] = &set{labels: labels}
		}
		sets[key].cells = append(sets[key].cells, cells...)
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

func (s *stored) First(ctx context.Context, l *Leaf, each func(labels map[string]string, at int64) error) (known bool, err error) {
	defer s.noting(l)()
	g := groupingOf(l)
	return s.reading.First(ctx, s.selection(l, g), l.Ingest, func(texts []string, at time.Time) error {
		_, _, labels := g.of(texts)
		return each(labels, at.UnixMicro())
	})
}
