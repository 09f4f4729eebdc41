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

// A live tail is a channel of Grafana Live. A browser gets the channel's path by POST tail {"query": ...}, and subscribes
// to it with the query as data. Grafana runs each channel once, with the rights of its first subscriber, and sends every
// subscriber the same. So the path is a digest of the query and of what its subscribers may see, and each subscription has
// to come with the query that belongs to its path. The path need not be secret.
const tailPrefix = "tail/"

// decodeTail returns a query as a tail of log lines, and the path of its channel.
func decodeTail(text json.RawMessage, scope access.Scope) (q *query.Query, path string, err error) {
	model, err := query.DecodeModel(text)
	if err != nil {
		return nil, "", err
	}
	model.View = query.Logs
	if q, err = model.Query(); err != nil {
		return nil, "", err
	}
	canonical, err := json.Marshal(model)
	sum := sha256.Sum256(append(canonical, scope.Key()...))
	return q, tailPrefix + hex.EncodeToString(sum[:16]), err
}

// subscribedQuery returns the query that a subscription came with, if it belongs to the path.
func subscribedQuery(path string, text json.RawMessage, scope access.Scope) (*query.Query, error) {
	q, expected, err := decodeTail(text, scope)
	if err == nil && path != expected {
		err = &query.InvalidError{Part: "path", Problem: "it does not belong to this query: ask the resource tail for the path"}
	}
	return q, err
}

// tailChannel returns the path of the channel for a query.
func (d *DataSource) tailChannel(r *http.Request) (any, error) {
	var body struct {
		Query json.RawMessage `json:"query"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return nil, &query.InvalidError{Part: "tail", Problem: "not understood: " + err.Error()}
	}
	_, path, err := decodeTail(body.Query, d.scope(r.Context()))
	return map[string]string{"path": path}, err
}

// SubscribeStream admits to a channel whoever may see what it sends.
func (d *DataSource) SubscribeStream(
	ctx context.Context, req *backend.SubscribeStreamRequest,
) (*backend.SubscribeStreamResponse, error) {
	if d.problem != nil || !strings.HasPrefix(req.Path, tailPrefix) {
		return &backend.SubscribeStreamResponse{Status: backend.SubscribeStreamStatusNotFound}, nil
	}
	if _, err := subscribedQuery(req.Path, req.Data, d.scope(ctx)); err != nil {
		backend.Logger.FromContext(ctx).Debug("A subscription was refused", "error", err)
		return &backend.SubscribeStreamResponse{Status: backend.SubscribeStreamStatusPermissionDenied}, nil
	}
	return &backend.SubscribeStreamResponse{Status: backend.SubscribeStreamStatusOK}, nil
}

// PublishStream refuses: records come from the store alone.
func (d *DataSource) PublishStream(context.Context, *backend.PublishStreamRequest) (*backend.PublishStreamResponse, error) {
	return &backend.PublishStreamResponse{Status: backend.PublishStreamStatusPermissionDenied}, nil
}

// RunStream sends new records as log lines until Grafana ends the channel. If records come in faster than it can send
// them, it leaves some out and says so; neither the writer nor another channel waits for it.
func (d *DataSource) RunStream(ctx context.Context, req *backend.RunStreamRequest, sender *backend.StreamSender) error {
	if d.problem != nil {
		return explain(d.problem)
	}
	scope := d.scope(ctx)
	q, err := subscribedQuery(req.Path, req.Data, scope)
	if err != nil {
		return explain(err)
	}
	subscription := d.batches.Subscribe(ctx, query.StoredKinds(q.Kind)...)
	defer subscription.Close()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-subscription.Ready:
		}
		batches, missed := subscription.Take()
		if subscription.Closed() {
			message := "The settings of the data source have just changed: subscribe again."
			return &explained{message, "", backend.StatusBadGateway, backend.ErrorSourceDownstream}
		}
		for _, batch := range batches {
			result, err := d.readBatch(ctx, q, scope, batch, subscription)
			if err != nil {
				return err
			}
			if len(result.Rows) == 0 {
				continue
			}
			if missed > 0 {
				result.Warnings = append(result.Warnings,
					fmt.Sprintf("%d batches of records came faster than they could be shown and were left out.", missed))
				missed = 0
			}
			if err := sender.SendFrame(frames.FromResult(result)[0], data.IncludeAll); err != nil {
				return err
			}
		}
	}
}

// readBatch returns those records of a batch that a query selects. It waits while the database is away.
func (d *DataSource) readBatch(
	ctx context.Context, q *query.Query, scope access.Scope, batch store.BatchNotification, s *store.Subscription,
) (*query.Result, error) {
	for {
		result, err := d.store.RunOnBatch(ctx, q, scope, batch)
		if err == nil || ctx.Err() != nil {
			return result, err
		}
		e := explain(err)
		if e.status != backend.StatusBadGateway || s.Closed() {
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
