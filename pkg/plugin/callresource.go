package plugin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// CallResource serves what the editors need, and downloads. A download is sent as it is read, so it needs the sender
// itself: it stops when nobody receives it any more, and a file that ends too early ends with an error.
func (d *DataSource) CallResource(
	ctx context.Context, req *backend.CallResourceRequest, sender backend.CallResourceResponseSender,
) error {
	if req.Path == "download" {
		return d.download(ctx, req, sender)
	}
	return d.resourceHandler.CallResource(ctx, req, sender)
}

func (d *DataSource) resources() http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range map[string]handler{
		"GET /catalog":          func(*http.Request) (any, error) { return map[string]any{"kinds": catalog()}, nil },
		"GET /values":           d.configured(d.fieldValues),
		"POST /tail":            d.configured(d.tailChannel),
		"GET /metrics":          func(*http.Request) (any, error) { return metricsVocabulary(), nil },
		"GET /metrics/values":   d.configured(d.labelValues),
		"POST /metrics/check":   checkExpr,
		"POST /metrics/explain": d.configured(d.explainExpr),
	} {
		mux.Handle(pattern, h)
	}
	return mux
}

// A handler returns the body of a response, or what is wrong with the request.
type handler func(*http.Request) (any, error)

// ServeHTTP implements http.Handler.
func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status := http.StatusOK
	body, err := h(r)
	if err != nil {
		e := explain(cancellation(r.Context(), err))
		status, body = int(e.status), map[string]string{"message": e.message}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		backend.Logger.FromContext(r.Context()).Debug("Writing the response failed", "error", err)
	}
}

// configured returns a handler that fails with what is wrong with the settings, if anything is.
func (d *DataSource) configured(h handler) handler {
	return func(r *http.Request) (any, error) {
		if d.problem != nil {
			return nil, d.problem
		}
		return h(r)
	}
}

// fieldValues lists values of a field to choose from, as query.ValuesQuery describes.
func (d *DataSource) fieldValues(r *http.Request) (any, error) {
	parameters := r.URL.Query()
	limit, from, to, err := valuesLimits(parameters)
	if err != nil {
		return nil, err
	}
	q, err := query.DecodeValues(parameters.Get("kind"), parameters.Get("field"), parameters.Get("search"),
		parameters.Get("filters"), limit, from, to)
	if err != nil {
		return nil, err
	}
	values, err := d.store.Values(r.Context(), q, d.scope(r.Context()))
	return map[string]any{"values": values}, err
}

// valuesLimits returns how many values a request wants at most, 0 for the default, and from which time range.
func valuesLimits(parameters url.Values) (limit int, from, to time.Time, err error) {
	if text := parameters.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil {
			problem := fmt.Sprintf("%q is not a whole number: give how many values there may be", text)
			return 0, from, to, &query.InvalidError{Part: "limit", Problem: problem}
		}
	}
	if from, err = optionalTime(parameters, "from"); err == nil {
		to, err = optionalTime(parameters, "to")
	}
	return limit, from, to, err
}

// optionalTime returns the zero time for a parameter that is missing.
func optionalTime(parameters url.Values, name string) (time.Time, error) {
	if parameters.Get(name) == "" {
		return time.Time{}, nil
	}
	return parseTime("range", parameters.Get(name))
}

// parseTime reads a time as Grafana writes it. An error names the part of the request that holds it.
func parseTime(part, text string) (time.Time, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, &query.InvalidError{Part: part, Problem: fmt.Sprintf("%q is not a time: give milliseconds since 1970", text)}
	}
	return time.UnixMilli(n), nil
}
