package store

import (
	"context"
	"strings"

	"github.com/lib/pq"
)

// Group is a group of the directory, with all users that are members of it.
type Group struct {
	ID      string
	Name    string   // empty: the name it had
	Members []string // the users' object ids
}

// ReplaceGroups makes the groups given have the members given, and no others. Other groups stay as they are.
func ReplaceGroups(ctx context.Context, db *DB, tenant string, groups []Group) error {
	tenant = strings.ToLower(strings.TrimSpace(tenant))
	tenants := map[string]int32{}
	if err := lookUp(ctx, db, "entra.tenant", "tenant_id", map[string]bool{tenant: true}, tenants); err != nil {
		return err
	}
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after a commit
	for _, g := range groups {
		var id int32
		if err := tx.GetContext(ctx, &id, `INSERT INTO entra.directory_group AS g (tenant, group_id, display_name, imported) VALUES ($1, lower($2), $3, now())
ON CONFLICT (tenant, group_id) DO UPDATE SET display_name = coalesce(nullif(excluded.display_name, ''), g.display_name), imported = now() RETURNING id`,
			tenants[tenant], g.ID, g.Name); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM entra.group_member WHERE tenant = $1 AND directory_group = $2", tenants[tenant], id); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT INTO entra.group_member (tenant, directory_group, user_id) SELECT DISTINCT $1::int, $2::int, lower(u) FROM unnest($3::text[]) AS u",
			tenants[tenant], id, pq.Array(g.Members)); err != nil {
			return err
		}
	}
	return tx.Commit()
}
