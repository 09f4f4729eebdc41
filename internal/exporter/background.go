package exporter

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
)

// staleAfter is how many refreshes may fail before what they last found is no longer published.
const staleAfter = 3

// background holds what expensive collectors last found. A scrape has it refreshed when it is due, and does not wait.
type background struct {
	lock     sync.Mutex
	running  bool
	begun    time.Time
	outcomes map[*collector]outcome
	good     map[*collector]time.Time // when a collector last succeeded, by this machine's clock
}

// refreshed returns what a collector last found in the background.
func (e *Exporter) refreshed(c *collector) outcome {
	b := &e.background
	b.lock.Lock()
	defer b.lock.Unlock()
	o := b.outcomes[c]
	if age := time.Since(b.good[c]); o.metrics != nil && age > staleAfter*e.options.RefreshInterval {
		o.metrics, o.err = nil, errors.New("what was read is too old")
	}
	return o
}

// refreshWhenDue starts a refresh, unless one is running or the last is recent.
func (e *Exporter) refreshWhenDue() {
	b := &e.background
	b.lock.Lock()
	defer b.lock.Unlock()
	if b.running || time.Since(b.begun) < e.options.RefreshInterval {
		return
	}
	b.running, b.begun = true, time.Now()
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), e.options.RefreshInterval)
		defer cancel()
		e.refresh(ctx)
	}()
}

// refresh runs the collectors that work in the background, in one snapshot of their own.
func (e *Exporter) refresh(ctx context.Context) {
	b := &e.background
	outcomes := map[*collector]outcome{}
	err := e.snapshot(ctx, func(tx *sqlx.Tx, now time.Time) error {
		for _, c := range e.collectors {
			if !c.background {
				continue
			}
			o, err := e.run(ctx, tx, now, c, &reading{options: &e.options, cannotNote: e.cannotNote.Load()})
			if err != nil {
				return err
			}
			outcomes[c] = o
		}
		return nil
	})
	if err != nil {
		e.logger.Error("refresh failed", "err", explain(err))
	}
	b.lock.Lock()
	defer b.lock.Unlock()
	b.running = false
	for _, c := range e.collectors {
		if !c.background {
			continue
		}
		o, found := outcomes[c]
		if !found {
			o.err = err
		}
		if o.err == nil {
			b.good[c] = time.Now()
		} else { // what was found before is published for a while
			o.metrics, o.at = b.outcomes[c].metrics, b.outcomes[c].at
		}
		b.outcomes[c] = o
	}
}
