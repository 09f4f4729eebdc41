package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"time"

	"github.com/alecthomas/kingpin/v2"

	"github.com/entra-activity/entra-activity-datasource/internal/ingest"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

func importCommand(app *kingpin.Application) (*kingpin.CmdClause, command) {
	clause := app.Command("import", "Store the records in files: Graph objects, diagnostic records, Log Analytics "+
		"rows, downloads of the portal; JSON or CSV, also gzipped. "+
		"To import the same again changes nothing.")
	paths := clause.Arg("path", "Files, folders, or - for standard input.").Required().Strings()
	tenant := tenantFlag(clause, "Tenant ID of records that do not name theirs, as those of Microsoft Graph do not.").String()
	rejectsPath := clause.Flag("rejects", "File to which what is refused is added, unless it is there, with the "+
		"reason, one JSON object per line.").Default("entra-activity-rejects.ndjson").String()
	batchSize := clause.Flag("batch-size", "How many records are written at once.").Default("3000").Int()
	writers := clause.Flag("writers", "How many writers work at once.").Default("3").Int()
	return clause, func(ctx context.Context, db *store.DB, _ *slog.Logger) error {
		if err := checkTenant(*tenant); err != nil {
			return err
		}
		if *batchSize < 1 || *writers < 1 {
			return errors.New("--batch-size and --writers: give a number of 1 or more")
		}
		if err := store.CheckVersion(ctx, db); err != nil {
			return err
		}
		sources, total, err := ingest.Files(standardInput(*paths), os.Stdin, *rejectsPath)
		if err != nil {
			return err
		}
		rejects := &rejectsFile{path: *rejectsPath}
		progress := &ingest.Progress{}
		stop := showProgress(os.Stderr, progress, total)
		summary, err := ingest.Import(ctx, db, sources, ingest.Options{
			Tenant: *tenant, BatchSize: *batchSize, Writers: *writers, Refused: rejects.add, Progress: progress,
		})
		stop()
		if closed := rejects.close(); err == nil {
			err = closed
		}
		if err == nil || len(summary.Kinds) > 0 {
			writeSummary(os.Stdout, summary)
		}
		rejects.report(os.Stderr)
		if summary.WithoutTenant > 0 {
			fmt.Fprintf(os.Stderr, "%s without a tenant: give its ID with --tenant, the same each time, or records "+
				"will be there twice\n", counted(summary.WithoutTenant, "record"))
		}
		return verdict(summary, len(sources), err)
	}
}

// verdict says what went wrong with an import, if anything the user has to know did.
func verdict(summary ingest.Summary, sources int, err error) error {
	total := summary.Total()
	switch failures := len(summary.Failures); {
	case errors.Is(err, context.Canceled):
		return errors.New("stopped; what the summary counts is stored, and importing the same again is safe")
	case err != nil:
		return err
	case failures == 1:
		return summary.Failures[0]
	case failures > 0:
		return fmt.Errorf("%d of %d sources could not be read to their end:\n%w", failures, sources,
			errors.Join(summary.Failures...))
	case total.Read == 0:
		fmt.Fprintln(os.Stderr, "there are no records in what was given")
	case total.Refused == total.Read:
		return errors.New("everything was refused")
	}
	return nil
}

// showProgress keeps one line on a terminal up to date until the function returned is called.
func showProgress(terminal *os.File, progress *ingest.Progress, total int64) (stop func()) {
	if info, err := terminal.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return func() {}
	}
	done, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		begun := time.Now()
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				line := progressLine(progress.Bytes.Load(), total, progress.Records.Load(), time.Since(begun))
				fmt.Fprintf(terminal, "\r%s\x1b[K", line)
			case <-done:
				fmt.Fprint(terminal, "\r\x1b[K")
				return
			}
		}
	}()
	return func() { close(done); <-gone }
}

func progressLine(bytes, total, records int64, elapsed time.Duration) string {
	line := megabytes(bytes)
	if total > 0 {
		line = fmt.Sprintf("%d%%, %s of %s", bytes*100/total, line, megabytes(total))
	}
	rate := int(float64(records) / max(elapsed.Seconds(), 0.001))
	line += fmt.Sprintf(", %s records, %s/s", grouped(int(records)), grouped(rate))
	if total > 0 && bytes > 0 {
		left := time.Duration(float64(elapsed) / float64(bytes) * float64(max(total-bytes, 0)))
		line += fmt.Sprintf(", %s left", left.Round(time.Second))
	}
	return line
}

func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }

// writeSummary writes a line for each kind of which there was a record.
func writeSummary(w io.Writer, summary ingest.Summary) {
	row := func(label string, cells ...any) {
		fmt.Fprintf(w, "%-20s%12v%12v%12v%12v%12v\n", append([]any{label}, cells...)...)
	}
	counts := func(label string, c ingest.Counts) {
		row(label, grouped(c.Read), grouped(c.New), grouped(c.Changed), grouped(c.Unchanged), grouped(c.Refused))
	}
	row("", "read", "new", "changed", "unchanged", "refused")
	for _, kind := range append(activity.Kinds(), nil) {
		if c, ok := summary.Kinds[kind]; ok && kind != nil {
			counts(kind.Label, c)
		} else if ok {
			counts("Not recognized", c)
		}
	}
	if len(summary.Kinds) != 1 {
		counts("Total", summary.Total())
	}
}

// counted writes how many there are of something.
func counted(n int, singular string) string {
	if n != 1 {
		singular += "s"
	}
	return grouped(n) + " " + singular
}

// grouped writes a number with a comma between the thousands.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
