package plugin

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/engine"
)

// A downloadRequest is for the records that a query selects, whatever a panel shows of them.
type downloadRequest struct {
	Query  json.RawMessage `json:"query"`
	From   int64           `json:"from"` // milliseconds since 1970
	To     int64           `json:"to"`
	Format string          `json:"format"`

	variables url.Values // of a dashboard
}

func decodeDownloadRequest(req *backend.CallResourceRequest) (r downloadRequest, err error) {
	switch req.Method {
	case http.MethodPost:
		err = json.Unmarshal(req.Body, &r)
	case http.MethodGet:
		var u *url.URL
		if u, err = url.Parse(req.URL); err != nil {
			break
		}
		values := u.Query()
		r.Query, r.Format, r.variables = json.RawMessage(values.Get("query")), values.Get("format"), values
		for name, target := range map[string]*int64{"from": &r.From, "to": &r.To} {
			at, err := parseTime(name, values.Get(name))
			if err != nil {
				return r, err
			}
			*target = at.UnixMilli()
		}
	default:
		return r, &query.InvalidError{Part: "download", Problem: "use GET or POST"}
	}
	if err != nil {
		err = &query.InvalidError{Part: "download", Problem: "not understood: " + err.Error()}
	}
	return r, err
}

// query returns the query as a list of records.
func (r downloadRequest) query() (*query.Query, error) {
	model, err := query.DecodeModel(r.Query)
	if err != nil {
		return nil, err
	}
	model.View = query.List
	for i := range model.Filters {
		model.Filters[i].Values = replaceVariables(model.Filters[i].Values, r.variables)
	}
	return model.Query()
}

// replaceVariables replaces values that name a dashboard's variable by the variable's values, which Grafana gives in the
// parameters var-NAME. Links in dashboards have no other way to give a filter several values, or all.
func replaceVariables(values []string, parameters url.Values) (replaced []string) {
	for _, v := range values {
		if name, found := strings.CutPrefix(v, "$"); found && parameters.Has("var-"+name) {
			replaced = append(replaced, parameters["var-"+name]...)
		} else {
			replaced = append(replaced, v)
		}
	}
	return replaced
}

// download sends a file. If it fails before the first piece, the response is the error instead.
func (d *DataSource) download(
	ctx context.Context, req *backend.CallResourceRequest, sender backend.CallResourceResponseSender,
) error {
	out := newResponseWriter(sender)
	err := d.writeDownload(ctx, req, out)
	if err == nil {
		return out.body.Flush()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if _, ok := errors.AsType[sendError](err); ok {
		return err
	}
	e := explain(err)
	if out.sent {
		return errors.Join(e, out.body.Flush())
	}
	out = newResponseWriter(sender)
	out.header.Set("Content-Type", "application/json")
	out.status = int(e.status)
	text, _ := json.Marshal(map[string]string{"message": e.message}) // cannot fail on a string
	_, err = out.body.Write(text)
	return cmp.Or(err, out.body.Flush())
}

func (d *DataSource) writeDownload(ctx context.Context, req *backend.CallResourceRequest, out *responseWriter) error {
	if d.problem != nil {
		return d.problem
	}
	r, err := decodeDownloadRequest(req)
	if err != nil {
		return err
	}
	q, err := r.query()
	if err != nil {
		return err
	}
	format, err := newFormat(r.Format, q.Columns, out.body)
	if err != nil {
		return err
	}
	period := query.Period{From: time.UnixMilli(r.From), To: time.UnixMilli(r.To)}
	limit := engine.Download{
		Limit: d.settings.DownloadLimit, Timeout: time.Duration(d.settings.DownloadTimeout) * time.Second,
		Arrays: r.Format == formatJSON,
	}
	err = d.store.Stream(ctx, q, d.scope(ctx), period, limit, func(more bool) error {
		name := fileName(q, period, r.Format, limit.Limit, more)
		out.status = http.StatusOK
		out.header.Set("Content-Type", format.contentType())
		out.header.Set("Cache-Control", "no-store")
		out.header.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
		return format.begin()
	}, format.record)
	if err != nil {
		if out.sent && ctx.Err() == nil {
			format.broken(explain(err).message)
		}
		return err
	}
	return format.end()
}

// fileName names the kind, the time range, and the limit if it left records out: the file itself has no place for it.
func fileName(q *query.Query, p query.Period, format string, limit int, more bool) string {
	const layout = "20060102T150405Z"
	name := fmt.Sprintf("entra-%s-%s-%s", q.Kind.Name, p.From.UTC().Format(layout), p.To.UTC().Format(layout))
	if more {
		name += fmt.Sprintf("-only-%s-%d", q.Order, limit)
	}
	return name + "." + cmp.Or(format, formatCSV)
}

// chunkSize is the size of a message's body. With it, a message just fits gRPC's buffers of 32 KiB. The next larger buffers
// have 1 MiB, and are cleared for each message, here and in Grafana.
const chunkSize = 31 << 10

// A responseWriter sends what is written to its body in messages of chunkSize. Status and header go with the first one.
type responseWriter struct {
	body   *bufio.Writer
	sender backend.CallResourceResponseSender
	status int
	header http.Header
	sent   bool
}

func newResponseWriter(sender backend.CallResourceResponseSender) *responseWriter {
	w := &responseWriter{sender: sender, header: http.Header{}}
	w.body = bufio.NewWriterSize(w, chunkSize)
	return w
}

// sendError means that nobody receives the download any more.
type sendError struct{ error }

// Write implements io.Writer: it sends one message.
func (w *responseWriter) Write(p []byte) (int, error) {
	response := &backend.CallResourceResponse{Body: bytes.Clone(p)} // a receiver in the same process may keep it
	if !w.sent {
		response.Status, response.Headers = w.status, w.header
	}
	w.sent = true
	if err := w.sender.Send(response); err != nil {
		return 0, sendError{err}
	}
	return len(p), nil
}
