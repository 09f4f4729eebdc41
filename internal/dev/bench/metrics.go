package bench

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"os/exec"
	"strconv"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	prometheus "github.com/prometheus/common/model"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/pluginhost"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

const (
	// slowerThanVictoriaMetrics is how many times longer than VictoriaMetrics' a result may take, fasterThanJoin how
	// many times faster than a join of steps and records it has to be, and slowerThanGroupBy how many times longer than
	// plain GROUP BY a result by a label may take that no metrics database has.
	slowerThanVictoriaMetrics = 2
	fasterThanJoin            = 10
	slowerThanGroupBy         = 5
	// sampled is how often VictoriaMetrics has the counters. That is rarely: more samples would only make it slower.
	sampled = 15 * time.Minute
)

// expression is evaluated by the plugin and by others. All have to agree: at every step, the same sum of its values.
type expression struct {
	text    string
	sql     string // the same in SQL on the wide table: values and their steps, of which $1 is the first and $2 the last
	rows    string // the same on the store's own rows, by their ids
	instant bool   // at the last step alone
}

// overWide returns the SQL that joins steps and records, as the definition of a window says it. Each step has an index
// find its records: to join the two as they are, PostgreSQL would compare each with each, which takes minutes.
func overWide(columns, where string) string {
	return statement("over-wide", columns, where)
}

// onCounters can be evaluated by a metrics database, too. Without SQL they are compared with that alone.
var onCounters = []expression{
	{text: `topk(3, sum by (app) (increase(entra_signins_total{status="failure"}[1h])))`,
		sql: "SELECT n, t FROM (SELECT n, t, row_number() OVER (PARTITION BY t ORDER BY n DESC) AS place FROM (" +
			overWide("count(*) AS n, t", " WHERE status = 'failure' GROUP BY t, app_display_name") + ") c) p WHERE place <= 3"},
	{text: `sum(increase(entra_signins_total{status="failure"}[1h])) / sum(increase(entra_signins_total[1h])) > 0.2`,
		sql: overWide("avg((status = 'failure')::int)::float, t",
			" GROUP BY t HAVING avg((status = 'failure')::int) > 0.2")},
	{text: `sum(increase(entra_signins_total{status="failure"}[1h])) / sum(increase(entra_signins_total[1h]))`,
		sql: overWide("avg((status = 'failure')::int)::float, t", " GROUP BY t")},
	{text: `sum by (status) (increase(entra_signins_total[1h]))`, sql: overWide("count(*), t", " GROUP BY t, status")},
	{text: `sum by (app) (increase(entra_signins_total[1h]))`,
		sql: overWide("count(*), t", " GROUP BY t, app_display_name")},
	{text: `sum by (app) (increase(entra_signins_total{app=~"Microsoft.*", status="failure"}[1h]))`,
		sql: overWide("count(*), t", " WHERE app_display_name ~ '^Microsoft' AND status = 'failure' GROUP BY t, app_display_name")},
	{text: `sum by (app) (increase(entra_signins_total[1d]))`},
	{text: `max_over_time(sum(increase(entra_signins_total[1h]))[1d:1h])`},
}

// onRecords are by labels that no metrics database would carry. The SQL is a plain GROUP BY of the same label and the
// same hours, and of what that finds no more is fetched than the expression's result.
var onRecords = []expression{
	{text: `count(sum by (user_principal_name) (increase(entra_signins_total[1h])) > 0)`,
		sql:  statement("group-by", "count(*)", "wide", "created_date_time", "user_principal_name"),
		rows: statement("group-by", "count(*)", "entra.sign_in", "time", "account")},
	{text: `max(sum by (ip_address) (increase(entra_signins_total[1h])))`,
		sql:  statement("group-by", "max(n)", "wide", "created_date_time", "ip_address"),
		rows: statement("group-by", "max(n)", "entra.sign_in", "time", "ip_address")},
	{text: `sum by (error_code) (increase(entra_signins_total[1h]))`,
		sql:  statement("group-by", "sum(n)", "wide", "created_date_time", "error_code"),
		rows: statement("group-by", "sum(n)", "entra.sign_in", "time", "error_code")},
	{text: `count(sum by (user_principal_name) (increase(entra_signins_total{status="failure"}[30d])) > 0)`,
		instant: true,
		sql:     statement("failing-users", "wide", "created_date_time", "user_principal_name", activity.Failure),
		rows:    statement("failing-users", "entra.sign_in", "time", "account", store.StatusCode(activity.Failure))},
}

// span are 30 days of whole hours.
func span() backend.TimeRange {
	until := now.Truncate(time.Hour)
	return backend.TimeRange{From: until.AddDate(0, 0, -30), To: until}
}

// metrics compares expressions with a VictoriaMetrics that has the same counters, and with SQL written by hand.
func (b *bench) metrics(ctx context.Context, binary string) (err error) {
	p, err := b.startPlugin(binary)
	if err != nil {
		return err
	}
	defer p.Stop()
	vm, err := startVictoriaMetrics(ctx)
	switch {
	case errors.Is(err, exec.ErrNotFound):
		b.report.note("\nLEFT OUT: comparison with VictoriaMetrics, which is not installed")
	case err != nil:
		return err
	default:
		defer func() { err = errors.Join(err, vm.Stop()) }()
		n, err := vm.feed(ctx, b.large)
		if err != nil {
			return fmt.Errorf("feed VictoriaMetrics: %w", err)
		}
		b.report.heading(fmt.Sprintf("Expressions, 30 days by the hour, beside %d counters", n), "here", "at best",
			"VictoriaMetrics", "at best", "ratio")
		for _, x := range onCounters {
			other := func() (values, error) { return vm.query(ctx, x.text) }
			if err := b.expression(ctx, p, x, slowerThanVictoriaMetrics, other); err != nil {
				return err
			}
		}
	}
	b.report.heading("Expressions, 30 days by the hour, beside SQL", "here", "at best", "a join", "at best", "times faster")
	for _, x := range onCounters {
		if x.sql == "" {
			continue
		}
		ratio, cells, err := b.compareExpression(ctx, p, x, b.sql(ctx, x.sql))
		if err != nil {
			return err
		}
		b.report.line(x.text, ratio <= 1.0/fasterThanJoin, fmt.Sprintf("at least %d times", fasterThanJoin),
			append(cells, fmt.Sprintf("%.1f", 1/ratio))...)
	}
	b.report.heading("Labels that no counter has, 30 days by the hour", "here", "at best", "GROUP BY", "at best", "ratio")
	for _, x := range onRecords {
		if err := b.expression(ctx, p, x, slowerThanGroupBy, b.sql(ctx, x.sql)); err != nil {
			return err
		}
		ratio, cells, err := b.compareExpression(ctx, p, x, b.sql(ctx, x.rows))
		if err != nil {
			return err
		}
		b.report.noTarget("  beside the same on the store's rows", append(cells, fmt.Sprintf("%.2f", ratio))...)
	}
	return b.manySeries(ctx, binary)
}

// manySeries has expressions go through as many series as users and applications of 30 days make.
func (b *bench) manySeries(ctx context.Context, binary string) error {
	var series int
	if err := b.large.GetContext(ctx, &series,
		`SELECT count(*) FROM (SELECT DISTINCT account, application
FROM entra.sign_in WHERE time > $1::timestamptz - interval '1 hour' AND time <= $2) s`, span().From, span().To); err != nil {
		return err
	}
	b.report.heading(fmt.Sprintf("%d series of 721 steps", series), "result", "memory at its highest")
	for _, text := range []string{
		`count(sum by (user_id, app_id) (increase(entra_signins_total[1h])) > 0)`,
		`topk(10, sum by (user_id, app_id) (increase(entra_signins_total[1h])))`,
		`sum by (user_id, app_id) (increase(entra_signins_total[1h]))`,
	} {
		if err := b.memoryFor(ctx, binary, text); err != nil {
			return err
		}
	}
	return nil
}

// memoryFor evaluates in a process of its own, whose memory is that of one expression alone. A limit is a result, too.
func (b *bench) memoryFor(ctx context.Context, binary, text string) error {
	p, err := b.startPlugin(binary)
	if err != nil {
		return err
	}
	defer p.Stop()
	frames, err := p.Query(ctx, []json.RawMessage{expressionModel(expression{text: text})}, span())
	said := fmt.Sprintf("%d series", len(frames))
	if err != nil {
		said = err.Error()
	}
	b.peak(text, p.PID(), said)
	return nil
}

// expression reports on one that may take so many times as long as another way.
func (b *bench) expression(ctx context.Context, p *pluginhost.Plugin, x expression, most int,
	other func() (values, error)) error {
	ratio, cells, err := b.compareExpression(ctx, p, x, other)
	if err == nil {
		b.report.line(x.text, ratio <= float64(most), fmt.Sprintf("at most %d", most),
			append(cells, fmt.Sprintf("%.2f", ratio))...)
	}
	return err
}

func (b *bench) sql(ctx context.Context, statement string) func() (values, error) {
	return func() (values, error) { return b.values(ctx, statement) }
}

func expressionModel(x expression) json.RawMessage {
	model, _ := json.Marshal(map[string]any{"refId": "A", "queryType": "metrics", "version": 2, "expr": x.text,
		"interval": "1h", "instant": x.instant}) // texts always can be
	return model
}

// compareExpression evaluates in the plugin and elsewhere, in turn. Both have to agree.
func (b *bench) compareExpression(ctx context.Context, p *pluginhost.Plugin, x expression,
	other func() (values, error)) (ratio float64, cells []string, err error) {
	here := func() (values, error) {
		frames, err := p.Query(ctx, []json.RawMessage{expressionModel(x)}, span())
		return valuesOf(frames), err
	}
	got, err := here()
	if err != nil {
		return 0, nil, fmt.Errorf("%s: %w", x.text, err)
	}
	want, err := other()
	if err != nil {
		return 0, nil, fmt.Errorf("%s, in the other way: %w", x.text, err)
	}
	if err := got.same(want); err != nil {
		return 0, nil, fmt.Errorf("%s: %w", x.text, err)
	}
	took, err := b.measure(
		func() error { _, err := here(); return err },
		func() error { _, err := other(); return err },
	)
	if err != nil {
		return 0, nil, err
	}
	return took.ratio(), took.cells(), nil
}

// values are sums of a result's values by their time, in seconds since 1970. What is 0 may be missing.
type values map[int64]float64

func (v values) same(other values) error {
	for _, times := range []values{v, other} {
		for at := range times {
			if math.Abs(v[at]-other[at]) > 1e-9*math.Abs(other[at]) {
				return fmt.Errorf("at %s the values are together %v, in the other way %v", time.Unix(at, 0).UTC(),
					v[at], other[at])
			}
		}
	}
	return nil
}

// valuesOf returns the values of series, whose fields are times and values.
func valuesOf(frames data.Frames) values {
	sums := values{}
	for _, frame := range frames {
		if len(frame.Fields) < 2 {
			continue
		}
		for n := range frame.Fields[0].Len() {
			sums[frame.Fields[0].At(n).(time.Time).Unix()] += frame.Fields[1].At(n).(float64)
		}
	}
	return sums
}

// values returns the values in the rows of a statement.
func (b *bench) values(ctx context.Context, statement string) (values, error) {
	rows, err := b.large.QueryContext(ctx, statement, span().From, span().To)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	sums := values{}
	for rows.Next() {
		var v float64
		var at time.Time
		if err := rows.Scan(&v, &at); err != nil {
			return nil, err
		}
		sums[at.Unix()] += v
	}
	return sums, rows.Err()
}

// victoriaMetrics is a running one.
type victoriaMetrics struct {
	url string
	*embedded.Program
}

func startVictoriaMetrics(ctx context.Context) (*victoriaMetrics, error) {
	path, err := exec.LookPath("victoria-metrics")
	if err != nil {
		return nil, err
	}
	program, address, err := embedded.Serve(ctx, path, nil, func(address string) []string {
		return []string{"-storageDataPath=data", "-httpListenAddr=" + address, "-search.latencyOffset=0s",
			"-search.disableCache", "-retentionPeriod=100y", "-loggerLevel=ERROR"}
	})
	return &victoriaMetrics{"http://" + address, program}, err
}

func (vm *victoriaMetrics) get(ctx context.Context, path string) ([]byte, error) {
	return embedded.Fetch(ctx, http.MethodGet, vm.url+path, nil, nil)
}

// feed gives it the counters of the sign-ins by when they happened, 0 before the first, and returns how many there are.
func (vm *victoriaMetrics) feed(ctx context.Context, db *store.DB) (counters int, err error) {
	from, until := span().From.AddDate(0, 0, -2), span().To
	rows, err := db.QueryContext(ctx, statement("counters"), from, until, sampled.Seconds())
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	reader, writer := io.Pipe()
	go func() {
		out := bufio.NewWriterSize(writer, 1<<20)
		n, err := writeCounters(out, rows, from, until)
		counters = n
		writer.CloseWithError(errors.Join(err, out.Flush()))
	}()
	if _, err := embedded.Fetch(ctx, http.MethodPost, vm.url+"/api/v1/import", nil, reader); err != nil {
		return 0, err
	}
	_, err = vm.get(ctx, "/internal/force_flush")
	return counters, errors.Join(err, rows.Err())
}

// writeCounters makes samples of counts.
func writeCounters(out io.Writer, rows *sql.Rows, from, until time.Time) (counters int, err error) {
	step := int64(sampled.Seconds())
	first, last := from.Unix()/step, until.Unix()/step
	var labels [5]string
	counts := map[int64]int64{}
	flush := func() error {
		if len(counts) == 0 {
			return nil
		}
		line := struct {
			Metric     map[string]string `json:"metric"`
			Values     []int64           `json:"values"`
			Timestamps []int64           `json:"timestamps"`
		}{Metric: map[string]string{"__name__": "entra_signins_total", "tenant": labels[0], "app_id": labels[1],
			"app": labels[2], "kind": labels[3], "status": labels[4]}}
		n := int64(0)
		for at := first; at <= last; at++ {
			n += counts[at]
			line.Values, line.Timestamps = append(line.Values, n), append(line.Timestamps, at*step*1000)
		}
		clear(counts)
		counters++
		return json.NewEncoder(out).Encode(line)
	}
	for rows.Next() {
		var own [5]string
		var at, n int64
		if err := rows.Scan(&own[0], &own[1], &own[2], &own[3], &own[4], &at, &n); err != nil {
			return counters, err
		}
		if own != labels {
			if err := flush(); err != nil {
				return counters, err
			}
			labels = own
		}
		counts[at] = n
	}
	return counters, errors.Join(rows.Err(), flush())
}

// query evaluates an expression.
func (vm *victoriaMetrics) query(ctx context.Context, text string) (values, error) {
	seconds := func(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }
	response, err := vm.get(ctx, "/api/v1/query_range?"+url.Values{"query": {text}, "start": {seconds(span().From)},
		"end": {seconds(span().To)}, "step": {"1h"}, "nocache": {"1"}}.Encode())
	if err != nil {
		return nil, err
	}
	var result struct {
		Data struct{ Result prometheus.Matrix }
	}
	if err := json.Unmarshal(response, &result); err != nil {
		return nil, err
	}
	sums := values{}
	for _, series := range result.Data.Result {
		for _, s := range series.Values {
			sums[s.Timestamp.Unix()] += float64(s.Value)
		}
	}
	return sums, nil
}
