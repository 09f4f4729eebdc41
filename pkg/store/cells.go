package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// NoInteger is the key of a record without the integer a grouping counts by; 0 is a value, the error code of success.
const NoInteger = -1

// cell is a row of the rollup without its count, or one of the totals, which have no buckets.
type cell struct {
	tenant             int32
	grouping           int16
	tier               Tier
	bucket             int64 // microseconds since the epoch
	k                  [3]int32
	signInType, status int16
	edge               bool
}

// compare orders cells as the primary key does. Writers touch cells in this order, so they cannot deadlock.
func (c cell) compare(d cell) int {
	return cmp.Or(cmp.Compare(c.tenant, d.tenant), cmp.Compare(c.grouping, d.grouping), cmp.Compare(c.tier, d.tier),
		cmp.Compare(c.signInType, d.signInType), cmp.Compare(c.bucket, d.bucket), slices.Compare(c.k[:], d.k[:]),
		cmp.Compare(c.status, d.status), boolInt(c.edge)-boolInt(d.edge))
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// count adds a record to the cells that it counts in and, where it is new, to the totals.
func (t *transaction) count(kind *activity.Kind, p *pending) {
	var buckets [Week + 1]cell
	for _, tier := range Tiers {
		start, edge := tier.Bucket(p.Time)
		buckets[tier] = cell{bucket: start.UnixMicro(), edge: edge}
	}
	for _, g := range layouts[kind].groupings {
		t.keys = t.appendKeys(t.keys[:0], g, p)
		for _, k := range t.keys {
			c := cell{tenant: p.tenantID, grouping: g.Number, k: k, signInType: p.signInType, status: p.status}
			if p.state == added && g.Total {
				t.totals[c] = t.totals[c].plus(p.Time)
			}
			for _, c.tier = range g.Tiers {
				c.bucket, c.edge = buckets[c.tier].bucket, buckets[c.tier].edge
				t.cells[c]++
			}
		}
	}
}

// appendKeys appends the keys under which a grouping counts a record.
func (w *Writer) appendKeys(keys [][3]int32, g *Grouping, p *pending) [][3]int32 {
	ids := w.entities.dictionary.ids
	if g.PerPolicy {
		policies, results := p.List(policyIDs), p.List(policyResults)
		for i := range max(len(policies), len(results)) {
			keys = append(keys, [3]int32{ids[nth(policies, i)], ids[nth(results, i)]})
		}
		return keys
	}
	var key [3]int32
	if g.Entity != nil {
		key[0] = p.references[layouts[g.Kind].positions[g]]
	}
	for _, f := range g.Fields {
		i, text := g.Key(f), p.Get(f)
		if f.Type != activity.Integer {
			key[i] = ids[text]
		} else if n, err := strconv.ParseInt(text, 10, 32); err == nil {
			key[i] = int32(n)
		} else {
			key[i] = NoInteger
		}
	}
	return append(keys, key)
}

func nth(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

// writeCells adds to the rollup's counts, and removes cells that have become empty.
func writeCells(ctx context.Context, tx *sqlx.Tx, cells map[cell]int64) error {
	maps.DeleteFunc(cells, func(_ cell, n int64) bool { return n == 0 })
	if len(cells) == 0 {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO entra.rollup AS r SELECT * FROM unnest($1::entra.rollup[])
ON CONFLICT (tenant, grouping, tier, variant, bucket, k1, k2, k3, status, edge) DO UPDATE SET n = r.n + excluded.n`,
		cellArray(cells)); err != nil {
		return err
	}
	maps.DeleteFunc(cells, func(_ cell, n int64) bool { return n > 0 })
	if len(cells) == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `DELETE FROM entra.rollup r USING unnest($1::entra.rollup[]) u
WHERE r.n = 0 AND (r.tenant, r.grouping, r.tier, r.variant, r.bucket, r.k1, r.k2, r.k3, r.status, r.edge)
  = (u.tenant, u.grouping, u.tier, u.variant, u.bucket, u.k1, u.k2, u.k3, u.status, u.edge)`, cellArray(cells))
	return err
}

// cellArray returns cells in their order as PostgreSQL writes an array of rows of the rollup. PostgreSQL reads it in half
// the time that one array for each column takes.
func cellArray(cells map[cell]int64) string {
	b := []byte{'{'}
	for i, c := range slices.SortedFunc(maps.Keys(cells), cell.compare) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `"(`...)
		for _, n := range []int64{int64(c.tenant), int64(c.grouping), int64(c.tier), int64(c.signInType)} {
			b = append(strconv.AppendInt(b, n, 10), ',')
		}
		b = time.UnixMicro(c.bucket).UTC().AppendFormat(b, time.RFC3339)
		for _, n := range []int64{int64(c.k[0]), int64(c.k[1]), int64(c.k[2]), int64(c.status)} {
			b = strconv.AppendInt(append(b, ','), n, 10)
		}
		b = strconv.AppendBool(append(b, ','), c.edge)
		b = strconv.AppendInt(append(b, ','), cells[c], 10)
		b = append(b, `)"`...)
	}
	return string(append(b, '}'))
}

// eachCell runs a query of rowsAsCells' columns and calls read for every cell and its count.
func eachCell(ctx context.Context, tx *sqlx.Tx, query string, args []any, read func(c cell, n int64)) error {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var c cell
		var bucket time.Time
		var n int64
		if err := rows.Scan(&c.tenant, &c.grouping, &c.tier, &bucket, &c.k[0], &c.k[1], &c.k[2],
			&c.signInType, &c.status, &c.edge, &n); err != nil {
			return err
		}
		c.bucket = bucket.UnixMicro()
		read(c, n)
	}
	return rows.Err()
}

// rowsAsAllCells returns the SELECT of rowsAsCells for all tiers of groupings; empty where they have none.
func rowsAsAllCells(groupings []*Grouping, status, where string) string {
	var parts []string
	for _, g := range groupings {
		for _, tier := range g.Tiers {
			parts = append(parts, rowsAsCells(g, tier, status, where))
		}
	}
	return strings.Join(parts, "\nUNION ALL\n")
}

// rowsAsCells returns the SELECT that counts rows as the rollup does: the same cells, from scratch. where restricts the
// rows r. It is what the rollup must equal at any moment, and how reclassification moves it.
func rowsAsCells(g *Grouping, tier Tier, status, where string) string {
	from := Table(g.Kind) + " r"
	joined := map[*activity.Entity]bool{}
	join := func(e *activity.Entity) {
		if !joined[e] {
			joined[e] = true
			from += fmt.Sprintf(" LEFT JOIN %s %s ON %[2]s.id = r.%[2]s", EntityTable(e), Reference(e))
		}
	}
	keys := []string{"0", "0", "0"}
	switch {
	case g.Entity != nil:
		keys[0] = "r." + Reference(g.Entity)
	case g.PerPolicy:
		join(activity.Policies)
		from += ` CROSS JOIN LATERAL
  unnest(policies.conditional_access_policy_ids, policies.conditional_access_policy_results) AS p(id, result)
JOIN entra.word w1 ON w1.text = coalesce(p.id, '') JOIN entra.word w2 ON w2.text = coalesce(p.result, '')`
		keys[0], keys[1] = "w1.id", "w2.id"
	}
	for _, f := range g.Fields {
		i, table := g.Key(f), "r"
		if f.Of != nil {
			join(f.Of)
			table = Reference(f.Of)
		}
		column := table + "." + Column(g.Kind, f)
		if f.Type == activity.Integer {
			keys[i] = fmt.Sprintf("coalesce(%s, %d)", column, NoInteger)
			continue
		}
		keys[i] = fmt.Sprintf("w%d.id", i+1)
		from += fmt.Sprintf(" JOIN entra.word w%d ON w%[1]d.text = coalesce(%s, '')", i+1, column)
	}
	return fmt.Sprintf(`SELECT r.tenant, %d::smallint AS grouping, %d::smallint AS tier, %s AS bucket, %s AS k1, %s AS k2, %s AS k3,
  r.variant, %s AS status, r.time = %[3]s AS edge, count(*) AS n
FROM %[8]s %[9]s GROUP BY 1, 4, 5, 6, 7, 8, 9, 10`, g.Number, tier, tier.Bin("r.time"), keys[0], keys[1], keys[2], status, from, where)
}
