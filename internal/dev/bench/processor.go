package bench

import (
	"context"
	"os"
	"time"

	"github.com/prometheus/procfs"

	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// processorTime returns for how long the processor has been at work for this process and the database server together.
// Unlike the time that passes, it says little about what else the machine does. Only Linux tells.
func processorTime(ctx context.Context, db *store.DB) (time.Duration, error) {
	var backend int
	if err := db.GetContext(ctx, &backend, "SELECT pg_backend_pid()"); err != nil {
		return 0, err
	}
	p, err := procfs.NewProc(backend)
	if err != nil {
		return 0, err
	}
	stat, err := p.Stat()
	if err != nil {
		return 0, err
	}
	server := stat.PPID
	all, err := procfs.AllProcs()
	if err != nil {
		return 0, err
	}
	seconds := 0.0
	for _, p := range all {
		stat, err := p.Stat()
		if err != nil {
			continue // it has ended
		}
		if p.PID == os.Getpid() || p.PID == server || stat.PPID == server {
			seconds += stat.CPUTime()
		}
		if p.PID == server { // and what it started that has ended
			seconds += float64(stat.CUTime+stat.CSTime) / 100 // of which /proc has a hundred a second
		}
	}
	return time.Duration(seconds * float64(time.Second)), nil
}
