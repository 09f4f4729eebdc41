package plugin

import (
	"context"
	"encoding/json"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/config"
	"github.com/grafana/grafana-plugin-sdk-go/experimental/concurrent"

	"github.com/entra-activity/entra-activity-datasource/pkg/frames"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// At most this many questions of a request at a time, unless Grafana is configured otherwise.
const concurrency = 10

// QueryData answers questions, each on its own: what goes wrong with one does not touch the others.
func (d *DataSource) QueryData(ctx context.Context, req *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	limit, err := config.GrafanaConfigFromContext(ctx).ConcurrentQueryCount()
	if err != nil || limit < 1 || limit > concurrency {
		limit = concurrency
	}
	forAlert := req.Headers[backend.FromAlertHeaderName] == "true" // anybody may say so: it changes what is said, not what is seen
	return concurrent.QueryData(ctx, req, func(ctx context.Context, q concurrent.Query) backend.DataResponse {
		return d.answer(ctx, q, forAlert)
	}, limit)
}

func (d *DataSource) answer(ctx context.Context, q concurrent.Query, forAlert bool) backend.DataResponse {
	if d.problem != nil {
		return failure(settingsError{d.problem})
	}
	text := withQueryType(q.DataQuery)
	period := query.Period{
		From: q.DataQuery.TimeRange.From, To: q.DataQuery.TimeRange.To,
		MaxDataPoints: q.DataQuery.MaxDataPoints, MinInterval: q.DataQuery.Interval,
	}
	if isMetrics(text) {
		return d.answerMetrics(ctx, text, period)
	}
	question, err := query.Decode(text)
	if err == nil && forAlert {
		err = question.ForAlert()
	}
	if err != nil {
		return failure(err)
	}
	result, err := d.store.Run(ctx, question, d.scope(ctx), period)
	if err != nil {
		if ctx.Err() != nil {
			err = ctx.Err() // what the driver says then is only how it noticed
		}
		return failure(err)
	}
	return backend.DataResponse{Frames: frames.FromResult(result)}
}

// withQueryType puts the query type into the query where Grafana gives it beside.
func withQueryType(q backend.DataQuery) []byte {
	var object map[string]json.RawMessage
	if q.QueryType == "" || json.Unmarshal(q.JSON, &object) != nil || object == nil || object["queryType"] != nil {
		return q.JSON
	}
	object["queryType"], _ = json.Marshal(q.QueryType)
	text, _ := json.Marshal(object)
	return text
}

func failure(err error) backend.DataResponse {
	e := explain(err)
	return backend.DataResponse{Error: e, Status: e.status, ErrorSource: e.source}
}
