package store

import (
	"context"
	"strings"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
)

// Group is a group of the directory, with all users that are members of it.
type Group struct {
	ID      string
	Name    string   // empty: the name it had
	Members []string // the users' object ids
}

// ReplaceGroups gives each of the groups the members listed, and no others. Other groups stay as they are.
func ReplaceGroups(ctx context.Context, db *DB, tenant string, groups []Group) error {
	tenant = strings.ToLower(strings.TrimSpace(tenant))
	tenants := tenantDictionary(db)
	tenants.want(tenant)
	if err := tenants.resolve(ctx); err != nil {
		return err
	}
	return db.transact(ctx, func(tx *sqlx.Tx) error {
		for _, g := range groups {
			if err := replaceGroup(ctx, tx, tenants.ids[tenant], g); err != nil {
				return err
			}
		}
		return nil
	})
}

func replaceGroup(ctx context.Context, tx *sqlx.Tx, tenant int32, g Group) error {
	var id int32
	if err := tx.GetContext(ctx, &id, `INSERT INTO entra.directory_group AS g (tenant, group_id, display_name, imported)
VALUES ($1, lower($2), $3, now()) ON CONFLICT (tenant, group_id) DO UPDATE
SET display_name = coalesce(nullif(excluded.display_name, ''), g.display_name), imported = now() RETURNING id`,
		tenant, g.ID, g.Name); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM entra.group_member WHERE tenant = $1 AND directory_group = $2", tenant, id); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO entra.group_member (tenant, directory_group, user_id)
SELECT DISTINCT $1::int, $2::int, lower(u) FROM unnest($3::text[]) AS u`, tenant, id, pq.Array(g.Members))
	return err
}
