package plugin

import (
	"cmp"
	"context"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/config"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/experimental/concurrent"

	"github.com/entra-activity/entra-activity-datasource/pkg/frames"
	"github.com/entra-activity/entra-activity-datasource/pkg/metrics"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// maxConcurrency is how many queries of a request run at a time, unless Grafana is configured for fewer.
const maxConcurrency = 10

// metricsQueryType is the query type of MetricsQL. All others are kinds of record.
const metricsQueryType = "metrics"

// QueryData runs the queries of a request. Each has its own result or error.
func (d *DataSource) QueryData(ctx context.Context, req *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	limit, err := config.GrafanaConfigFromContext(ctx).ConcurrentQueryCount()
	if err != nil || limit < 1 || limit > maxConcurrency {
		limit = maxConcurrency
	}
	// Anybody can send this header: it changes what an error says, not what may be seen.
	forAlert := req.Headers[backend.FromAlertHeaderName] == "true"
	return concurrent.QueryData(ctx, req, func(ctx context.Context, q concurrent.Query) backend.DataResponse {
		result, err := d.run(ctx, q.DataQuery, forAlert)
		if err != nil {
			e := explain(cancellation(ctx, err))
			return backend.DataResponse{Error: e, Status: e.status, ErrorSource: e.source}
		}
		return backend.DataResponse{Frames: result}
	}, limit)
}

// run runs a query. Its type is in the model, or else beside it in the request: Grafana's alerting may leave out either.
func (d *DataSource) run(ctx context.Context, dq backend.DataQuery, forAlert bool) (data.Frames, error) {
	if d.problem != nil {
		return nil, d.problem
	}
	period := query.Period{
		From: dq.TimeRange.From, To: dq.TimeRange.To,
		MaxDataPoints: dq.MaxDataPoints, MinInterval: dq.Interval,
	}
	model, err := query.DecodeModel(dq.JSON)
	model.QueryType = cmp.Or(model.QueryType, dq.QueryType)
	if model.QueryType == metricsQueryType {
		return d.runMetrics(ctx, dq.JSON, period)
	}
	if err != nil {
		return nil, err
	}
	q, err := model.Query()
	if err == nil && forAlert {
		err = q.ForAlert()
	}
	if err != nil {
		return nil, err
	}
	result, err := d.store.Run(ctx, q, d.scope(ctx), period)
	if err != nil {
		return nil, err
	}
	return frames.FromResult(result), nil
}

func (d *DataSource) runMetrics(ctx context.Context, model []byte, p query.Period) (data.Frames, error) {
	q, err := metrics.Decode(model)
	if err != nil {
		return nil, err
	}
	expr, evalRange, step, err := q.Bind(p)
	if err != nil {
		return nil, err
	}
	result, err := metrics.Run(ctx, d.store, d.scope(ctx), expr, evalRange)
	if err != nil {
		return nil, err
	}
	return frames.FromMetrics(result, q, expr.Text(), step), nil
}

// cancellation returns the context's error once it is done: what the driver says then is only how it noticed.
func cancellation(ctx context.Context, err error) error { return cmp.Or(ctx.Err(), err) }
