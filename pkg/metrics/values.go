package metrics

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/VictoriaMetrics/metricsql"

	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/engine"
)

const (
	defaultValues = 50
	mostValues    = 1000
)

// ValuesQuery selects values of a label to choose from.
type ValuesQuery struct {
	Metric, Label string
	Search        string // a part of the value, in any case
	Match         string // only values of what this selector selects; empty for all
	Limit         int
	From, To      time.Time // only values that occur within; zero for whenever
}

// Values lists values of a label; more says that there are others.
func Values(ctx context.Context, st *engine.Engine, scope access.Scope, q ValuesQuery) (list []string, more bool, err error) {
	metric := ByName(q.Metric)
	if metric == nil {
		return nil, false, invalid("metric", "there is no metric %q%s", q.Metric, suggest(q.Metric, metricNames()))
	}
	label := metric.Label(q.Label)
	if label == nil {
		return nil, false, noLabel(metric, q.Label)
	}
	alternatives, err := matches(metric, q.Match)
	if err != nil {
		return nil, false, err
	}
	if q.Limit <= 0 {
		q.Limit = defaultValues
	}
	q.Limit = min(q.Limit, mostValues)
	search := q.Search
	if label.value != nil && (label.Field.MetricLabel != label.Name || label.Field.Type == activity.Enum) {
		search = "" // the label has few values, and records hold other texts
	}
	list = []string{}
	for _, filters := range alternatives {
		vq, err := query.DecodeValues(metric.Kind.Name, label.Field.Name, search, "", mostValues, q.From, q.To)
		if err != nil {
			return nil, false, err
		}
		vq.Filters = slices.Concat(metric.filters, filters)
		found, err := st.Values(ctx, vq, scope)
		if err != nil {
			return nil, false, err
		}
		for _, v := range found {
			value := label.of(v.Value)
			if value != "" && strings.Contains(strings.ToLower(value), strings.ToLower(q.Search)) && !slices.Contains(list, value) {
				list = append(list, value)
			}
		}
	}
	if len(alternatives) > 1 {
		slices.Sort(list)
	}
	return list[:min(len(list), q.Limit)], len(list) > q.Limit, nil
}

// matches returns the filters of a selector of a metric, of which all of one alternative have to fit.
func matches(metric *Metric, match string) ([][]query.Filter, error) {
	if strings.TrimSpace(match) == "" {
		return [][]query.Filter{nil}, nil
	}
	if strings.HasPrefix(strings.TrimSpace(match), "{") {
		match = metric.Name + strings.TrimSpace(match)
	}
	if err := guard(match); err != nil {
		return nil, err
	}
	expr, err := metricsql.Parse(match)
	if err != nil {
		return nil, notUnderstood(err)
	}
	m, ok := expr.(*metricsql.MetricExpr)
	if !ok {
		return nil, refuse(match, "%s is no selector: write one such as %s{status=\"failure\"}", textOf(expr), metric.Name)
	}
	s, err := bindSelector(m)
	if err == nil && s.Metric != metric {
		err = refuse(s.Metric.Name, "%s is not %s, whose values are asked for", s.Metric.Name, metric.Name)
	}
	return fieldFilters(s.Filters), err
}
