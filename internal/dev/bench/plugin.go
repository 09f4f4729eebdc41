package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"golang.org/x/sync/errgroup"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/pluginhost"
)

const (
	megabyte = 1 << 20
	// maxPluginMemory is what the plugin's process may come to hold, maxDownloadGrowth by how much a download may raise
	// it.
	maxPluginMemory   = 100 * megabyte
	maxDownloadGrowth = 32 * megabyte

	quickDetail = 10 * time.Millisecond
	quickSearch = 30 * time.Millisecond
	manyUsers   = 200_000

	downloaded        = 250_000
	leastDownloadRate = 0.7

	dashboards = 50
	// maxSlowdown is what a panel of many may take, as a multiple of what its share of a core would make it take.
	maxSlowdown = 3
)

// plugin queries the built plugin as Grafana does, and finds out how much memory that took at most.
func (b *bench) plugin(ctx context.Context, opts Options, comparisons []comparison) error {
	p, err := b.startPlugin(opts.Plugin)
	if err != nil {
		return err
	}
	defer p.Stop()
	for _, phase := range []func() error{
		func() error { return b.panels(ctx, p, comparisons) },
		func() error { return b.details(ctx, p) },
		func() error { return b.searches(ctx, p) },
		func() error { return b.dashboards(ctx, p, opts.Root) },
	} {
		if err := phase(); err != nil {
			return err
		}
	}
	b.peak("Memory of the plugin's process at its highest", p.PID())
	return b.downloads(ctx, opts.Plugin)
}

func (b *bench) startPlugin(binary string) (*pluginhost.Plugin, error) {
	settings, err := pluginhost.SettingsOf(b.server.URL(b.largeName))
	if err != nil {
		return nil, err
	}
	return pluginhost.Start(binary, settings)
}

// panel runs the query of a panel.
func panel(ctx context.Context, p *pluginhost.Plugin, model json.RawMessage) error {
	_, err := p.Query(ctx, []json.RawMessage{model}, backend.TimeRange{From: period().From, To: period().To})
	return err
}

func (b *bench) panels(ctx context.Context, p *pluginhost.Plugin, comparisons []comparison) error {
	b.report.heading("Through the plugin, from query to frame", "here", "at best")
	// Beside what is measured elsewhere, the longest result there may be.
	longest := comparison{name: "Newest 10,000", model: model(map[string]any{"view": "list", "limit": maxRows})}
	for _, c := range append(comparisons, longest) {
		took, err := b.measure(func() error { return panel(ctx, p, c.model) })
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		b.report.noTarget(c.name, took.cells()...)
	}
	return nil
}

// quick reports on something that has to be done within a limit.
func (b *bench) quick(name string, limit time.Duration, do func() error) error {
	took, err := b.measure(do)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	b.report.line(name, took[0].median < limit, fmt.Sprintf("under %d ms", limit.Milliseconds()), took.cells()...)
	return nil
}

// details queries all that is known of one sign-in. It is given its raw record, which was cut short when the
// store was filled.
func (b *bench) details(ctx context.Context, p *pluginhost.Plugin) error {
	var id string
	for object := range tenant(start.AddDate(0, 0, 7), 1000).SignIns() {
		if err := b.large.GetContext(ctx, &id,
			"SELECT id::text FROM entra.sign_in WHERE time >= $1 ORDER BY time LIMIT 1", now.AddDate(0, 0,
				-10)); err != nil {
			return err
		}
		if _, err := b.large.ExecContext(ctx, "UPDATE entra.sign_in_raw SET record = $2 WHERE id = $1", id,
			string(object)); err != nil {
			return err
		}
		break
	}
	return b.quick("Detail of a sign-in", quickDetail, func() error {
		return panel(ctx, p, model(map[string]any{"view": "detail", "filters": []any{filter("id", id)}}))
	})
}

// searches looks for users and applications as somebody does who types into a variable. To the users who sign in it
// adds namesakes who never do.
func (b *bench) searches(ctx context.Context, p *pluginhost.Plugin) error {
	if err := execute(ctx, b.large, statement("namesakes", manyUsers), "VACUUM (ANALYZE) entra.account"); err != nil {
		return err
	}
	var name, application string
	row := b.large.QueryRowContext(ctx, statement("somebody"), now.AddDate(0, 0, -10))
	if err := row.Scan(&name, &application); err != nil {
		return err
	}
	part := name[1:min(6, strings.IndexByte(name+"@", '@'))]
	within := url.Values{"from": {fmt.Sprint(period().From.UnixMilli())}, "to": {fmt.Sprint(period().To.UnixMilli())}}
	filters, _ := json.Marshal([]any{filter("appDisplayName", application)}) // texts always can be
	ofOne := url.Values{"filters": {string(filters)}, "from": within["from"], "to": within["to"]}
	b.report.heading(fmt.Sprintf("Searches among %d users", manyUsers), "here", "at best")
	for _, search := range []struct {
		name, field, search string
		more                url.Values
	}{
		{"Users, nothing typed", "userPrincipalName", "", nil},
		{"Users, part of a name", "userPrincipalName", part, nil},
		{"Users, nothing typed, of 30 days", "userPrincipalName", "", within},
		{"Users, part of a name, of 30 days", "userPrincipalName", part, within},
		{"Users of an application, part of a name, of 30 days", "userPrincipalName", part, ofOne},
		{"Users of an application, nothing typed, of 30 days", "userPrincipalName", "", ofOne},
		{"Applications of 30 days", "appDisplayName", "", within},
	} {
		parameters := url.Values{"kind": {"signIn"}, "field": {search.field}, "search": {search.search}}
		for key, values := range search.more {
			parameters[key] = values
		}
		if err := b.quick(search.name, quickSearch,
			func() error { _, err := call(ctx, p, "values", parameters); return err }); err != nil {
			return err
		}
	}
	return nil
}

// call requests one of the plugin's resources and returns how many bytes came.
func call(ctx context.Context, p *pluginhost.Plugin, path string, parameters url.Values) (size int64, err error) {
	request := &backend.CallResourceRequest{Method: http.MethodGet, Path: path, URL: path + "?" + parameters.Encode()}
	err = p.CallResource(ctx, request, func(r *backend.CallResourceResponse) error {
		if size == 0 && r.Status != http.StatusOK {
			return fmt.Errorf("%s: status %d: %s", path, r.Status, r.Body)
		}
		size += int64(len(r.Body))
		return nil
	})
	return size, err
}

// ofDashboard are the panels of each dashboard: of the overview, one of each kind of query.
var ofDashboard = []string{"Sign-ins", "Failure rate", "Active users", "User sign-ins", "Application usage",
	"Why do sign-ins fail?", "Where do people sign in from?", "Latest sign-ins"}

// dashboards has many dashboards refreshed at once. A core has so many panels to itself that each would take their
// number times its time alone.
func (b *bench) dashboards(ctx context.Context, p *pluginhost.Plugin, root string) error {
	models := make([]json.RawMessage, len(ofDashboard))
	for i, title := range ofDashboard {
		var err error
		if models[i], err = panelOf(root, title); err != nil {
			return err
		}
	}
	alone := make([]time.Duration, len(models))
	for i, m := range models {
		took, err := b.measure(func() error { return panel(ctx, p, m) })
		if err != nil {
			return err
		}
		alone[i] = took[0].median
	}
	perCore := float64(dashboards*len(models)) / float64(runtime.GOMAXPROCS(0))
	var slowdowns []float64
	var together []time.Duration
	for range b.rounds {
		took := make([]time.Duration, dashboards*len(models))
		group, ctx := errgroup.WithContext(ctx)
		for i := range took {
			group.Go(func() error {
				began := time.Now()
				err := panel(ctx, p, models[i%len(models)])
				took[i] = time.Since(began)
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return fmt.Errorf("%d dashboards at once: %w", dashboards, err)
		}
		for i, d := range took {
			slowdowns = append(slowdowns, d.Seconds()/alone[i%len(models)].Seconds()/perCore)
		}
		together = append(together, took...)
	}
	slices.Sort(alone)
	slices.Sort(together)
	slowdown := median(slowdowns)
	b.report.heading(fmt.Sprintf("%d dashboards of %d panels at once", dashboards, len(models)), "alone", "at once",
		"slowdown, per panel and core")
	b.report.line("Median panel, no errors", slowdown < maxSlowdown, fmt.Sprintf("under %d", maxSlowdown),
		milliseconds(alone[len(alone)/2]), milliseconds(together[len(together)/2]), fmt.Sprintf("%.2f", slowdown))
	return nil
}

// downloads compares the plugin with psql, which copies the same columns of the same records out of the database.
func (b *bench) downloads(ctx context.Context, binary string) error {
	b.report.heading(fmt.Sprintf("Download of %d sign-ins as CSV", downloaded), "records/s", "ratio")
	psql, err := exec.LookPath("psql")
	if err != nil {
		b.report.noTarget("psql is not installed")
		return nil
	}
	p, err := b.startPlugin(binary)
	if err != nil {
		return err
	}
	defer p.Stop()
	if err := panel(ctx, p, model(map[string]any{"view": "list",
		"limit": 100})); err != nil { // what is only needed once
		return err
	}
	var columns []string
	for _, f := range reportFields {
		columns = append(columns, f.Name)
	}
	parameters := url.Values{
		"query": {string(model(map[string]any{"view": "list", "columns": columns}))}, "format": {"csv"},
		"from": {fmt.Sprint(start.UnixMilli())}, "to": {fmt.Sprint(end.UnixMilli())},
	}
	copied := fmt.Sprintf("\\copy (%s ORDER BY r.time DESC LIMIT %d) TO '%s' (FORMAT csv)", selectWide(reportFields),
		downloaded, os.DevNull)
	var ours, theirs []float64
	var grown int64
	for range b.rounds {
		if err := forgetPeak(p.PID()); err != nil {
			b.report.noTarget("Memory: not known on this system")
		}
		before, _ := memory(p.PID(), "VmRSS:")
		began := time.Now()
		if _, err := call(ctx, p, "download", parameters); err != nil {
			return err
		}
		ours = append(ours, downloaded/time.Since(began).Seconds())
		peak, _ := memory(p.PID(), "VmHWM:")
		grown = max(grown, peak-before)
		began = time.Now()
		if out, err := exec.CommandContext(ctx, psql, "-X", "-q", "-c", copied,
			b.server.URL(b.largeName)).CombinedOutput(); err != nil {
			return fmt.Errorf("psql: %w: %s", err, out)
		}
		theirs = append(theirs, downloaded/time.Since(began).Seconds())
	}
	ratio := median(ours) / median(theirs)
	b.report.line("The plugin's", ratio >= leastDownloadRate, fmt.Sprintf("at least %g", leastDownloadRate),
		fmt.Sprintf("%.0f", median(ours)), fmt.Sprintf("%.2f", ratio))
	b.report.noTarget("psql \\copy of the same columns", fmt.Sprintf("%.0f", median(theirs)))
	b.report.line("Growth of the plugin's memory", grown < maxDownloadGrowth,
		fmt.Sprintf("under %d MB", maxDownloadGrowth/megabyte), fmt.Sprintf("%d MB", grown/megabyte), "")
	return nil
}

// peak reports how much memory a process had at most, beside other cells.
func (b *bench) peak(name string, pid int, cells ...string) {
	peak, err := memory(pid, "VmHWM:")
	if err != nil {
		b.report.noTarget(name, append(cells, "not known on this system")...)
		return
	}
	b.report.line(name, peak < maxPluginMemory, fmt.Sprintf("under %d MB", maxPluginMemory/megabyte),
		append(cells, fmt.Sprintf("%d MB", peak/megabyte))...)
}

// memory reads from Linux how much memory a process has (VmRSS:) or had at most (VmHWM:).
func memory(pid int, name string) (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(status), name)
	amount, _, _ := strings.Cut(strings.TrimSpace(rest), " kB")
	kilobytes, err := strconv.ParseInt(amount, 10, 64)
	return kilobytes << 10, err
}

// forgetPeak has Linux begin anew to note how much memory a process has at most.
func forgetPeak(pid int) error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
}
