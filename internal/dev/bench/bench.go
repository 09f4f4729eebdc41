// Package bench measures the store against what somebody would write by hand: one wide table of text with an index on
// the time. Both hold the same sign-ins, run the same queries in turn, on the same server and in one run, so
// that what counts is the ratio, whatever the machine.
package bench

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/pluginhost"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// DefaultSignIns is how many sign-ins are measured with unless told otherwise: what takes a few minutes.
const DefaultSignIns = 1_000_000

// tenth is the part of the sign-ins that a second, smaller store holds. What must not slow down as records gather is
// measured with both.
const tenth = 10

// Options say what to measure, and where.
type Options struct {
	Root      string // the repository's folder
	Plugin    string // the plugin's binary; empty: the one in the repository's dist folder
	Companion string // the companion's binary; empty: the one in the repository's bin folder
	SignIns   int    // how many to measure with, about; 0: DefaultSignIns
	Rounds    int    // how often everything is measured; the median counts. 0: 5
	Only      string // parts to measure, separated by commas; empty: all of Parts
	Folder    string // keeps the databases for the next run; empty: a temporary folder
	Out       io.Writer
}

// Parts are what can be measured alone.
var Parts = []string{"reports", "lists", "exporter", "plugin", "metrics", "import"}

// parts reads which of them to measure.
func parts(only string) ([]string, error) {
	if only == "" {
		return Parts, nil
	}
	chosen := strings.Split(only, ",")
	for _, name := range chosen {
		if !slices.Contains(Parts, name) {
			return nil, fmt.Errorf("there is no part %q to measure: use some of %s, separated by commas", name,
				strings.Join(Parts, ", "))
		}
	}
	return chosen, nil
}

// settings are PostgreSQL's. Nothing here has to survive a power cut, and the rest is what anybody sets for a database
// of this size.
var settings = map[string]string{
	"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
	"shared_buffers": "1GB", "max_wal_size": "8GB",
}

// Run measures everything and prints a line for each result.
func Run(ctx context.Context, opts Options) (err error) {
	chosen, err := parts(opts.Only)
	if err != nil {
		return err
	}
	opts.SignIns, opts.Rounds = cmp.Or(opts.SignIns, DefaultSignIns), cmp.Or(opts.Rounds, 5)
	opts.Plugin = cmp.Or(opts.Plugin, pluginhost.Binary(opts.Root))
	opts.Companion = cmp.Or(opts.Companion, filepath.Join(opts.Root, "bin", "entra-activity"))
	for _, binary := range []string{opts.Plugin, opts.Companion} {
		if _, err := exec.LookPath(binary); err != nil {
			return fmt.Errorf("not everything is built, run go tool mage build: %w", err)
		}
	}
	server, err := embedded.Start(ctx, embedded.Options{Dir: opts.Folder, Settings: settings, Log: opts.Out})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()

	b := &bench{
		server: server, rounds: opts.Rounds,
		report:    &report{out: opts.Out, table: tabwriter.NewWriter(opts.Out, 0, 0, 2, ' ', 0)},
		largeName: fmt.Sprint("large_", opts.SignIns), smallName: fmt.Sprint("small_", opts.SignIns),
	}
	if b.large, err = b.filled(ctx, b.largeName, opts.SignIns); err != nil {
		return err
	}
	defer b.large.Close()
	if b.small, err = b.filled(ctx, b.smallName, opts.SignIns/tenth); err != nil {
		return err
	}
	defer b.small.Close()
	if err := b.sizes(ctx); err != nil {
		return err
	}
	comparisons, err := reports(opts.Root)
	if err != nil {
		return err
	}
	lists, err := lists(ctx, b.small)
	if err != nil {
		return err
	}
	measures := map[string]func() error{
		"reports":  func() error { return b.reports(ctx, comparisons) },
		"lists":    func() error { return b.lists(ctx, lists) },
		"exporter": func() error { return b.scrapes(ctx, opts.Companion) },
		"plugin":   func() error { return b.plugin(ctx, opts, slices.Concat(comparisons, lists)) },
		"metrics":  func() error { return b.metrics(ctx, opts.Plugin) },
		"import":   func() error { return b.imports(ctx, opts.SignIns) },
	}
	for _, name := range Parts {
		if !slices.Contains(chosen, name) {
			continue
		}
		if err := measures[name](); err != nil {
			return err
		}
	}
	return b.report.end()
}

// bench is a run under way.
type bench struct {
	server               *embedded.Server
	large, small         *store.DB
	largeName, smallName string
	rounds               int
	report               *report
}

// filled opens a database that holds about as many sign-ins as wanted, in the store and in the wide table.
func (b *bench) filled(ctx context.Context, name string, signIns int) (*store.DB, error) {
	if err := b.server.CreateDatabase(ctx, name); err != nil {
		return nil, err
	}
	db, err := store.Open(store.Config{URL: b.server.URL(name)})
	if err != nil {
		return nil, err
	}
	if _, err := store.Migrate(ctx, db); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	var kept bool
	if err := db.GetContext(ctx, &kept, "SELECT to_regclass('wide') IS NOT NULL"); err != nil || kept {
		return db, err
	}
	began := time.Now()
	if err := load(ctx, db, signIns); err != nil {
		return nil, errors.Join(fmt.Errorf("fill the store: %w", err), db.Close())
	}
	loaded := time.Now()
	if err := makeWide(ctx, db); err != nil {
		return nil, errors.Join(fmt.Errorf("fill the wide table: %w", err), db.Close())
	}
	b.report.note("%s: about %d sign-ins, filled in %.0f s, the wide table in %.0f s", name, signIns,
		loaded.Sub(began).Seconds(), time.Since(loaded).Seconds())
	return db, nil
}

// sizes says what is measured.
func (b *bench) sizes(ctx context.Context) error {
	for _, db := range []*store.DB{b.large, b.small} {
		var rows, accounts, applications, addresses, cells int64
		var ours, wide string
		row := db.QueryRowContext(ctx, statement("sizes"))
		if err := row.Scan(&rows, &accounts, &applications, &addresses, &cells, &ours, &wide); err != nil {
			return err
		}
		b.report.note("%d sign-ins of %d users to %d applications from %d addresses in %d days; %d cells in the rollup; "+
			"%s without raw records, wide table %s",
			rows, accounts, applications, addresses, 7*weeks, cells, ours, wide)
	}
	return nil
}

// reports compares the store's results with the wide table's, and how long both take.
func (b *bench) reports(ctx context.Context, comparisons []comparison) error {
	b.report.heading("Reports of 30 days", "here", "at best", "wide table", "at best", "times faster")
	for _, c := range comparisons {
		if err := c.check(ctx, b.large); err != nil {
			return err
		}
		took, err := b.measure(
			func() error { _, err := c.run(ctx, b.large); return err },
			func() error { _, err := c.runWide(ctx, b.large); return err },
		)
		if err != nil {
			return err
		}
		faster := 1 / took.ratio()
		b.report.line(c.name, faster >= c.target, fmt.Sprintf("at least %g times", c.target),
			append(took.cells(), fmt.Sprintf("%.1f", faster))...)
	}
	return nil
}

const (
	quickList   = 10 * time.Millisecond
	quickScrape = 20 * time.Millisecond
	// noise is how much two measurements of the same differ on a quiet machine.
	noise = 1.25
)

// lists compares a small store with a large one.
func (b *bench) lists(ctx context.Context, comparisons []comparison) error {
	b.report.heading("Lists, of 30 days", "here", "at best", "of a tenth", "at best", "ratio")
	for _, c := range comparisons {
		if err := c.check(ctx, b.large); err != nil {
			return err
		}
		took, err := b.measure(
			func() error { _, err := c.run(ctx, b.large); return err },
			func() error { _, err := c.run(ctx, b.small); return err },
		)
		if err != nil {
			return err
		}
		b.sameAtBothSizes(c.name, took, quickList)
	}
	return nil
}

func (b *bench) sameAtBothSizes(name string, took timings, limit time.Duration) {
	large, small := took[0].median, took[1].median
	same := took.ratio() <= noise || large-small < time.Millisecond
	b.report.line(name, large < limit && same, fmt.Sprintf("under %d ms, and the same", limit.Milliseconds()),
		append(took.cells(), fmt.Sprintf("%.2f", took.ratio()))...)
}

// timing is how long something took. The best is what is left of it when nothing else happens on the machine.
type timing struct{ median, best time.Duration }

// timings are the timings of what is compared.
type timings []timing

// cells returns them for a report.
func (t timings) cells() (cells []string) {
	for _, one := range t {
		cells = append(cells, milliseconds(one.median), milliseconds(one.best))
	}
	return cells
}

// ratio returns how many times as long the first took as the second.
func (t timings) ratio() float64 { return t[0].median.Seconds() / t[1].median.Seconds() }

// measure runs all of what is compared in turn, again and again. Each turn begins with a run that does not count, so
// that neither side meets what the other has left of the caches; what is quick is repeated, because a single run says
// little.
func (b *bench) measure(runs ...func() error) (timings, error) {
	took := make([][]time.Duration, len(runs))
	for range b.rounds {
		for i, run := range runs {
			if err := run(); err != nil {
				return nil, err
			}
			for spent := time.Duration(0); spent < 200*time.Millisecond; {
				began := time.Now()
				if err := run(); err != nil {
					return nil, err
				}
				d := time.Since(began)
				spent += d
				took[i] = append(took[i], d)
			}
		}
	}
	compared := make(timings, len(runs))
	for i, all := range took {
		slices.Sort(all)
		compared[i] = timing{median: all[len(all)/2], best: all[0]}
	}
	return compared, nil
}
