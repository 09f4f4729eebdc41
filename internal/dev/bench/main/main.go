// Command main measures speed and size: see package bench. It is run by go tool mage bench.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/bench"
)

func main() {
	opts := bench.Options{Out: os.Stdout}
	flag.StringVar(&opts.Root, "root", ".", "the repository's folder")
	flag.IntVar(&opts.SignIns, "sign-ins", bench.DefaultSignIns, "how many sign-ins to measure with, about")
	flag.IntVar(&opts.Rounds, "rounds", 5, "how often everything is measured; the median counts")
	flag.StringVar(&opts.Only, "only", "", "parts to measure, separated by commas: "+strings.Join(bench.Parts, ", "))
	flag.StringVar(&opts.Folder, "folder", "",
		"keeps the databases for the next run; without it they are in a temporary folder")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench.Run(ctx, opts); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
