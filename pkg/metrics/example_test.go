package metrics_test

import (
	"context"
	"fmt"
	"time"

	"github.com/entra-activity/entra-activity-datasource/pkg/metrics"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// signIns is a source of a few sign-ins in memory.
type signIns []signIn

type signIn struct {
	at     time.Time
	labels map[string]string
}

func (list signIns) Count(_ context.Context, s *metrics.Selector, each func(labels map[string]string, cells []query.Cell) error) error {
	labels, cells := map[string]map[string]string{}, map[string][]query.Cell{}
	for _, one := range list {
		if !s.Matches(one.labels) {
			continue
		}
		by := map[string]string{}
		for _, name := range s.By {
			by[name] = one.labels[name]
		}
		key := fmt.Sprint(by)
		labels[key] = by
		for i, wanted := range s.Wanted {
			if at := one.at.UnixMicro(); wanted && s.Edges[i] < at && at <= s.Edges[i+1] {
				cells[key] = append(cells[key], query.Cell{Window: i, N: 1}) // what is counted of a window adds up
			}
		}
	}
	for key := range labels {
		if err := each(labels[key], cells[key]); err != nil {
			return err
		}
	}
	return nil
}

func (signIns) First(context.Context, *metrics.Selector, func(labels map[string]string, at int64) error) (known bool, err error) {
	return false, nil
}

// An expression is parsed, and evaluated at each step of a time range by what a Source counts.
func ExampleExpr_Evaluate() {
	nine := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	mail := map[string]string{"app": "Mail", "status": "failure"}
	shop := map[string]string{"app": "Shop", "status": "success"}
	source := signIns{{nine.Add(time.Minute), mail}, {nine.Add(time.Hour), shop}, {nine.Add(90 * time.Minute), mail}}

	expr, err := metrics.Parse(`sum by (app) (increase(entra_signins_total{status="failure"}[1h])) default 0`)
	if err != nil {
		fmt.Println(err)
		return
	}
	hours := metrics.EvalRange{Start: nine, End: nine.Add(2 * time.Hour), Step: time.Hour}
	result, err := expr.Evaluate(context.Background(), source, hours)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, series := range result.Series {
		for i, at := range result.Times {
			fmt.Println(series.Labels, at.Format(time.TimeOnly), series.Values[i])
		}
	}
	// Output:
	// map[app:Mail] 09:00:00 0
	// map[app:Mail] 10:00:00 1
	// map[app:Mail] 11:00:00 1
}
