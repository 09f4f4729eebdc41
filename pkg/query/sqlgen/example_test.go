package sqlgen_test

import (
	"context"
	"fmt"
	"time"

	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/plan"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/sqlgen"
)

// A query in the form in which dashboards keep it becomes SQL without a database: statuses are codes that no dictionary has
// to be asked for.
func Example() {
	q, err := query.Decode([]byte(`{
		"queryType": "signIn", "view": "timeSeries", "interval": "1d",
		"filters": [{"field": "status", "operator": "=", "values": ["failure"]}]
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	from := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	period := query.Period{From: from, To: from.AddDate(0, 0, 2).Add(time.Hour)}

	b := sqlgen.New(q, access.All(), "")
	p, err := plan.New(q, b.Needed(), period)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("-- from", p.Served())
	sql, err := b.Count(context.Background(), p, period)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(b.Annotate(sql))
	// Output:
	// -- from rollup
	// WITH cells AS (
	//   SELECT width_bucket(r.bucket + interval '43200 seconds', $1::timestamptz[]) AS step, sum(r.n) AS n, 0 AS part, count(*) AS read
	//   FROM entra.rollup_1_3 r
	//   WHERE r.bucket >= $2 AND r.bucket < $3
	//     AND r.grouping = 1 AND r.tier = 3 AND r.tenant = ANY(ARRAY(SELECT id FROM entra.tenant))
	//     AND r.variant = ANY($4)
	//     AND r.status = $5
	//   GROUP BY 1
	//   UNION ALL
	//   SELECT width_bucket(r.bucket + interval '1800 seconds', $6::timestamptz[]) AS step, sum(r.n) AS n, 0 AS part, count(*) AS read
	//   FROM entra.rollup_1_2 r
	//   WHERE r.bucket >= $7 AND r.bucket < $8
	//     AND r.grouping = 1 AND r.tier = 2 AND r.tenant = ANY(ARRAY(SELECT id FROM entra.tenant))
	//     AND r.variant = ANY($9)
	//     AND r.status = $10
	//   GROUP BY 1
	// )
	// SELECT step, 1, 1, sum(n)::bigint, coalesce(sum(part), 0)::bigint, (SELECT coalesce(sum(read), 0) FROM cells)::bigint
	// FROM cells
	// GROUP BY step
	// -- $1 = {"2026-03-02T00:00:00Z","2026-03-03T00:00:00Z","2026-03-04T00:00:00Z"}
	// -- $2 = 2026-03-02T00:00:00Z
	// -- $3 = 2026-03-04T00:00:00Z
	// -- $4 = {0,1,2,3,4}
	// -- $5 = 2
	// -- $6 = {"2026-03-02T00:00:00Z","2026-03-03T00:00:00Z","2026-03-04T00:00:00Z"}
	// -- $7 = 2026-03-04T00:00:00Z
	// -- $8 = 2026-03-04T01:00:00Z
	// -- $9 = {0,1,2,3,4}
	// -- $10 = 2
}
