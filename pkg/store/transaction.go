package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// transaction writes one batch. It takes its locks in the order that docs/architecture.md describes.
type transaction struct {
	*Writer
	conn *sqlx.Conn // on which tx is open: COPY needs the connection itself
	tx   *sqlx.Tx
	now  time.Time // when the transaction began

	cells   map[cell]int64 // by how much the rollup's cells change
	totals  map[cell]total
	sources map[int32]progress // by tenant
	result  Result
}

func (t *transaction) run(ctx context.Context, batch Batch, byKind map[*activity.Kind][]*pending) (err error) {
	if t.conn, err = t.db.Connx(ctx); err != nil {
		return err
	}
	defer t.conn.Close() //nolint:errcheck // it goes back to the pool
	if t.tx, err = t.conn.BeginTxx(ctx, nil); err != nil {
		return err
	}
	defer t.tx.Rollback() //nolint:errcheck // does nothing after a commit
	if err := t.loadClasses(ctx); err != nil {
		return err
	}
	for _, kind := range activity.Kinds() {
		if records := byKind[kind]; len(records) > 0 {
			if err := t.writeKind(ctx, kind, records); err != nil {
				return fmt.Errorf("%s: %w", kind.Label, err)
			}
		}
	}
	if err := writeCells(ctx, t.tx, t.cells); err != nil {
		return fmt.Errorf("rollup: %w", err)
	}
	if err := t.writeTotals(ctx); err != nil {
		return fmt.Errorf("totals: %w", err)
	}
	if err := t.writeSources(ctx, batch); err != nil {
		return fmt.Errorf("source: %w", err)
	}
	return t.tx.Commit()
}

// loadClasses reads the classes of error codes where they have changed, and keeps them from changing until the end.
func (t *transaction) loadClasses(ctx context.Context) error {
	var list string
	var version int
	row := t.tx.QueryRowContext(ctx, "SELECT list, version, now() FROM entra.classification FOR SHARE")
	if err := row.Scan(&list, &version, &t.now); err != nil || version == t.version {
		return err
	}
	own, err := ownClasses(ctx, t.tx)
	if err == nil {
		t.classes, t.version = activity.CodeList(list).Classes(own), version
	}
	return err
}

func (t *transaction) writeKind(ctx context.Context, kind *activity.Kind, records []*pending) error {
	if err := t.register(ctx, kind, records); err != nil {
		return err
	}
	if old := kept(records, func(s state) bool { return s == changed }); len(old) > 0 {
		if err := t.remove(ctx, kind, old); err != nil {
			return err
		}
	}
	if written := kept(records, func(s state) bool { return s != unchanged }); len(written) > 0 {
		for _, p := range written {
			p.status = StatusCode(p.Status(t.classes))
			if f := layouts[kind].signInType; f != nil {
				p.signInType = SignInTypeCode(p.Get(f))
			}
		}
		if err := t.copyRows(ctx, kind, written); err != nil {
			return err
		}
		if err := t.notify(ctx, kind, written); err != nil {
			return err
		}
	}
	counts := t.result.Counts[kind]
	for _, p := range records {
		counts.add(p.state)
		t.addProgress(p)
		if p.state != unchanged {
			t.count(kind, p)
		}
	}
	t.result.Counts[kind] = counts
	return nil
}
