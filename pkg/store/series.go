package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// seriesLock is the advisory lock under which exporters decide which subjects get series.
const seriesLock = partitionLock + 1

// Subject is what a grouping counts, without sign-in type and status: an application, a country. It has series of its
// own in the metrics, or counts as "other".
type Subject struct {
	Tenant int32
	K1, K2 int32
}

// Candidate is a subject without series of its own.
type Candidate struct {
	Subject
	Name    string // by which it will be published; empty for the grouping's keys themselves
	Key     string // an application's id or a policy's; empty for others
	N       int64  // how many records were counted
	Decided bool   // so far it counts as "other"
}

// Admission decides which subjects of a grouping get series of their own.
type Admission struct {
	Grouping *Grouping
	Keys     int // how many of the grouping's keys make a subject: 1 or 2
	// Admit is given how many subjects have series and the others, those with the most records first. It returns
	// which of these get series from now on.
	Admit func(own int, candidates []Candidate) []bool
}

// Decide decides about the subjects that have no series. It is final: a subject keeps its series until the counters are
// reset. What was counted before stays with "other", so that no counter falls.
func (a Admission) Decide(ctx context.Context, db *DB) error {
	return db.transactLocked(ctx, seriesLock, func(tx *sqlx.Tx) error {
		candidates, err := a.candidates(ctx, tx)
		if err != nil || len(candidates) == 0 {
			return err
		}
		var own int
		if err := tx.GetContext(ctx, &own, "SELECT count(*) FROM entra.series WHERE grouping = $1 AND own", a.Grouping.Number); err != nil {
			return err
		}
		var undecided, promoted []Candidate
		admitted := map[Subject]bool{}
		for i, admit := range a.Admit(own, candidates) {
			c := candidates[i]
			admitted[c.Subject] = admit
			if !c.Decided {
				undecided = append(undecided, c)
			} else if admit {
				promoted = append(promoted, c)
			}
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO entra.series (grouping, tenant, k1, k2, own, name)
SELECT $1, u.* FROM unnest($2::int[], $3::int[], $4::int[], $5::boolean[], $6::text[]) AS u`, append(a.arguments(undecided),
			column(undecided, func(c Candidate) bool { return admitted[c.Subject] }),
			column(undecided, func(c Candidate) string { return c.Name }))...); err != nil || len(promoted) == 0 {
			return err
		}
		return a.promote(ctx, tx, promoted)
	})
}

// arguments returns the grouping's number and the candidates' tenants and keys as arrays.
func (a Admission) arguments(candidates []Candidate) []any {
	return []any{
		a.Grouping.Number,
		column(candidates, func(c Candidate) int32 { return c.Tenant }),
		column(candidates, func(c Candidate) int32 { return c.K1 }),
		column(candidates, func(c Candidate) int32 { return c.K2 }),
	}
}

// candidates reads the subjects without series, the most frequent first.
func (a Admission) candidates(ctx context.Context, tx *sqlx.Tx) (candidates []Candidate, err error) {
	k2 := "0"
	if a.Keys > 1 {
		k2 = "x.k2"
	}
	names, key, name := "", "''", "''"
	switch {
	case a.Grouping.Entity == activity.Application:
		names = "LEFT JOIN entra.application a ON a.id = c.k1"
		key, name = "coalesce(a.app_id, '')", "coalesce(nullif(a.app_display_name, ''), a.app_id, '')"
	case a.Grouping.PerPolicy:
		names = `LEFT JOIN entra.word w ON w.id = c.k1
LEFT JOIN (SELECT DISTINCT ON (p.tenant, u.id) p.tenant, u.id, u.name
  FROM entra.policies p, unnest(p.conditional_access_policy_ids, p.conditional_access_policies) AS u(id, name)
  ORDER BY p.tenant, u.id, p.id DESC) a ON a.tenant = c.tenant AND a.id = w.text`
		key, name = "coalesce(w.text, '')", "coalesce(nullif(a.name, ''), w.text, '')"
	}
	err = tx.SelectContext(ctx, &candidates, fmt.Sprintf(`SELECT c.tenant, c.k1, c.k2, c.n, c.decided, %s AS key, %s AS name FROM (
  SELECT x.tenant, x.k1, %s AS k2, sum(x.n)::bigint AS n, s.own IS NOT NULL AS decided FROM entra.total x
  LEFT JOIN entra.series s ON s.tenant = x.tenant AND s.grouping = x.grouping AND s.k1 = x.k1 AND s.k2 = %[3]s
  WHERE x.grouping = %[4]d AND s.own IS NOT TRUE GROUP BY x.tenant, x.k1, 3, 5) c %[5]s
ORDER BY c.n DESC, c.tenant, c.k1, c.k2`, key, name, k2, a.Grouping.Number, names))
	return candidates, err
}

// promote gives series to subjects that counted as "other". Writers wait for the moment between the first two
// statements, which touch totals in the order that writers do.
func (a Admission) promote(ctx context.Context, tx *sqlx.Tx, promoted []Candidate) error {
	k2 := "true"
	if a.Keys > 1 {
		k2 = "x.k2 = u.k2"
	}
	const subjects = "unnest($2::int[], $3::int[], $4::int[]) AS u(tenant, k1, k2)"
	for _, statement := range []string{
		"SELECT FROM entra.total x JOIN " + subjects + " ON x.tenant = u.tenant AND x.k1 = u.k1 AND " + k2 + ` WHERE x.grouping = $1
ORDER BY x.tenant, x.grouping, x.k1, x.k2, x.k3, x.variant, x.status FOR UPDATE OF x`,
		"UPDATE entra.total x SET aside = x.n FROM " + subjects +
			" WHERE x.grouping = $1 AND x.tenant = u.tenant AND x.k1 = u.k1 AND " + k2,
		"UPDATE entra.series x SET own = true FROM " + subjects +
			" WHERE x.grouping = $1 AND x.tenant = u.tenant AND x.k1 = u.k1 AND x.k2 = u.k2",
	} {
		if _, err := tx.ExecContext(ctx, statement, a.arguments(promoted)...); err != nil {
			return err
		}
	}
	return nil
}

// ResetCounters starts all counters of the metrics anew, from 0 and with a new time of creation, and forgets which
// subjects have series of their own. After a restore from a backup, Prometheus then sees the truth: a reset, instead of
// a fall. Writers wait meanwhile.
func ResetCounters(ctx context.Context, db *DB) error {
	return db.transact(ctx, func(tx *sqlx.Tx) error {
		for _, statement := range []string{
			"LOCK TABLE entra.total IN SHARE ROW EXCLUSIVE MODE",
			"UPDATE entra.total SET n = 0, aside = 0, created = clock_timestamp()",
			`UPDATE entra.source SET new = 0, changed = 0, unchanged = 0, refused = 0, created = clock_timestamp(),
  delays = '{}', delay_seconds = 0`,
			"DELETE FROM entra.series",
		} {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}
