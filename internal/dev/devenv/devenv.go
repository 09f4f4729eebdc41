// Package devenv shows the whole of the project at work on one machine: a private PostgreSQL, filled with an invented
// tenant, the exporter on it, and the bundled dashboards' queries run by the built plugin.
package devenv

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/lib/pq"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/demo"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/pluginhost"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/preview"
	"github.com/entra-activity/entra-activity-datasource/internal/ingest"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

const (
	seed = 1
	days = 90
	// DefaultSignIns is what a company of two thousand people makes in 90 days.
	DefaultSignIns = 310_000

	database = "entra"
	reader   = "grafana" // the plugin's role, which may only SELECT

	progressInterval = 10 * time.Second
)

// Options say what to try, and where.
type Options struct {
	Root    string // the repository's folder
	Plugin  string // the plugin's binary; empty: the one in the repository's dist folder
	SignIns int    // how many to invent; 0: DefaultSignIns
	Smoke   bool   // check the results, print a line for each and end
	Preview bool   // show the dashboards in the preview also where a Grafana is found
	Port    int    // of the preview; 0: a free one
	// PostgreSQL is the address of a filled store to show in the preview; empty: one of its own, with an invented
	// tenant.
	PostgreSQL string
	Opened     func(address string) // called once the dashboards can be opened; may be nil
	Out        io.Writer
}

// Run shows the project at work. Without Options.Smoke it goes on until ctx ends; then it stops all it started.
func Run(ctx context.Context, opts Options) (err error) {
	opts.SignIns = cmp.Or(opts.SignIns, DefaultSignIns)
	if opts.Root, err = filepath.Abs(opts.Root); err != nil { // Grafana runs in another folder
		return err
	}
	opts.Plugin = cmp.Or(opts.Plugin, pluginhost.Binary(opts.Root))
	if _, err := os.Stat(opts.Plugin); err != nil {
		return fmt.Errorf("the plugin is not built, run go tool mage build: %w", err)
	}

	if opts.PostgreSQL != "" {
		return showOther(ctx, opts)
	}
	server, err := embedded.Start(ctx, embedded.Options{Log: opts.Out})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	if err := server.CreateDatabase(ctx, database); err != nil {
		return err
	}
	db, err := store.Open(store.Config{URL: server.URL(database)})
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := store.Migrate(ctx, db); err != nil {
		return err
	}
	now := time.Now().Truncate(time.Second)
	published, err := importPublished(ctx, db, opts)
	if err != nil {
		return err
	}
	invented, err := importInvented(ctx, db, now, opts)
	if err != nil {
		return err
	}
	signIns := published.Kinds[activity.SignIn].New + invented.Kinds[activity.SignIn].New

	metrics, stopExporter, err := serveMetrics(db, opts.Out)
	if err != nil {
		return err
	}
	defer stopExporter()

	s, err := grantReader(ctx, db, server)
	if err != nil {
		return err
	}
	plugin, err := pluginhost.Start(opts.Plugin, s)
	if err != nil {
		return err
	}
	defer plugin.Stop()
	if opts.Smoke {
		panels, err := readPanels(filepath.Join(opts.Root, "dashboards"), now, newest(ctx, plugin, now))
		if err != nil {
			return err
		}
		return smoke(ctx, plugin, panels, metrics, signIns, opts.Out)
	}
	fmt.Fprintf(opts.Out, "\nMetrics:     %s/metrics\nPostgreSQL:  psql '%s'\n", metrics, server.URL(database))
	return serveUntilDone(ctx, opts, db, plugin, s, metrics)
}

// importPublished imports the bundled records that vendors and Microsoft's documentation published. Among them are
// files that are none of Entra ID's logs; those are refused.
func importPublished(ctx context.Context, db *store.DB, opts Options) (ingest.Summary, error) {
	folders, err := filepath.Glob(filepath.Join(opts.Root, "internal", "ingest", "testdata", "*", "*"))
	if err != nil {
		return ingest.Summary{}, err
	}
	sources, _, err := ingest.Files(folders, nil, "")
	if err != nil {
		return ingest.Summary{}, err
	}
	summary, err := ingest.Import(ctx, db, sources, ingest.Options{Feed: "published"})
	total := summary.Total()
	fmt.Fprintf(opts.Out, "Imported %d records that vendors and Microsoft published; "+
		"their files hold %d of other logs, too, which are refused\n",
		total.New+total.Changed+total.Unchanged, total.Refused)
	return summary, err
}

// importInvented imports an invented tenant's records, up to now.
func importInvented(ctx context.Context, db *store.DB, now time.Time, opts Options) (ingest.Summary, error) {
	tenant := demo.New(demo.Options{Seed: seed, Start: now.AddDate(0, 0, -days), End: now, SignIns: opts.SignIns})
	sources := []ingest.Source{
		{Name: "sign-ins", Objects: tenant.SignIns()},
		{Name: "audit events", Objects: tenant.AuditEvents()},
		{Name: "provisioning events", Objects: tenant.ProvisioningEvents()},
		{Name: "risk detections", Objects: tenant.RiskDetections()},
		{Name: "risky users' history", Objects: tenant.RiskyUserHistory()},
		{Name: "risky users", Objects: tenant.RiskyUsers()},
	}
	fmt.Fprintf(opts.Out, "Importing %d days of an invented tenant, about %d sign-ins\n", days, opts.SignIns)
	began := time.Now()
	var progress ingest.Progress
	stop := every(progressInterval, func() {
		fmt.Fprintf(opts.Out, "  %d records so far\n", progress.Records.Load())
	})
	summary, err := ingest.Import(ctx, db, sources, ingest.Options{
		Tenant:   tenant.ID(),
		Feed:     "demo",
		Progress: &progress,
		Refused: func(r ingest.Refusal) error {
			return fmt.Errorf("an invented record of %s was refused: %s: %s", r.Source, r.Reason, r.Text)
		},
	})
	stop()
	if err = errors.Join(append(summary.Failures, err)...); err != nil {
		return summary, err
	}
	took := time.Since(began).Seconds()
	for _, kind := range activity.Kinds() {
		c := summary.Kinds[kind]
		fmt.Fprintf(opts.Out, "  %-20s %8d new, %6d changed, %6d unchanged\n", kind.Label, c.New, c.Changed, c.Unchanged)
	}
	fmt.Fprintf(opts.Out, "  in %.0f s, %.0f records/s\n", took, float64(summary.Total().Read)/took)
	var groups []store.Group
	for _, g := range tenant.Groups() {
		groups = append(groups, store.Group(g))
	}
	return summary, store.ReplaceGroups(ctx, db, tenant.ID(), groups)
}

// every calls f at intervals until stop is called.
func every(interval time.Duration, f func()) (stop func()) {
	ticker, done := time.NewTicker(interval), make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		for {
			select {
			case <-ticker.C:
				f()
			case <-done:
				return
			}
		}
	})
	return func() {
		ticker.Stop()
		close(done)
		running.Wait()
	}
}

// grantReader makes the role that the plugin reads with, and returns the data source settings to use it.
func grantReader(ctx context.Context, db *store.DB, server *embedded.Server) (pluginhost.Settings, error) {
	// The password is the server's own: random, and good for as long as the server lives.
	_, err := db.ExecContext(ctx, fmt.Sprintf(`CREATE ROLE %[1]s LOGIN PASSWORD %[2]s;
GRANT USAGE ON SCHEMA %[3]s TO %[1]s; GRANT SELECT ON ALL TABLES IN SCHEMA %[3]s TO %[1]s`,
		reader, pq.QuoteLiteral(server.Password()), store.Schema))
	if err != nil {
		return pluginhost.Settings{}, fmt.Errorf("make the role %s: %w", reader, err)
	}
	u, err := url.Parse(server.URL(database))
	if err != nil {
		return pluginhost.Settings{}, err
	}
	u.User = url.UserPassword(reader, server.Password())
	return pluginhost.SettingsOf(u.String())
}

// smoke checks what the dashboards and the exporter show, a line for each. The exporter has to count the sign-ins
// that were imported.
func smoke(ctx context.Context, plugin *pluginhost.Plugin, panels []panel, metrics string, signIns int,
	out io.Writer) error {
	report := report{out: tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)}

	message, err := plugin.Health(ctx)
	report.line("health", "data source", message, err)

	for _, p := range panels {
		r, err := p.run(ctx, plugin)
		found := r.summary()
		if err == nil {
			if err = r.check(); err != nil && p.ofOne {
				found, err = "nothing to see of the one chosen", nil
			}
		}
		found += fmt.Sprintf(" in %d ms", r.took.Milliseconds())
		if p.counts {
			found += ", counted from " + r.served()
		}
		report.line(p.dashboard, p.title, found, err)
	}

	families, problems, err := scrape(ctx, metrics)
	if err != nil {
		report.line("exporter", metrics, "", err)
	}
	counted := 0.0
	for _, f := range families {
		report.line("exporter", f.name, fmt.Sprintf("%s, %d series, sum %g", f.kind, f.series, f.sum), nil)
		if f.name == "entra_signins_total" {
			counted = f.sum
		}
	}
	if counted != float64(signIns) {
		report.line("exporter", "entra_signins_total", "",
			fmt.Errorf("%.0f sign-ins are counted, and %d were imported", counted, signIns))
	}
	for _, p := range problems {
		report.line("exporter", "promlint", "", errors.New(p))
	}
	return report.end()
}

// report writes a line for each thing checked.
type report struct {
	out            *tabwriter.Writer
	checked, wrong int
}

func (r *report) line(where, what, found string, err error) {
	r.checked++
	verdict := "ok"
	if err != nil {
		r.wrong++
		verdict, found = "FAIL", err.Error()
	}
	fmt.Fprintf(r.out, "%s\t%s\t%s\t%s\n", verdict, where, what, found)
}

func (r *report) end() error {
	if err := r.out.Flush(); err != nil {
		return err
	}
	if r.wrong > 0 {
		return fmt.Errorf("%d of %d checks failed", r.wrong, r.checked)
	}
	return nil
}

// serveUntilDone names what can be opened, and waits.
func serveUntilDone(ctx context.Context, opts Options, db *store.DB, plugin *pluginhost.Plugin, s pluginhost.Settings,
	metrics string) error {
	if opts.Preview {
		return previewUntilDone(ctx, opts, plugin, s)
	}
	if _, _, err := findGrafana(); errors.Is(err, errNoGrafana) {
		fmt.Fprintf(opts.Out, "Grafana:     %v\n", err)
		return previewUntilDone(ctx, opts, plugin, s)
	}
	sources := []dataSource{pluginSource(s)}
	if scraper, path, err := findScraper(); err != nil {
		fmt.Fprintf(opts.Out, "Prometheus:  %v\n", err)
	} else {
		history, err := scraper.history(ctx, db)
		if err != nil {
			return err
		}
		scraping, err := scraper.start(ctx, path, history, strings.TrimPrefix(metrics, "http://"))
		if err != nil {
			return err
		}
		defer scraping.Stop() //nolint:errcheck // nothing of it is kept
		fmt.Fprintf(opts.Out, "Prometheus:  %s\n", scraping.address)
		sources = append(sources, prometheusSource(scraping.address))
	}
	folder, err := os.MkdirTemp("", "entra-activity-grafana-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	g, err := startGrafana(ctx, opts.Root, folder, sources...)
	if err != nil {
		return fmt.Errorf("start Grafana: %w", err)
	}
	defer g.stop()
	if err := g.awaitAnswer(ctx); err != nil {
		return fmt.Errorf("start Grafana: %w", err)
	}
	opts.opened(g.address, "Grafana logs to "+g.log)
	select {
	case <-ctx.Done():
		fmt.Fprintln(opts.Out, "Stopping.")
		return nil
	case <-g.ended:
		return fmt.Errorf("run Grafana: %w", g.ending())
	}
}

// opened says where the dashboards can be opened.
func (opts Options) opened(address, by string) {
	fmt.Fprintf(opts.Out, "Dashboards:  %s (%s)\n\nCtrl-C stops all of it.\n", address, by)
	if opts.Opened != nil {
		opts.Opened(address)
	}
}

// previewUntilDone shows the dashboards without a Grafana.
func previewUntilDone(ctx context.Context, opts Options, plugin *pluginhost.Plugin, s pluginhost.Settings) error {
	shown, err := preview.Start(preview.Options{Root: opts.Root, Plugin: plugin, Settings: s, Port: opts.Port})
	if err != nil {
		return fmt.Errorf("start the preview: %w", err)
	}
	defer shown.Stop()
	opts.opened(shown.Address, "a preview, not Grafana")
	<-ctx.Done()
	fmt.Fprintln(opts.Out, "Stopping.")
	return nil
}

// showOther shows a store that is there already, in the preview.
func showOther(ctx context.Context, opts Options) error {
	s, err := pluginhost.SettingsOf(opts.PostgreSQL)
	if err != nil {
		return err
	}
	plugin, err := pluginhost.Start(opts.Plugin, s)
	if err != nil {
		return err
	}
	defer plugin.Stop()
	message, err := plugin.Health(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(opts.Out, "PostgreSQL:  %s\n", message)
	return previewUntilDone(ctx, opts, plugin, s)
}
