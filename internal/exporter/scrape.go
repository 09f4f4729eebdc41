package exporter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	dto "github.com/prometheus/client_model/go"

	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

var (
	upMetric = gauge("entra_exporter_up",
		"Whether this scrape could read the database: it answered in time, is no hot standby and has the right schema.")
	collectorSuccess = gauge("entra_exporter_collector_success",
		"Whether a collector succeeded: in this scrape or, in the background, when it was last refreshed.", "collector")
	collectorDuration = gauge("entra_exporter_collector_duration_seconds",
		"How long a collector took: in this scrape or, in the background, when it was last refreshed.", "collector")
	refreshMetric = gauge("entra_exporter_refresh_timestamp_seconds",
		"When what a collector refreshes in the background was read.", "collector")
	limitedMetric = gauge("entra_exporter_series_limited",
		"How many applications, countries and so on count as \"other\" because the limit of series is reached.", "collector")
)

// scrape gathers the metrics of the store, within a timeout, and those of this process. It is not made per request, because
// requests may share a collection; the clock starts with the first of them.
type scrape struct {
	*Exporter
	timeout time.Duration
}

// Gather implements prometheus.Gatherer. It publishes the numbers of one snapshot of the database or, without one, none.
func (s *scrape) Gather() ([]*dto.MetricFamily, error) {
	ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
	defer cancel()
	all, err := readInTime(ctx, s.Exporter, s.read)
	up := 1.0
	if err != nil {
		s.logger.Error("scrape failed", "err", err)
		up, all = 0, nil
		for _, c := range s.collectors {
			all = append(all, collectorSuccess.value(0, c.name))
		}
	}
	process, err := s.registry.Gather()
	return append(families(append(all, upMetric.value(up))), process...), err
}

// reading is what collectors read in one snapshot.
type reading struct {
	*samples
	options    *Options
	cannotNote bool // which subjects have series cannot be noted in the database
	undecided  bool // there are subjects about whose series nothing is decided yet
	limited    int  // how many subjects of the current collector count as "other" for lack of room
}

// outcome is what a collector published, and what the metrics about it say.
type outcome struct {
	published []published
	err       error
	took      time.Duration
	at        time.Time // the snapshot's
	limited   int
}

// read publishes what every collector finds. Where nothing is decided about a subject's series yet, it decides and reads
// again, so that the scrape that first meets the subject has it.
func (e *Exporter) read(ctx context.Context) ([]published, error) {
	defer e.refreshWhenDue()
	all, undecided, err := e.readOnce(ctx)
	if err != nil || e.cannotNote.Load() || e.decided && !undecided {
		return all, err
	}
	if err := e.decide(ctx); err != nil {
		return nil, err
	}
	e.decided = true
	if undecided {
		all, _, err = e.readOnce(ctx)
	}
	return all, err
}

func (e *Exporter) readOnce(ctx context.Context) (all []published, undecided bool, err error) {
	err = e.snapshot(ctx, func(tx *sqlx.Tx, now time.Time) error {
		r := &reading{options: &e.options, cannotNote: e.cannotNote.Load()}
		for _, c := range e.collectors {
			var o outcome
			if c.background {
				o = e.refreshed(c)
			} else if o, err = e.run(ctx, tx, now, c, r); err != nil {
				return err
			}
			all = append(all, o.describe(c)...)
		}
		undecided = r.undecided
		return nil
	})
	return all, undecided, err
}

// run runs a collector. It returns only errors that end the whole reading; other collectors still run after an error that
// concerns one alone.
func (e *Exporter) run(ctx context.Context, tx *sqlx.Tx, now time.Time, c *collector, r *reading) (outcome, error) {
	began := time.Now()
	r.samples, r.limited = e.samples[c], 0
	r.begin(now)
	err := c.collect(ctx, tx, r)
	if err != nil {
		if isMissing(err) {
			return outcome{}, err
		}
		if _, undo := tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT collector"); undo != nil {
			return outcome{}, err
		}
		e.logger.Error("collector failed", "collector", c.name, "err", explain(err))
		return outcome{err: err, took: time.Since(began), at: now}, nil
	}
	return outcome{published: r.publish(), took: time.Since(began), at: now, limited: r.limited}, nil
}

func (c *collector) collect(ctx context.Context, tx *sqlx.Tx, r *reading) error {
	rows, err := tx.QueryContext(ctx, c.query)
	if err != nil {
		return err
	}
	defer rows.Close()
	if err := c.add(rows, r); err != nil {
		return err
	}
	return rows.Err()
}

// describe returns a collector's metrics and those about it.
func (o outcome) describe(c *collector) []published {
	success := 1.0
	if o.err != nil {
		success = 0
	}
	all := append(slices.Clip(o.published), collectorSuccess.value(success, c.name), collectorDuration.value(o.took.Seconds(), c.name))
	if c.background && !o.at.IsZero() {
		all = append(all, refreshMetric.value(float64(o.at.UnixMicro())/1e6, c.name))
	}
	if c.family != nil && !c.background && c.family.keys > 0 {
		all = append(all, limitedMetric.value(float64(o.limited), c.name))
	}
	return all
}

// ready returns an error where a scrape would fail. It has every query planned, which checks names and permissions, and
// reads no rows.
func (e *Exporter) ready(ctx context.Context) (struct{}, error) {
	return struct{}{}, e.snapshot(ctx, func(tx *sqlx.Tx, _ time.Time) error {
		for _, c := range e.collectors {
			if _, err := tx.ExecContext(ctx, "EXPLAIN "+c.query); err != nil {
				return err
			}
		}
		return nil
	})
}

// readInTime returns what read finds in the database, or an error once ctx ends. One runs at a time: a database in
// trouble gets no pile of connections, and no snapshot is published after a later one.
func readInTime[T any](ctx context.Context, e *Exporter, read func(context.Context) (T, error)) (none T, err error) {
	type result struct {
		value T
		err   error
	}
	select {
	case e.reading <- struct{}{}:
	case <-ctx.Done():
		return none, errors.New("the database has not answered an earlier request yet")
	}
	// The driver does not return from a query before the server lets go of it, which may be never.
	results := make(chan result, 1)
	go func() {
		defer func() { <-e.reading }()
		var r result
		if r.err = store.CheckVersion(ctx, e.db); r.err == nil {
			r.value, r.err = read(ctx)
		}
		results <- r
	}()
	select {
	case r := <-results:
		if ctx.Err() == nil {
			return r.value, explain(r.err)
		}
	case <-ctx.Done():
	}
	return none, errors.New("the database has not answered in time")
}

// snapshot runs read in a transaction that sees one state of the database, with a savepoint for collectors that fail.
func (e *Exporter) snapshot(ctx context.Context, read func(tx *sqlx.Tx, now time.Time) error) error {
	deadline, _ := ctx.Deadline()
	return e.db.Snapshot(ctx, time.Until(deadline), func(tx *sqlx.Tx) error {
		var standby bool
		var now time.Time
		if err := tx.QueryRowxContext(ctx, "SELECT pg_is_in_recovery(), now()").Scan(&standby, &now); err != nil {
			return err
		}
		if standby && !e.options.AllowStandby {
			return errors.New("the database is a hot standby, whose counters may lag and so seem to fall: " +
				"connect to the primary, or allow it with --allow-standby")
		}
		if _, err := tx.ExecContext(ctx, "SAVEPOINT collector"); err != nil {
			return err
		}
		return read(tx, now)
	})
}

// isMissing reports whether err says that the schema lacks what a query asks for.
func isMissing(err error) bool {
	category := store.Classify(err)
	return category == store.MissingSchema || category == store.SchemaMismatch
}

// explain adds to a database's error what to do about it.
func explain(err error) error {
	switch {
	case isMissing(err):
		return fmt.Errorf(`the database lacks the schema this program works with: run "entra-activity migrate" on it: %w`, err)
	case store.Classify(err) == store.MissingRight:
		return fmt.Errorf("the role may not read the schema: grant it USAGE on schema %s and SELECT on its tables: %w", store.Schema, err)
	}
	return err
}
