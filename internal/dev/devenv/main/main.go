// Command main shows the project at work: see package devenv. It is run by go tool mage demo and go tool mage smoke.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/devenv"
)

func main() {
	opts := devenv.Options{Out: os.Stdout}
	flag.StringVar(&opts.Root, "root", ".", "the repository's folder")
	flag.IntVar(&opts.SignIns, "sign-ins", devenv.DefaultSignIns, "how many sign-ins to invent, about")
	flag.BoolVar(&opts.Smoke, "smoke", false, "check the results and end")
	flag.BoolVar(&opts.Preview, "preview", false, "show the dashboards in the preview also where a Grafana is found")
	flag.IntVar(&opts.Port, "port", 0, "the preview's port on this machine; 0 takes a free one")
	flag.StringVar(&opts.PostgreSQL, "postgres", "",
		"show this filled store in the preview, such as postgres://user:password@host:5432/database")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := devenv.Run(ctx, opts); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
