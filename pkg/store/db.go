// Package store keeps records in PostgreSQL: their rows and raw form, the entities they mention, the rollup and the
// totals that count them.
//
// The plugin reads, with a role that may only SELECT; the companion writes.
package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"golang.org/x/sync/semaphore"
)

// DB is a pool of connections to a store.
type DB struct {
	*sqlx.DB
	address string // for the connections that the pool does not make
	dialer  pq.Dialer
	patient *semaphore.Weighted // nil where the number of connections has no limit
}

// Config are the settings of a pool: how to reach the database, and how many connections to use.
type Config struct {
	// URL is a connection string of libpq's forms. The plugin fills Connection instead.
	URL        string
	Connection *pq.Config
	Dialer     pq.Dialer

	MaxOpenConns    int
	MaxIdleConns    int
	ConnMaxLifetime time.Duration
}

// Open prepares a pool; it does not connect.
func Open(config Config) (*DB, error) {
	connection, url := config.Connection, config.URL
	if connection != nil {
		url = address(connection)
	} else {
		parsed, err := pq.NewConfig(config.URL)
		if err != nil {
			return nil, fmt.Errorf("the database address is not understood: %w", err)
		}
		connection = &parsed
	}
	connector, err := pq.NewConnectorConfig(*connection)
	if err != nil {
		return nil, fmt.Errorf("the database settings are not usable: %w", err)
	}
	if config.Dialer != nil {
		connector.Dialer(config.Dialer)
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(config.MaxOpenConns)
	if config.MaxIdleConns > 0 {
		pool.SetMaxIdleConns(config.MaxIdleConns)
	}
	pool.SetConnMaxLifetime(config.ConnMaxLifetime)
	db := &DB{DB: sqlx.NewDb(pool, "postgres"), address: url, dialer: config.Dialer}
	if config.MaxOpenConns > 0 {
		db.patient = semaphore.NewWeighted(int64(max(1, config.MaxOpenConns/2)))
	}
	return db, nil
}

// Patiently runs a read that takes long. Such reads get half of the connections at most, so that quick ones never wait
// for them.
func (db *DB) Patiently(ctx context.Context, read func() error) error {
	if db.patient == nil {
		return read()
	}
	if err := db.patient.Acquire(ctx, 1); err != nil {
		return err
	}
	defer db.patient.Release(1)
	return read()
}

// Snapshot runs read in a transaction that sees one state of the database, may not write, and is canceled in
// PostgreSQL when the statement timeout passes or ctx ends. It also works through a pooler in transaction mode. settings
// are further settings of PostgreSQL for this transaction, such as "work_mem = '64MB'".
func (db *DB) Snapshot(ctx context.Context, timeout time.Duration, read func(tx *sqlx.Tx) error, settings ...string) error {
	tx, err := db.BeginTxx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // a read leaves nothing to undo
	// Compiling a statement takes longer than most of them do.
	settings = append([]string{"jit = off", fmt.Sprint("statement_timeout = ", timeout.Milliseconds())}, settings...)
	if _, err := tx.ExecContext(ctx, "SET LOCAL "+strings.Join(settings, "; SET LOCAL ")); err != nil {
		return err
	}
	return read(tx)
}

// transact runs write in a transaction.
func (db *DB) transact(ctx context.Context, write func(tx *sqlx.Tx) error) error {
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after a commit
	if err := write(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// transactLocked runs write in a transaction, one at a time for an advisory lock.
func (db *DB) transactLocked(ctx context.Context, lock int64, write func(tx *sqlx.Tx) error) error {
	return db.transact(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", lock); err != nil {
			return err
		}
		return write(tx)
	})
}
