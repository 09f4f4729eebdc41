package exporter

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
)

const (
	// staleAfter is how many refreshes may fail before what they last found is no longer published.
	staleAfter = 3
	// restAfter is how many times as long as its last refresh took a collector rests at least: at most one hundredth of
	// the time goes into it, however much there is to read.
	restAfter = 100
)

// background holds what expensive collectors last found. A scrape has it refreshed when it is due, and does not wait.
type background struct {
	ending    context.Context // done once the exporter ends
	end       context.CancelFunc
	refreshes sync.WaitGroup

	lock      sync.Mutex
	running   bool
	started   map[*collector]time.Time // its last refresh, by this machine's clock
	succeeded map[*collector]time.Time // the last refresh that did
	outcomes  map[*collector]outcome
}

func newBackground() background {
	ending, end := context.WithCancel(context.Background())
	return background{
		ending: ending, end: end,
		started: map[*collector]time.Time{}, succeeded: map[*collector]time.Time{}, outcomes: map[*collector]outcome{},
	}
}

// stop ends the refresh under way, and waits until it has let go of the database; not for ever, as a server may be gone.
func (b *background) stop() {
	b.lock.Lock()
	b.end()
	b.lock.Unlock()
	stopped := make(chan struct{})
	go func() {
		b.refreshes.Wait()
		close(stopped)
	}()
	select {
	case <-stopped:
	case <-time.After(shutdownTimeout):
	}
}

// interval returns how often a collector is refreshed.
func (e *Exporter) interval(o outcome) time.Duration {
	return max(e.options.RefreshInterval, restAfter*o.took)
}

// refreshed returns what a collector last found in the background.
func (e *Exporter) refreshed(c *collector) outcome {
	b := &e.background
	b.lock.Lock()
	defer b.lock.Unlock()
	o := b.outcomes[c]
	if age := time.Since(b.succeeded[c]); o.published != nil && age > staleAfter*e.interval(o) {
		o.published, o.err = nil, errors.New("what was read is too old")
	}
	return o
}

// refreshWhenDue starts a refresh of the collectors whose turn it is, unless one is running.
func (e *Exporter) refreshWhenDue() {
	b := &e.background
	b.lock.Lock()
	defer b.lock.Unlock()
	if b.running || b.ending.Err() != nil {
		return
	}
	var due []*collector
	for _, c := range e.collectors {
		if c.background && time.Since(b.started[c]) >= e.interval(b.outcomes[c]) {
			due = append(due, c)
			b.started[c] = time.Now()
		}
	}
	if len(due) == 0 {
		return
	}
	b.running = true
	b.refreshes.Go(func() {
		ctx, cancel := context.WithTimeout(b.ending, e.options.RefreshInterval)
		defer cancel()
		e.refresh(ctx, due)
	})
}

// refresh runs collectors in the background, in one snapshot of their own.
func (e *Exporter) refresh(ctx context.Context, due []*collector) {
	outcomes := map[*collector]outcome{}
	err := e.snapshot(ctx, func(tx *sqlx.Tx, now time.Time) error {
		for _, c := range due {
			o, err := e.run(ctx, tx, now, c, &reading{options: &e.options, cannotNote: e.cannotNote.Load()})
			if err != nil {
				return err
			}
			outcomes[c] = o
		}
		return nil
	})
	if err != nil && !errors.Is(ctx.Err(), context.Canceled) { // whatever the driver says of a refresh that was ended
		e.logger.Error("refresh failed", "err", explain(err))
	}
	b := &e.background
	b.lock.Lock()
	defer b.lock.Unlock()
	b.running = false
	for _, c := range due {
		o, found := outcomes[c]
		if !found {
			o.err = err
		}
		if o.err == nil {
			b.succeeded[c] = time.Now()
		} else { // what was found before is published for a while
			o.published, o.at = b.outcomes[c].published, b.outcomes[c].at
		}
		b.outcomes[c] = o
	}
}
