package metrics

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/engine"
)

// Selector is a part of an expression that selects records, and the windows to count them in.
type Selector struct {
	Metric  *Metric
	Filters [][]LabelFilter // all of one of these have to match
	By      []string        // labels to count by; those that the metric does not have are none
	Edges   []int64         // of windows, in microseconds since 1970, sorted
	Wanted  []bool          // which windows (Edges[i], Edges[i+1]] to count in
	Ingest  bool            // by when records were stored
	Ended   bool            // by when what they say ended, of a gauge
	Text    string          // of the expression
}

// LabelFilter is a condition on a label of the selector's metric.
type LabelFilter struct {
	Label    *Label
	value    string
	pattern  *regexp.Regexp // nil: the label is compared with the value
	negative bool
}

func (f *LabelFilter) matches(value string) bool {
	if f.pattern != nil {
		return f.pattern.MatchString(value) != f.negative
	}
	return (value == f.value) != f.negative
}

// Matches reports whether a record with these labels is selected.
func (s *Selector) Matches(labels map[string]string) bool {
	return slices.ContainsFunc(s.Filters, func(group []LabelFilter) bool {
		return !slices.ContainsFunc(group, func(f LabelFilter) bool { return !f.matches(labels[f.Label.Name]) })
	})
}

// exportedOnly reports whether a selector of a counter uses no label that the exporter's metric does not have.
func (s *Selector) exportedOnly() bool {
	exported := func(label string) bool {
		return slices.Contains(s.Metric.Exported, label) || s.Metric.Label(label) == nil
	}
	for _, group := range s.Filters {
		for _, f := range group {
			if !exported(f.Label.Name) {
				return false
			}
		}
	}
	return !s.Metric.Stream && !slices.ContainsFunc(s.By, func(label string) bool { return !exported(label) })
}

// Source counts records.
type Source interface {
	// Count calls each once for each label set that has records, with how many there are in which windows; what is counted of
	// a window adds up. Labels that are "" are left out. The cells are overwritten by the next call.
	Count(ctx context.Context, sel *Selector, each func(labels map[string]string, cells []query.Cell) error) error
	// First calls each with the time of the first record, by labels, of a selector that uses only exported ones. known is false
	// where that is not known of the records that the asker may see.
	First(ctx context.Context, sel *Selector, each func(labels map[string]string, at int64) error) (known bool, err error)
}

// Counted says how a selector was counted.
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

// noting notes the statements from now on as a selector's.
func (s *stored) noting(sel *Selector) (done func()) {
	n, read := len(s.reading.SQL), s.reading.Read
	return func() {
		for i := n; i < len(s.reading.SQL); i++ {
			s.counted = append(s.counted, Counted{sel.Text, s.reading.Served[i], s.reading.SQL[i], s.reading.Read - read})
		}
	}
}

// Run evaluates an expression from one state of the store.
func Run(ctx context.Context, st *engine.Engine, scope access.Scope, e *Expr, r EvalRange) (*Result, error) {
	var result *Result
	err := st.Reading(ctx, scope, func(reading *engine.Reading) (err error) {
		source := &stored{reading: reading}
		if result, err = e.Evaluate(ctx, source, r); err != nil {
			return err
		}
		result.Selectors = source.counted
		result.SQL, result.Read = strings.Join(reading.SQL, ";\n\n"), reading.Read
		result.Served = strings.Join(slices.Compact(slices.Sorted(slices.Values(reading.Served))), ", ")
		result.Warnings = reading.Warnings
		if len(source.counted) > 0 {
			result.Infos, err = source.aboutTime(ctx, result.Infos, r)
		}
		return err
	})
	return result, err
}

// aboutTime says what the axis means for a result: that it is another than that of the events, or that it goes further than
// what has arrived.
func (s *stored) aboutTime(ctx context.Context, infos []string, r EvalRange) ([]string, error) {
	if r.Ingest {
		return append(infos, "Records count when they were stored, not when they happened."), nil
	}
	watermark, err := s.reading.Watermark(ctx)
	if err != nil || watermark.IsZero() || s.latest <= watermark.UnixMicro() {
		return infos, err
	}
	return append(infos, fmt.Sprintf("The newest record stored happened at %s: what happened after it may be on its way, "+
		"and can still change the last points.", watermark.Format("2006-01-02 15:04:05 MST"))), nil
}

// grouping is how a selector's labels come from fields: bounded ones last, so that sets that have the same labels although their
// fields differ lie side by side.
type grouping struct {
	fields []*activity.Field
	labels []*Label
	at     []int // of each label's field
	whole  int   // labels whose text is the field's
}

func groupingOf(sel *Selector) (g grouping) {
	for _, name := range sel.By {
		if label := sel.Metric.Label(name); label != nil && !slices.Contains(g.labels, label) {
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

func (s *stored) selection(sel *Selector, g grouping) query.Selection {
	selection := query.Selection{Kind: sel.Metric.Kind, Filters: sel.Metric.filters, By: g.fields}
	if selection.Any = fieldFilters(sel.Filters); len(selection.Any) == 1 {
		selection.Filters, selection.Any = slices.Concat(selection.Filters, selection.Any[0]), nil
	}
	return selection
}

// fieldFilters returns the filters on fields that a selector's on labels stand for.
func fieldFilters(groups [][]LabelFilter) (all [][]query.Filter) {
	for _, group := range groups {
		filters := []query.Filter{}
		for _, f := range group {
			filters = append(filters, f.onField())
		}
		all = append(all, filters)
	}
	return all
}

// onField returns a label's filter on its field. No regular expression leaves this program, and an index finds what is
// compared with a text.
func (f LabelFilter) onField() query.Filter {
	label := f.Label
	if f.pattern == nil && !f.negative && f.value != "" && f.value != activity.Unknown && label.keeps(f.value) {
		if filter, ok := query.Is(label.Field, f.value); ok {
			return filter
		}
	}
	return query.Fits(label.Field, func(text string) bool { return f.matches(label.of(text)) })
}

// keeps reports whether a value of the label is the field's text.
func (l *Label) keeps(value string) bool {
	return l.value == nil || l.Field.MetricValue(value) == value && l.Name != "reason" && l.Name != "client_app_class"
}

func (s *stored) Count(ctx context.Context, sel *Selector, each func(labels map[string]string, cells []query.Cell) error) error {
	defer s.noting(sel)()
	if !sel.Ingest {
		s.latest = max(s.latest, sel.Edges[len(sel.Edges)-1])
	}
	g := groupingOf(sel)
	windows := query.Windows{Wanted: sel.Wanted, Ingest: sel.Ingest, Ended: sel.Ended}
	for _, edge := range sel.Edges {
		windows.Edges = append(windows.Edges, time.UnixMicro(edge).UTC())
	}
	// Sets with the same prefix come together: among them are those that become one.
	type set struct {
		labels map[string]string
		cells  []query.Cell
	}
	sets, last := map[string]*set{}, ""
	flush := func() error {
		for _, key := range slices.Sorted(maps.Keys(sets)) {
			if err := each(sets[key].labels, sets[key].cells); err != nil {
				return err
			}
		}
		clear(sets)
		return nil
	}
	err := s.reading.Count(ctx, s.selection(sel, g), windows, maxCells, func(texts []string, cells []query.Cell) error {
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

func (s *stored) First(ctx context.Context, sel *Selector, each func(labels map[string]string, at int64) error) (known bool, err error) {
	defer s.noting(sel)()
	g := groupingOf(sel)
	return s.reading.First(ctx, s.selection(sel, g), sel.Ingest, func(texts []string, at time.Time) error {
		_, _, labels := g.of(texts)
		return each(labels, at.UnixMicro())
	})
}
