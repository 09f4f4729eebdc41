package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// seriesLock is the advisory lock under which it is decided who gets series.
const seriesLock = partitionLock + 1

// Subject is what a grouping counts, without sign-in kind and status: an application, a country. It has series of its
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

// Decide decides about the subjects that have no series. It is final: who has series keeps them until the counters are
// reset. What was counted before stays with "other", so that no counter falls.
func (a Admission) Decide(ctx context.Context, db *DB) error {
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after a commit
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", int64(seriesLock)); err != nil {
		return err
	}
	candidates, err := a.candidates(ctx, tx)
	if err != nil || len(candidates) == 0 {
		return err
	}
	var own int
	if err := tx.GetContext(ctx, &own, "SELECT count(*) FROM entra.series WHERE grouping = $1 AND own", a.Grouping.Number); err != nil {
		return err
	}
	var fresh, promoted subjects
	for i, admitted := range a.Admit(own, candidates) {
		switch c := candidates[i]; {
		case !c.Decided:
			fresh.add(c, admitted)
		case admitted:
			promoted.add(c, true)
		}
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO entra.series (tenant, grouping, k1, k2, own, name)
SELECT tenant, $1, k1, k2, own, name FROM unnest($2::int[], $3::int[], $4::int[], $5::boolean[], $6::text[]) AS u(tenant, k1, k2, own, name)`,
		a.Grouping.Number, pq.Array(fresh.tenants), pq.Array(fresh.k1), pq.Array(fresh.k2), pq.Array(fresh.own), pq.Array(fresh.names)); err != nil {
		return err
	}
	if len(promoted.own) > 0 {
		if err := a.promote(ctx, tx, promoted); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// candidates reads who has no series, the most frequent first.
func (a Admission) candidates(ctx context.Context, tx *sqlx.Tx) ([]Candidate, error) {
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
LEFT JOIN (SELECT DISTINCT ON (p.tenant, u.id) p.tenant, u.id, u.name FROM entra.policies p, unnest(p.conditional_access_policy_ids, p.conditional_access_policies) AS u(id, name)
  ORDER BY p.tenant, u.id, p.id DESC) a ON a.tenant = c.tenant AND a.id = w.text`
		key, name = "coalesce(w.text, '')", "coalesce(nullif(a.name, ''), w.text, '')"
	}
	var candidates []Candidate
	err := each(ctx, tx, fmt.Sprintf(`SELECT c.tenant, c.k1, c.k2, c.n, c.decided, %s, %s FROM (
  SELECT x.tenant, x.k1, %s AS k2, sum(x.n)::bigint AS n, s.own IS NOT NULL AS decided
  FROM entra.total x LEFT JOIN entra.series s ON s.tenant = x.tenant AND s.grouping = x.grouping AND s.k1 = x.k1 AND s.k2 = %[3]s
  WHERE x.grouping = %[4]d AND s.own IS NOT TRUE GROUP BY x.tenant, x.k1, 3, 5) c %[5]s
ORDER BY c.n DESC, c.tenant, c.k1, c.k2`, key, name, k2, a.Grouping.Number, names), nil, func(scan func(...any) error) error {
		var c Candidate
		err := scan(&c.Tenant, &c.K1, &c.K2, &c.N, &c.Decided, &c.Key, &c.Name)
		candidates = append(candidates, c)
		return err
	})
	return candidates, err
}

// promote gives series to subjects that counted as "other". Writers wait for the moment between the two statements,
// which touch totals in the order that writers do.
func (a Admission) promote(ctx context.Context, tx *sqlx.Tx, promoted subjects) error {
	k2 := "true"
	if a.Keys > 1 {
		k2 = "x.k2 = u.k2"
	}
	args := []any{a.Grouping.Number, pq.Array(promoted.tenants), pq.Array(promoted.k1), pq.Array(promoted.k2)}
	const named = "unnest($2::int[], $3::int[], $4::int[]) AS u(tenant, k1, k2)"
	for _, statement := range []string{
		"SELECT FROM entra.total x JOIN " + named + " ON x.tenant = u.tenant AND x.k1 = u.k1 AND " + k2 + ` WHERE x.grouping = $1
ORDER BY x.tenant, x.grouping, x.k1, x.k2, x.k3, x.variant, x.status FOR UPDATE OF x`,
		"UPDATE entra.total x SET aside = x.n FROM " + named + " WHERE x.grouping = $1 AND x.tenant = u.tenant AND x.k1 = u.k1 AND " + k2,
		"UPDATE entra.series x SET own = true FROM " + named + " WHERE x.grouping = $1 AND x.tenant = u.tenant AND x.k1 = u.k1 AND x.k2 = u.k2",
	} {
		if _, err := tx.ExecContext(ctx, statement, args...); err != nil {
			return err
		}
	}
	return nil
}

// subjects holds subjects column by column, as unnest takes them.
type subjects struct {
	tenants, k1, k2 []int32
	own             []bool
	names           []string
}

func (s *subjects) add(c Candidate, own bool) {
	s.tenants, s.k1, s.k2 = append(s.tenants, c.Tenant), append(s.k1, c.K1), append(s.k2, c.K2)
	s.own, s.names = append(s.own, own), append(s.names, c.Name)
}

// ResetCounters starts all counters of the metrics anew, from 0 and with a new time of creation, and forgets who has
// series of its own. After a restore from a backup this tells Prometheus the truth: a reset, instead of a fall.
// Writers wait meanwhile.
func ResetCounters(ctx context.Context, db *DB) error {
	tx, err := db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // does nothing after a commit
	for _, statement := range []string{
		"LOCK TABLE entra.total IN SHARE ROW EXCLUSIVE MODE",
		"UPDATE entra.total SET n = 0, aside = 0, created = clock_timestamp()",
		"UPDATE entra.source SET new = 0, changed = 0, unchanged = 0, refused = 0, created = clock_timestamp(), delays = '{}', delay_seconds = 0",
		"DELETE FROM entra.series",
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return tx.Commit()
}
