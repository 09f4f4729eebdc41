package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"

	"github.com/entra-activity/entra-activity-datasource/pkg/store/migrations"
)

// SchemaVersion is the number of the last migration: the schema that this program works with.
const SchemaVersion = 9

const versionTable = Schema + ".schema_version"

// Migrate brings the database to SchemaVersion, one process at a time. It returns the versions it applied.
func Migrate(ctx context.Context, db *DB) ([]int64, error) {
	_, err := db.ExecContext(ctx, "CREATE SCHEMA IF NOT EXISTS "+Schema)
	if e := pq.As(err, pqerror.InsufficientPrivilege); e != nil {
		return nil, fmt.Errorf("%s: the role needs the right CREATE on the database, to make the schema %s in it", e.Message, Schema)
	}
	// IF NOT EXISTS does not settle the race of two processes that create the schema at once.
	if err != nil && pq.As(err, pqerror.DuplicateSchema, pqerror.UniqueViolation) == nil {
		return nil, err
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

// VersionError is a database whose schema is not the one this program works with.
type VersionError struct{ Found int } // the number of the last migration applied; 0 where there is no schema

func (e *VersionError) Error() string {
	switch {
	case e.Found == 0:
		return `the database has no Entra ID activity yet: run "entra-activity migrate" on it`
	case e.Found < SchemaVersion:
		return fmt.Sprintf(`the database's schema is too old (version %d, needed is %d): run "entra-activity migrate" on it`,
			e.Found, SchemaVersion)
	}
	return fmt.Sprintf("the database's schema is newer than is known here (version %d, known is %d): update this program",
		e.Found, SchemaVersion)
}

// CheckVersion returns a *VersionError when the database's schema is not the one this program works with.
func CheckVersion(ctx context.Context, db sqlx.QueryerContext) error {
	var exists bool
	if err := sqlx.GetContext(ctx, db, &exists, "SELECT to_regclass($1) IS NOT NULL", versionTable); err != nil {
		return err
	}
	found := 0
	if exists {
		latest := "SELECT coalesce(max(version_id), 0) FROM " + versionTable + " WHERE is_applied"
		if err := sqlx.GetContext(ctx, db, &found, latest); err != nil {
			return err
		}
	}
	if found != SchemaVersion {
		return &VersionError{found}
	}
	return nil
}
