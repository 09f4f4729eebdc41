package plugin

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/engine"
)

// CallResource answers what the editor asks for, and downloads. A download is sent as it is read, so it holds the sender
// itself: it has to stop when nobody receives any more, and to end with an error when it ends too early.
func (d *DataSource) CallResource(ctx context.Context, req *backend.CallResourceRequest, sender backend.CallResourceResponseSender) error {
	if req.Path == "download" {
		return d.download(ctx, req, sender)
	}
	return d.resourceHandler.CallResource(ctx, req, sender)
}

// downloadRequest is what is asked for: the records that a query selects, whatever it makes of them in a panel.
type downloadRequest struct {
	Query  json.RawMessage `json:"query"`
	From   int64           `json:"from"` // milliseconds since 1970, as Grafana gives times
	To     int64           `json:"to"`
	Format string          `json:"format"`
}

func readDownloadRequest(req *backend.CallResourceRequest) (r downloadRequest, err error) {
	switch req.Method {
	case http.MethodPost:
		if err := json.Unmarshal(req.Body, &r); err != nil {
			return r, &query.InvalidError{Part: "download", Problem: "not understood: " + err.Error()}
		}
	case http.MethodGet:
		u, err := url.Parse(req.URL)
		if err != nil {
			return r, &query.InvalidError{Part: "download", Problem: "not understood: " + err.Error()}
		}
		values := u.Query()
		r.Query, r.Format = withVariables(json.RawMessage(values.Get("query")), values), values.Get("format")
		for name, target := range map[string]*int64{"from": &r.From, "to": &r.To} {
			if *target, err = strconv.ParseInt(values.Get(name), 10, 64); err != nil {
				return r, &query.InvalidError{Part: name, Problem: fmt.Sprintf("%q is not a time: give milliseconds since 1970", values.Get(name))}
			}
		}
	default:
		return r, &query.InvalidError{Part: "download", Problem: "use GET or POST"}
	}
	return r, nil
}

// withVariables puts a dashboard's variables, as Grafana writes them in addresses, in the place of the filters' values that
// name them: links in dashboards have no other way to give a filter several values, or all.
func withVariables(text json.RawMessage, parameters url.Values) json.RawMessage {
	var object map[string]json.RawMessage
	var filters []struct {
		Field    string   `json:"field"`
		Operator string   `json:"operator"`
		Values   []string `json:"values"`
	}
	if json.Unmarshal(text, &object) != nil || json.Unmarshal(object["filters"], &filters) != nil {
		return text // which says what is wrong where it is read
	}
	for i := range filters {
		var values []string
		for _, v := range filters[i].Values {
			if name, found := strings.CutPrefix(v, "$"); found && parameters.Has("var-"+name) {
				values = append(values, parameters["var-"+name]...)
			} else {
				values = append(values, v)
			}
		}
		filters[i].Values = values
	}
	object["filters"], _ = json.Marshal(filters) // texts and JSON, which cannot fail
	text, _ = json.Marshal(object)
	return text
}

// decodeAs reads a query whose records are wanted in another view than the one in which it was saved.
func decodeAs(view query.View, text json.RawMessage) (*query.Query, error) {
	var object map[string]json.RawMessage
	if json.Unmarshal(text, &object) == nil && object != nil {
		object["view"], _ = json.Marshal(view)
		text, _ = json.Marshal(object) // made of JSON, which cannot fail
	}
	return query.Decode(text)
}

func (d *DataSource) download(ctx context.Context, req *backend.CallResourceRequest, sender backend.CallResourceResponseSender) error {
	out := newChunks(sender)
	err := d.stream(ctx, req, out)
	if err == nil {
		return out.file.Flush()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var unsent sendError
	if errors.As(err, &unsent) {
		return err
	}
	e := explain(err)
	if out.sent {
		return errors.Join(e, out.file.Flush())
	}
	out = newChunks(sender)
	out.header.Set("Content-Type", "application/json")
	out.status = int(e.status)
	text, _ := json.Marshal(map[string]string{"message": e.message}) // a text, which cannot fail
	if _, err := out.file.Write(text); err != nil {
		return err
	}
	return out.file.Flush()
}

func (d *DataSource) stream(ctx context.Context, req *backend.CallResourceRequest, out *chunks) error {
	if d.problem != nil {
		return settingsError{d.problem}
	}
	r, err := readDownloadRequest(req)
	if err != nil {
		return err
	}
	question, err := decodeAs(query.List, r.Query)
	if err != nil {
		return err
	}
	format, err := newFormat(r.Format, question.Columns, out.file)
	if err != nil {
		return err
	}
	period := query.Period{From: time.UnixMilli(r.From), To: time.UnixMilli(r.To)}
	limit := engine.Download{Limit: d.settings.DownloadLimit, Timeout: time.Duration(d.settings.DownloadTimeout) * time.Second, Arrays: r.Format == formatJSON}
	err = d.store.Stream(ctx, question, d.scope(ctx), period, limit, func(more bool) error {
		out.status = http.StatusOK
		out.header.Set("Content-Type", format.contentType())
		out.header.Set("Cache-Control", "no-store")
		out.header.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", fileName(question, period, limit.Limit, more, r.Format)))
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

// fileName names kind and time range, and says when the limit has left records out: the file itself has no place for it.
func fileName(q *query.Query, p query.Period, limit int, more bool, format string) string {
	const layout = "20060102T150405Z"
	name := fmt.Sprintf("entra-%s-%s-%s", q.Kind.Name, p.From.UTC().Format(layout), p.To.UTC().Format(layout))
	if more {
		name += fmt.Sprintf("-only-%s-%d", q.Order, limit)
	}
	if format == "" {
		format = formatCSV
	}
	return name + "." + format
}

// chunkSize is how much is sent at once: just so much that its message still fits gRPC's buffers of 32 KiB, as the next larger
// ones have 1 MiB and are cleared, here and in Grafana, for each message.
const chunkSize = 31 << 10

// chunks sends each piece that is written to it; what is written to its file comes in pieces of the right size. Status and
// headers go with the first piece.
type chunks struct {
	file   *bufio.Writer
	sender backend.CallResourceResponseSender
	status int
	header http.Header
	sent   bool
}

func newChunks(sender backend.CallResourceResponseSender) *chunks {
	c := &chunks{sender: sender, header: http.Header{}}
	c.file = bufio.NewWriterSize(c, chunkSize)
	return c
}

// sendError says that nobody receives any more.
type sendError struct{ error }

func (c *chunks) Write(p []byte) (int, error) {
	response := &backend.CallResourceResponse{Body: bytes.Clone(p)} // whoever receives in the same process may keep it
	if !c.sent {
		response.Status, response.Headers = c.status, c.header
	}
	c.sent = true
	if err := c.sender.Send(response); err != nil {
		return 0, sendError{err}
	}
	return len(p), nil
}
