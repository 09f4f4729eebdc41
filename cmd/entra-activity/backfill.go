package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/entra-activity/entra-activity-datasource/internal/exporter"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

const day = 24 * time.Hour

func backfillCommand(app *kingpin.Application) (*kingpin.CmdClause, command) {
	clause := app.Command("backfill", "Write finished days as counters by the time of events, for import into "+
		"Prometheus or VictoriaMetrics, to standard output.")
	format := clause.Flag("format", "openmetrics, for promtool tsdb create-blocks-from openmetrics, or "+
		"victoriametrics, JSON lines for /api/v1/import.").
		Default(string(exporter.OpenMetrics)).Enum(exporter.Formats...)
	from := clause.Flag("from", "The first day, such as 2026-01-31, in UTC. By default that of the oldest record.").String()
	to := clause.Flag("to", "The last day. By default the last one that is finished.").String()
	settle := clause.Flag("settle", "How long after its end a day counts as finished: records arrive late.").
		Default("24h").Duration()
	collectors := clause.Flag("collector", "A collector of the exporter whose counters are written; may be given "+
		"several times. By default those that are on by default.").Strings()
	return clause, func(ctx context.Context, db *store.DB, _ *slog.Logger) error {
		if err := store.CheckVersion(ctx, db); err != nil {
			return err
		}
		finished := time.Now().Add(-*settle).UTC().Truncate(day)
		b := exporter.Backfill{To: finished, Format: exporter.Format(*format)}
		var err error
		if *from == "" {
			if b.From, err = exporter.FirstDay(ctx, db); err != nil {
				return err
			}
		} else if b.From, err = time.Parse(time.DateOnly, *from); err != nil {
			return fmt.Errorf("--from: %q is not a day such as 2026-01-31", *from)
		}
		if *to != "" {
			last, err := time.Parse(time.DateOnly, *to)
			if err != nil {
				return fmt.Errorf("--to: %q is not a day such as 2026-01-31", *to)
			}
			if b.To = last.Add(day); b.To.After(finished) {
				return fmt.Errorf("--to: %s is not finished; the last day that is, is %s", *to,
					finished.Add(-day).Format(time.DateOnly))
			}
		}
		if b.From.IsZero() || !b.From.Before(b.To) {
			return errors.New("there is no finished day to write")
		}
		samples, err := b.Write(ctx, db, *collectors, os.Stdout)
		if err != nil {
			return err
		}
		days := int(b.To.Sub(b.From) / day)
		fmt.Fprintf(os.Stderr, "%s samples of %d days, from %s\n", grouped(samples), days, b.From.Format(time.DateOnly))
		return nil
	}
}
