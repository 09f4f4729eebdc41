package exporter

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

var (
	upDesc = prometheus.NewDesc("entra_exporter_up",
		"Whether this scrape could read the database: it answered in time, is no hot standby and has the right schema.", nil, nil)
	collectorSuccessDesc = prometheus.NewDesc("entra_exporter_collector_success",
		"Whether a collector succeeded in this scrape.", []string{"collector"}, nil)
	collectorDurationDesc = prometheus.NewDesc("entra_exporter_collector_duration_seconds",
		"How long a collector took in this scrape.", []string{"collector"}, nil)
)

// collector reads the metric families that one query yields.
type collector struct {
	name  string
	query string
	descs []*prometheus.Desc
	// add turns the query's rows into samples.
	add func(rows *sqlx.Rows, s *samples) error
}

var allCollectors = []*collector{signInCollector, ingestCollector}

// scrape collects the metrics of the store, within a timeout. It is not a collector per request, because requests may
// share a collection; the clock starts with the first of them.
type scrape struct {
	*Exporter
	timeout time.Duration
}

// Describe implements prometheus.Collector.
func (s *scrape) Describe(ch chan<- *prometheus.Desc) {
	ch <- upDesc
	ch <- collectorSuccessDesc
	ch <- collectorDurationDesc
	for _, c := range allCollectors {
		for _, desc := range c.descs {
			ch <- desc
		}
	}
}

// Collect implements prometheus.Collector. It publishes what one snapshot of the database says or, without one, no
// numbers at all.
func (s *scrape) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
	defer cancel()
	metrics, err := s.read(ctx)
	up := 1.0
	if err != nil {
		s.logger.Error("scrape failed", "err", err)
		up, metrics = 0, nil
		for _, c := range allCollectors {
			metrics = append(metrics, prometheus.MustNewConstMetric(collectorSuccessDesc, prometheus.GaugeValue, 0, c.name))
		}
	}
	ch <- prometheus.MustNewConstMetric(upDesc, prometheus.GaugeValue, up)
	for _, metric := range metrics {
		ch <- metric
	}
}

// read runs every collector in one snapshot.
func (e *Exporter) read(ctx context.Context) ([]prometheus.Metric, error) {
	return snapshot(ctx, e, func(tx *sqlx.Tx, now time.Time) ([]prometheus.Metric, error) {
		var metrics []prometheus.Metric
		for _, c := range allCollectors {
			began := time.Now()
			collected := &samples{now: now, zeroHold: e.options.ZeroHold, highWater: e.highWater}
			success := 1.0
			if err := c.collect(ctx, tx, collected); err != nil {
				if missing(err) {
					return nil, err
				}
				// The others still have their say, unless the connection or the time is gone.
				if _, undo := tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT collector"); undo != nil {
					return nil, err
				}
				e.logger.Error("collector failed", "collector", c.name, "err", explain(err))
				success, collected = 0, &samples{}
			}
			metrics = append(metrics, collected.metrics()...)
			metrics = append(metrics,
				prometheus.MustNewConstMetric(collectorSuccessDesc, prometheus.GaugeValue, success, c.name),
				prometheus.MustNewConstMetric(collectorDurationDesc, prometheus.GaugeValue, time.Since(began).Seconds(), c.name))
		}
		return metrics, nil
	})
}

func (c *collector) collect(ctx context.Context, tx *sqlx.Tx, s *samples) error {
	if _, err := tx.ExecContext(ctx, "SAVEPOINT collector"); err != nil {
		return err
	}
	rows, err := tx.QueryxContext(ctx, c.query)
	if err != nil {
		return err
	}
	defer rows.Close()
	if err := c.add(rows, s); err != nil {
		return err
	}
	return rows.Err()
}

// ready tells whether a scrape would succeed: it has every query planned, which checks names and permissions, and reads no rows.
func (e *Exporter) ready(ctx context.Context) error {
	_, err := snapshot(ctx, e, func(tx *sqlx.Tx, _ time.Time) (struct{}, error) {
		for _, c := range allCollectors {
			if _, err := tx.ExecContext(ctx, "SELECT FROM ("+c.query+") q LIMIT 0"); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	return err
}

// snapshot returns what read finds in a snapshot of the database, or an error once ctx ends. One runs at a time: a
// database in trouble gets no pile of connections, and no snapshot is published after a later one.
func snapshot[T any](ctx context.Context, e *Exporter, read func(tx *sqlx.Tx, now time.Time) (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	var none T
	deadline, _ := ctx.Deadline()
	select {
	case e.reading <- struct{}{}:
	case <-ctx.Done():
		return none, errors.New("the database has not answered an earlier request yet")
	}
	// The driver does not return from a query before the server lets go of it, which may be never.
	answers := make(chan answer, 1)
	go func() {
		defer func() { <-e.reading }()
		var a answer
		if a.err = e.db.CheckVersion(ctx); a.err != nil {
			answers <- a
			return
		}
		a.err = e.db.Snapshot(ctx, time.Until(deadline), func(tx *sqlx.Tx) error {
			var standby bool
			var now time.Time
			if err := tx.QueryRowxContext(ctx, "SELECT pg_is_in_recovery(), now()").Scan(&standby, &now); err != nil {
				return err
			}
			if standby && !e.options.AllowStandby {
				return errors.New("the database is a hot standby, whose counters may lag and so seem to fall: connect to the primary, or allow it with --allow-standby")
			}
			var err error
			a.value, err = read(tx, now)
			return err
		})
		answers <- a
	}()
	select {
	case a := <-answers:
		if ctx.Err() == nil {
			return a.value, explain(a.err)
		}
	case <-ctx.Done():
	}
	return none, errors.New("the database has not answered in time")
}

// missing tells whether err says that the schema lacks what a query asks for.
func missing(err error) bool {
	return pq.As(err, pqerror.UndefinedTable, pqerror.UndefinedColumn, pqerror.InvalidSchemaName) != nil
}

// explain adds to a database's error what to do about it.
func explain(err error) error {
	switch {
	case missing(err):
		return fmt.Errorf("the database lacks the schema this program works with: run entra-activity migrate: %w", err)
	case pq.As(err, pqerror.InsufficientPrivilege) != nil:
		return fmt.Errorf("the role may not read the schema: grant it USAGE on schema %s and SELECT on its tables: %w", store.Schema, err)
	}
	return err
}
