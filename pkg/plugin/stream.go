package plugin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/frames"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// A live tail is a channel of Grafana Live. A browser asks POST tail {"query": ...} for the channel's path, and subscribes
// to it with the query as data. Grafana runs each channel once, as its first subscriber, and gives everybody on it what is
// sent. So the path names both the query and what its subscribers may see, and each subscriber has to come with the same.
const tailPrefix = "tail/"

// tailPath is the path of the channel for a query within a scope. A path is no secret and need not be: whoever subscribes
// is held against it.
func tailPath(text json.RawMessage, scope access.Scope) (string, error) {
	var model map[string]any
	if err := json.Unmarshal(text, &model); err != nil {
		return "", &query.InvalidError{Part: "query", Problem: "not understood: " + err.Error()}
	}
	for _, name := range []string{"refId", "key", "datasource"} { // what Grafana adds makes no difference
		delete(model, name)
	}
	canonical, err := json.Marshal(model)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(append(canonical, scope.Key()...))
	return tailPrefix + hex.EncodeToString(sum[:16]), nil
}

// tailed reads the question of a channel.
func tailed(path string, text json.RawMessage, scope access.Scope) (*query.Query, error) {
	expected, err := tailPath(text, scope)
	if err != nil {
		return nil, err
	}
	if path != expected {
		return nil, &query.InvalidError{Part: "path", Problem: "it does not belong to this query: ask the resource tail for the path"}
	}
	return decodeAs(query.Logs, text)
}

// tailChannel tells the path of the channel for a query.
func (d *DataSource) tailChannel(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Query json.RawMessage `json:"query"`
	}
	var path string
	err := d.problem
	if err != nil {
		err = settingsError{err}
	} else if err = json.NewDecoder(r.Body).Decode(&asked); err != nil {
		err = &query.InvalidError{Part: "tail", Problem: "not understood: " + err.Error()}
	} else if _, err = decodeAs(query.Logs, asked.Query); err == nil {
		path, err = tailPath(asked.Query, d.scope(r.Context()))
	}
	if err != nil {
		e := explain(err)
		reply(w, r, int(e.status), map[string]string{"message": e.message})
		return
	}
	reply(w, r, http.StatusOK, map[string]string{"path": path})
}

// SubscribeStream lets those onto a channel who may see what it sends.
func (d *DataSource) SubscribeStream(ctx context.Context, req *backend.SubscribeStreamRequest) (*backend.SubscribeStreamResponse, error) {
	if d.problem != nil || !strings.HasPrefix(req.Path, tailPrefix) {
		return &backend.SubscribeStreamResponse{Status: backend.SubscribeStreamStatusNotFound}, nil
	}
	if _, err := tailed(req.Path, req.Data, d.scope(ctx)); err != nil {
		backend.Logger.FromContext(ctx).Debug("A subscription was refused", "error", err)
		return &backend.SubscribeStreamResponse{Status: backend.SubscribeStreamStatusPermissionDenied}, nil
	}
	return &backend.SubscribeStreamResponse{Status: backend.SubscribeStreamStatusOK}, nil
}

// PublishStream refuses: records come from the store alone.
func (d *DataSource) PublishStream(context.Context, *backend.PublishStreamRequest) (*backend.PublishStreamResponse, error) {
	return &backend.PublishStreamResponse{Status: backend.PublishStreamStatusPermissionDenied}, nil
}

// RunStream sends new records as log lines until Grafana ends the channel. Where it cannot send as fast as records arrive,
// it leaves some out and says so; neither the writer nor another channel waits for it.
func (d *DataSource) RunStream(ctx context.Context, req *backend.RunStreamRequest, sender *backend.StreamSender) error {
	if d.problem != nil {
		return explain(settingsError{d.problem})
	}
	scope := d.scope(ctx)
	question, err := tailed(req.Path, req.Data, scope)
	if err != nil {
		return explain(err)
	}
	arriving := d.arrivals.Subscribe(ctx, query.StoredKinds(question.Kind)...)
	defer arriving.Close()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-arriving.Ready:
		}
		batches, missed := arriving.Take()
		if arriving.Closed() {
			return &explained{"The settings of the data source have just changed: subscribe again.", "", backend.StatusBadGateway, backend.ErrorSourceDownstream}
		}
		for _, batch := range batches {
			result, err := d.arrived(ctx, question, scope, batch, arriving)
			if err != nil {
				return err
			}
			if len(result.Rows) == 0 {
				continue
			}
			if missed > 0 {
				result.Warnings = append(result.Warnings, fmt.Sprintf("%d batches of records came faster than they could be shown and were left out.", missed))
				missed = 0
			}
			if err := sender.SendFrame(frames.FromResult(result)[0], data.IncludeAll); err != nil {
				return err
			}
		}
	}
}

// arrived reads a batch, and waits for a database that is away.
func (d *DataSource) arrived(ctx context.Context, q *query.Query, scope access.Scope, batch store.BatchNotification, arriving *store.Subscription) (*query.Result, error) {
	for {
		result, err := d.store.RunOnBatch(ctx, q, scope, batch)
		if err == nil || ctx.Err() != nil {
			return result, err
		}
		e := explain(err)
		if e.status != backend.StatusBadGateway || arriving.Closed() {
			return nil, e
		}
		backend.Logger.FromContext(ctx).Debug("New records cannot be read", "error", e)
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
