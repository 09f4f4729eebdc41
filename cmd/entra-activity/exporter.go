package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"strconv"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/exporter-toolkit/web/kingpinflag"

	"github.com/entra-activity/entra-activity-datasource/internal/exporter"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// exporterCommand declares the command that serves metrics, and returns it with what runs it until ctx ends.
func exporterCommand(app *kingpin.Application) (*kingpin.CmdClause, command) {
	clause := app.Command("exporter", "Serve Prometheus metrics of what the database holds.")
	flags := kingpinflag.AddFlags(clause, ":9822")
	var options exporter.Options
	clause.Flag("scrape-timeout", "The longest a scrape may take. "+
		"A shorter timeout that Prometheus announces, less half a second, goes before it.").
		Default("10s").DurationVar(&options.ScrapeTimeout)
	clause.Flag("zero-hold", "How long a new counter shows 0 before it shows its value, so that its first increase "+
		"is seen: two scrape intervals.").
		Default("2m").DurationVar(&options.ZeroHold)
	clause.Flag("allow-standby", "Read a hot standby, too. Its counters may lag behind those of the primary.").
		BoolVar(&options.AllowStandby)
	clause.Flag("max-series", "About how many series a metric may have. Applications, countries and so on past it "+
		"count as \"other\". 0: any number.").
		Default("6000").IntVar(&options.MaxSeries)
	clause.Flag("applications.allow", "ID of an application that may have series of its own; may be given several "+
		"times. All may by default.").
		StringsVar(&options.AllowApplications)
	clause.Flag("applications.deny", "ID of an application that always counts as \"other\"; may be given several times.").
		StringsVar(&options.DenyApplications)
	clause.Flag("refresh-interval", "How often metrics are refreshed that are too expensive to read in every "+
		"scrape; less often where that takes long.").
		Default("5m").DurationVar(&options.RefreshInterval)
	clause.Flag("openmetrics.created-samples", "Add times of creation to OpenMetrics text, where they are series of "+
		"their own. In Prometheus' protobuf format they always are there and cost nothing.").
		BoolVar(&options.CreatedSamples)
	chosen := map[string]*bool{}
	for _, c := range exporter.Collectors() {
		chosen[c.Name] = clause.Flag("collector."+c.Name, "Publish "+c.Metrics+".").
			Default(strconv.FormatBool(c.Default)).Bool()
	}
	return clause, func(ctx context.Context, db *store.DB, logger *slog.Logger) error {
		if options.MaxSeries < 0 || options.ScrapeTimeout <= 0 || options.RefreshInterval <= 0 {
			return errors.New("--max-series, --scrape-timeout and --refresh-interval: give positive values")
		}
		options.Collectors = []string{}
		for name, on := range chosen {
			if *on {
				options.Collectors = append(options.Collectors, name)
			}
		}
		db.SetMaxOpenConns(connections)
		if os.Getenv("GOGC") == "" {
			debug.SetGCPercent(garbage)
		}
		return exporter.New(db, options, logger).Serve(ctx, flags)
	}
}

// garbage is the exporter's GOGC. It uses 3 MB, and a scrape leaves 2 MB: with Go's 100 percent, collecting takes a
// quarter of a scrape. In return, the process grows from 28 to 46 MB.
const garbage = 400

// connections are as many as the exporter has use for: one for scrapes and one for what is refreshed in the background.
const connections = 2

func resetCountersCommand(app *kingpin.Application) (*kingpin.CmdClause, command) {
	clause := app.Command("reset-counters", "Start all counters of the exporter anew. After the database was "+
		"restored from a backup, Prometheus then sees a reset instead of a fall. "+
		"Records and reports stay as they are.")
	return clause, func(ctx context.Context, db *store.DB, _ *slog.Logger) error {
		if err := store.CheckVersion(ctx, db); err != nil {
			return err
		}
		if err := store.ResetCounters(ctx, db); err != nil {
			return err
		}
		fmt.Println("all counters start anew")
		return nil
	}
}
