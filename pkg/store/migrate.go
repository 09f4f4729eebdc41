package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/lib/pq"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"

	"github.com/entra-activity/entra-activity-datasource/pkg/store/migrations"
)

// SchemaVersion is the number of the last migration: the schema that this program works with.
const SchemaVersion = 4

const versionTable = Schema + ".schema_version"

// Migrate brings the database to SchemaVersion, one process at a time. It returns the versions it applied.
func Migrate(ctx context.Context, db *DB) ([]int64, error) {
	if _, err := db.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+Schema); err != nil && !isDuplicate(err) {
		return nil, fmt.Errorf("the schema %s could not be created; the role needs CREATE on the database: %w", Schema, err)
	}
	versions, err := database.NewStore(database.DialectPostgres, versionTable)
	if err != nil {
		return nil, err
	}
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, err
	}
	provider, err := goose.NewProvider("", db.DB.DB, migrations.Files, goose.WithStore(versions), goose.WithSessionLocker(locker))
	if err != nil {
		return nil, err
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return nil, err
	}
	applied := make([]int64, len(results))
	for i, r := range results {
		applied[i] = r.Source.Version
	}
	return applied, nil
}

// isDuplicate recognises two processes creating the schema at once, which IF NOT EXISTS does not settle.
func isDuplicate(err error) bool {
	var e *pq.Error
	return errors.As(err, &e) && (e.Code == "42P06" || e.Code == "23505")
}

// Version returns the number of the last migration applied; 0 where there is no schema.
func (db *DB) Version(ctx context.Context) (int64, error) {
	var exists bool
	if err := db.GetContext(ctx, &exists, "SELECT to_regclass($1) IS NOT NULL", versionTable); err != nil || !exists {
		return 0, err
	}
	var version int64
	err := db.GetContext(ctx, &version, "SELECT coalesce(max(version_id), 0) FROM "+versionTable+" WHERE is_applied")
	return version, err
}

// CheckVersion says what to do when the database's schema is not the one this program works with.
func (db *DB) CheckVersion(ctx context.Context) error {
	version, err := db.Version(ctx)
	switch {
	case err != nil:
		return err
	case version == 0:
		return errors.New("the database has no schema yet: run entra-activity migrate")
	case version < SchemaVersion:
		return fmt.Errorf("the database's schema is version %d and this program needs %d: run entra-activity migrate", version, SchemaVersion)
	case version > SchemaVersion:
		return fmt.Errorf("the database's schema is version %d and this program knows only %d: use a newer version of it", version, SchemaVersion)
	}
	return nil
}
