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
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return 0, err
	}
	p, err := fs.Proc(backend)
	if err != nil {
		return 0, err
	}
	stat, err := p.Stat()
	if err != nil {
		return 0, err
	}
	server := stat.PPID
	all, err := fs.AllProcs()
	if err != nil {
		return 0, err
	}
	ticks := 0
	for _, p := range all {
		stat, err := p.Stat()
		if err != nil {
			continue // it has ended
		}
		switch {
		case p.PID == server: // and what it started that has ended
			ticks += int(stat.UTime) + int(stat.STime) + stat.CUTime + stat.CSTime
		case p.PID == os.Getpid() || stat.PPID == server:
			ticks += int(stat.UTime) + int(stat.STime)
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil // of which /proc has a hundred a second
}
