package main

import (
	"context"
	"log/slog"

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
	clause.Flag("scrape-timeout", "The longest a scrape may take. A shorter timeout that Prometheus announces, less half a second, goes before it.").
		Default("10s").DurationVar(&options.ScrapeTimeout)
	clause.Flag("zero-hold", "How long a new counter shows 0 before it shows its value, so that its first increase is seen: two scrape intervals.").
		Default("2m").DurationVar(&options.ZeroHold)
	clause.Flag("allow-standby", "Read a hot standby, too. Its counters may lag behind those of the primary.").
		BoolVar(&options.AllowStandby)
	return clause, func(ctx context.Context, db *store.DB, logger *slog.Logger) error {
		return exporter.New(db, options, logger).Serve(ctx, flags)
	}
}
