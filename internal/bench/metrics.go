package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/entra-activity/entra-activity-datasource/internal/pluginhost"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

const (
	// slowerThanVictoriaMetrics is how many times longer than VictoriaMetrics' an answer may take, fasterThanJoin how many
	// times faster than a join of steps and records it has to be, and slowerThanGroupBy how many times longer than plain
	// GROUP BY an answer by a label may take that no metrics database has.
	slowerThanVictoriaMetrics = 2
	fasterThanJoin            = 10
	slowerThanGroupBy         = 5
	// sampled is how often VictoriaMetrics has the counters. That is rarely: more samples would only make it slower.
	sampled = 15 * time.Minute
)

// expression is asked of the plugin and of others, who answer at least with the same sum of all values.
type expression struct {
	text string
	join string // the same in SQL, as a join of steps ($1 to $2, an hour apart) and records of the wide table
	by   string // the same in SQL, as GROUP BY
}

const (
	steps = "generate_series($1::timestamptz, $2::timestamptz, '1 hour') AS t"
	joins = steps + " JOIN wide ON created_date_time > t - interval '1 hour' AND created_date_time <= t"
	hours = "FROM wide WHERE created_date_time > $1::timestamptz - interval '1 hour' AND created_date_time <= $2 "
)

// onCounters can be answered by a metrics database, too.
var onCounters = []expression{
	{text: `sum by (status) (increase(entra_signins_total[1h]))`, join: "SELECT count(*), t, status FROM " + joins + " GROUP BY 2, 3"},
	{text: `sum by (app) (increase(entra_signins_total{status="failure"}[1h]))`, join: "SELECT count(*), t, app_display_name FROM " + joins + " WHERE status = 'failure' GROUP BY 2, 3"},
	{text: `topk(3, sum by (app) (increase(entra_signins_total[1h])))`,
		join: "SELECT sum(n) FROM (SELECT count(*) AS n, row_number() OVER (PARTITION BY t ORDER BY count(*) DESC) AS place, t, app_display_name FROM " + joins + " GROUP BY t, app_display_name) c WHERE place <= 3"},
	{text: `sum(increase(entra_signins_total{status="failure"}[1h])) / sum(increase(entra_signins_total[1h]))`,
		join: "SELECT count(*) FILTER (WHERE status = 'failure')::float / count(*), t FROM " + joins + " GROUP BY 2"},
}

// onRecords are by labels that no metrics database would carry.
var onRecords = []expression{
	{text: `sum(sum by (user_principal_name) (increase(entra_signins_total[1h])))`, by: "SELECT count(*), date_trunc('hour', created_date_time), user_principal_name " + hours + "GROUP BY 2, 3"},
	{text: `sum(sum by (ip_address) (increase(entra_signins_total[1h])))`, by: "SELECT count(*), date_trunc('hour', created_date_time), ip_address " + hours + "GROUP BY 2, 3"},
	{text: `sum(sum by (error_code) (increase(entra_signins_total[1h])))`, by: "SELECT count(*), date_trunc('hour', created_date_time), error_code " + hours + "GROUP BY 2, 3"},
}

// span are 30 days of whole hours.
func span() backend.TimeRange {
	until := now.Truncate(time.Hour)
	return backend.TimeRange{From: until.AddDate(0, 0, -30), To: until}
}

// metrics compares expressions with a VictoriaMetrics that has the same counters, and with SQL written by hand.
func (b *bench) metrics(ctx context.Context, binary string) (err error) {
	var database string
	if err := b.large.GetContext(ctx, &database, "SELECT current_database()"); err != nil {
		return err
	}
	p, err := pluginhost.Start(binary, pluginhost.Settings{
		JSON:     map[string]any{"host": b.server.Host(), "port": b.server.Port(), "database": database, "user": b.server.User(), "tlsMode": "disable"},
		Password: b.server.Password(),
	})
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
		defer func() { err = errors.Join(err, vm.stop()) }()
		n, err := vm.feed(ctx, b.large)
		if err != nil {
			return fmt.Errorf("feed VictoriaMetrics: %w", err)
		}
		b.report.heading(fmt.Sprintf("Expressions, 30 days by the hour, beside %d counters", n), "here", "at best", "VictoriaMetrics", "at best", "ratio")
		for _, x := range onCounters {
			ratio, cells, err := b.compareExpression(ctx, p, x.text, func() (float64, error) { return vm.ask(ctx, x.text) })
			if err != nil {
				return err
			}
			b.report.line(x.text, ratio <= slowerThanVictoriaMetrics, fmt.Sprintf("at most %d", slowerThanVictoriaMetrics), append(cells, fmt.Sprintf("%.2f", ratio))...)
		}
	}
	b.report.heading("Expressions, 30 days by the hour, beside SQL", "here", "at best", "a join", "at best", "times faster")
	for _, x := range onCounters {
		ratio, cells, err := b.compareExpression(ctx, p, x.text, func() (float64, error) { return b.sum(ctx, x.join) })
		if err != nil {
			return err
		}
		b.report.line(x.text, ratio <= 1.0/fasterThanJoin, fmt.Sprintf("at least %d times", fasterThanJoin), append(cells, fmt.Sprintf("%.1f", 1/ratio))...)
	}
	b.report.heading("Labels that no counter has, 30 days by the hour", "here", "at best", "GROUP BY", "at best", "ratio")
	for _, x := range onRecords {
		ratio, cells, err := b.compareExpression(ctx, p, x.text, func() (float64, error) { return b.sum(ctx, x.by) })
		if err != nil {
			return err
		}
		b.report.line(x.text, ratio <= slowerThanGroupBy, fmt.Sprintf("at most %d", slowerThanGroupBy), append(cells, fmt.Sprintf("%.2f", ratio))...)
	}
	return b.manySeries(ctx, binary)
}

// manySeries has an expression go through as many series as the records of 30 days make.
func (b *bench) manySeries(ctx context.Context, binary string) error {
	var database string
	if err := b.large.GetContext(ctx, &database, "SELECT current_database()"); err != nil {
		return err
	}
	p, err := pluginhost.Start(binary, pluginhost.Settings{ // a process of its own, whose memory tells of this alone
		JSON:     map[string]any{"host": b.server.Host(), "port": b.server.Port(), "database": database, "user": b.server.User(), "tlsMode": "disable"},
		Password: b.server.Password(),
	})
	if err != nil {
		return err
	}
	defer p.Stop()
	const text = `count(sum by (user_id, app_id, ip_address) (increase(entra_signins_total[1d])))`
	answer, err := p.Query(ctx, []json.RawMessage{expressionModel(text, "1d")}, span())
	said := ""
	if err != nil { // a limit is what bounds memory
		said = err.Error()
	}
	peak, err := memory(p.PID(), "VmHWM:")
	if err != nil {
		b.report.aside("Memory: not known on this system")
		return nil
	}
	if said == "" {
		said = fmt.Sprintf("%.0f series of a day, summed over the days", total(answer))
	}
	b.report.heading("Many series", "answer", "memory at its highest")
	b.report.line(text, peak < 3*maxPluginMemory, fmt.Sprintf("under %d MB", 3*maxPluginMemory/megabyte), said, fmt.Sprintf("%d MB", peak/megabyte))
	return nil
}

func expressionModel(text, step string) json.RawMessage {
	model, _ := json.Marshal(map[string]any{"refId": "A", "queryType": "metrics", "version": 2, "expr": text, "interval": step}) // texts always can be
	return model
}

// compareExpression asks the plugin and another, in turn. Both have to say the same.
func (b *bench) compareExpression(ctx context.Context, p *pluginhost.Plugin, text string, other func() (float64, error)) (ratio float64, cells []string, err error) {
	here := func() (float64, error) {
		answer, err := p.Query(ctx, []json.RawMessage{expressionModel(text, "1h")}, span())
		return total(answer), err
	}
	got, err := here()
	if err != nil {
		return 0, nil, fmt.Errorf("%s: %w", text, err)
	}
	want, err := other()
	if err != nil {
		return 0, nil, fmt.Errorf("%s, asked otherwise: %w", text, err)
	}
	if math.Abs(got-want) > 1e-6*math.Abs(want) {
		return 0, nil, fmt.Errorf("%s: all values are together %v, asked otherwise %v", text, got, want)
	}
	took, err := b.measure(
		func() error { _, err := here(); return err },
		func() error { _, err := other(); return err },
	)
	if err != nil {
		return 0, nil, err
	}
	return took[0].median.Seconds() / took[1].median.Seconds(),
		[]string{milliseconds(took[0].median), milliseconds(took[0].best), milliseconds(took[1].median), milliseconds(took[1].best)}, nil
}

// total adds up all values of an answer.
func total(frames data.Frames) (sum float64) {
	for _, frame := range frames {
		for _, field := range frame.Fields {
			if !field.Type().Numeric() {
				continue
			}
			for n := range field.Len() {
				if v, err := field.NullableFloatAt(n); err == nil && v != nil && !math.IsNaN(*v) {
					sum += *v
				}
			}
		}
	}
	return sum
}

// sum adds up the first column of a statement's rows, which are all fetched.
func (b *bench) sum(ctx context.Context, statement string) (sum float64, err error) {
	rows, err := b.large.QueryContext(ctx, statement, span().From, span().To)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return 0, err
	}
	var v float64
	targets := []any{&v}
	for range columns[1:] {
		targets = append(targets, new(any))
	}
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return 0, err
		}
		sum += v
	}
	return sum, rows.Err()
}

// victoriaMetrics is a running one.
type victoriaMetrics struct {
	url     string
	folder  string
	command *exec.Cmd
}

func startVictoriaMetrics(ctx context.Context) (*victoriaMetrics, error) {
	program, err := exec.LookPath("victoria-metrics")
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "entra-activity-bench-")
	if err != nil {
		return nil, err
	}
	vm := &victoriaMetrics{url: "http://" + address, folder: folder}
	vm.command = exec.Command(program, "-storageDataPath="+folder, "-httpListenAddr="+address, "-search.latencyOffset=0s", "-search.disableCache",
		"-retentionPeriod=100y", "-loggerLevel=ERROR")
	if err := vm.command.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	for range 200 {
		if _, err = vm.get(ctx, "/health"); err == nil {
			return vm, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil, errors.Join(err, vm.stop())
}

func (vm *victoriaMetrics) stop() error {
	err := vm.command.Process.Kill()
	_ = vm.command.Wait() // it was killed
	return errors.Join(err, os.RemoveAll(vm.folder))
}

func (vm *victoriaMetrics) get(ctx context.Context, path string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, vm.url+path, nil)
	if err != nil {
		return nil, err
	}
	return read(http.DefaultClient.Do(request))
}

func read(response *http.Response, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= 300 {
		err = fmt.Errorf("%s: %s", response.Status, text)
	}
	return text, err
}

// feed gives it the counters of the sign-ins by when they happened, 0 before the first, and returns how many there are.
func (vm *victoriaMetrics) feed(ctx context.Context, db *store.DB) (counters int, err error) {
	from, until := span().From.AddDate(0, 0, -1), span().To
	rows, err := db.QueryContext(ctx, `SELECT coalesce(tenant_id, ''), coalesce(app_id, ''), coalesce(app_display_name, ''), coalesce(sign_in_event_types, ''), coalesce(status, ''),
  ceil(extract(epoch FROM created_date_time) / $3)::bigint, count(*)
FROM wide WHERE created_date_time > $1 AND created_date_time <= $2 GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 3, 4, 5, 6`, from, until, sampled.Seconds())
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
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, vm.url+"/api/v1/import", reader)
	if err != nil {
		return 0, err
	}
	if _, err := read(http.DefaultClient.Do(request)); err != nil {
		return 0, err
	}
	_, err = vm.get(ctx, "/internal/force_flush")
	return counters, err
}

// writeCounters makes samples of counts.
func writeCounters(out io.Writer, rows interface {
	Next() bool
	Scan(targets ...any) error
	Err() error
}, from, until time.Time) (counters int, err error) {
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
		}{Metric: map[string]string{"__name__": "entra_signins_total", "tenant": labels[0], "app_id": labels[1], "app": labels[2], "kind": labels[3], "status": labels[4]}}
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

// ask evaluates an expression and adds up all values.
func (vm *victoriaMetrics) ask(ctx context.Context, text string) (sum float64, err error) {
	seconds := func(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }
	answer, err := vm.get(ctx, "/api/v1/query_range?"+url.Values{"query": {text}, "start": {seconds(span().From)}, "end": {seconds(span().To)}, "step": {"1h"}, "nocache": {"1"}}.Encode())
	if err != nil {
		return 0, err
	}
	var result struct {
		Data struct {
			Result []struct{ Values [][2]json.RawMessage }
		}
	}
	if err := json.Unmarshal(answer, &result); err != nil {
		return 0, err
	}
	for _, s := range result.Data.Result {
		for _, v := range s.Values {
			var text string
			if err := json.Unmarshal(v[1], &text); err != nil {
				return 0, err
			}
			n, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return 0, err
			}
			sum += n
		}
	}
	return sum, nil
}
