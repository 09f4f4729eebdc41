package bench

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// report prints what was measured as it becomes known.
type report struct {
	out    io.Writer
	table  *tabwriter.Writer
	missed []string
}

func (r *report) note(format string, args ...any) {
	fmt.Fprintf(r.out, format+"\n", args...)
}

// heading begins a table.
func (r *report) heading(title string, columns ...string) {
	r.table.Flush() //nolint:errcheck // it writes to a terminal
	fmt.Fprintf(r.table, "\n%s\t%s\ttarget\t\n", title, strings.Join(columns, "\t"))
}

// line adds a result to the table, and whether it is what it has to be.
func (r *report) line(name string, reached bool, target string, cells ...string) {
	verdict := "reached"
	if !reached {
		verdict = "MISSED"
		r.missed = append(r.missed, name)
	}
	fmt.Fprintf(r.table, "%s\t%s\t%s\t%s\n", name, strings.Join(cells, "\t"), target, verdict)
}

// noTarget adds a result for which there is no target.
func (r *report) noTarget(name string, cells ...string) {
	fmt.Fprintf(r.table, "%s\t%s\t\t\n", name, strings.Join(cells, "\t"))
}

func (r *report) end() error {
	if err := r.table.Flush(); err != nil {
		return err
	}
	if len(r.missed) > 0 {
		r.note("\nMissed: %s", strings.Join(r.missed, "; "))
	}
	return nil
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}
