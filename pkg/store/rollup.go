package store

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// Tier is a width of the rollup's buckets. Buckets start at multiples of their width since a Monday, in UTC.
type Tier int16

// The tiers. Their numbers are stored: never change one.
const (
	QuarterHour Tier = 1
	Hour        Tier = 2
	Day         Tier = 3
	Week        Tier = 4
)

// Tiers lists them, coarsest first.
var Tiers = []Tier{Week, Day, Hour, QuarterHour}

// Width returns how long a tier's buckets are.
func (t Tier) Width() time.Duration {
	switch t {
	case QuarterHour:
		return 15 * time.Minute
	case Hour:
		return time.Hour
	case Day:
		return 24 * time.Hour
	}
	return 7 * 24 * time.Hour
}

func (t Tier) String() string {
	return map[Tier]string{QuarterHour: "quarter of an hour", Hour: "hour", Day: "day", Week: "week"}[t]
}

// Bucket returns the start of the bucket that holds t, and whether t lies exactly on it. Go counts time from a Monday.
func (t Tier) Bucket(at time.Time) (start time.Time, edge bool) {
	start = at.UTC().Truncate(t.Width())
	return start, start.Equal(at)
}

// Bin is the SQL of the start of the bucket that holds a time. Its origin is a Monday from before all records.
func (t Tier) Bin(at string) string {
	return fmt.Sprintf("date_bin(interval '%d seconds', %s, timestamptz '1900-01-01 00:00+00')", int(t.Width().Seconds()), at)
}

// Grouping is one grouping of the rollup: records of a kind, counted by tenant, sign-in kind, status and up to three
// fields. It is also one family of totals.
type Grouping struct {
	Number int16 // as stored: never change one
	Kind   *activity.Kind
	// Fields are the keys beside tenant, signInEventTypes and status, which every grouping has.
	Fields []*activity.Field
	// Entity is set where the first key, before those of Fields, is an entity, so that all its names can be had, and
	// follow when it is renamed: applications, users.
	Entity *activity.Entity
	// PerPolicy counts a sign-in once for each Conditional Access policy evaluated, by policy and its result.
	PerPolicy bool
	Tiers     []Tier // finest first; none where only totals are kept
	// Total says that the grouping's totals are kept, too.
	Total bool
}

// Groupings lists the groupings of the rollup. Each is only as wide as a report needs: the width decides how much
// there is to read. A question that names no more fields than one of them is answered from it, any other from rows.
var Groupings = []*Grouping{
	grouping(1, activity.SignIn, []Tier{QuarterHour, Hour, Day}),
	{Number: 2, Kind: activity.SignIn, Entity: activity.Application, Tiers: []Tier{Hour, Day, Week}, Total: true},
	grouping(3, activity.SignIn, []Tier{Hour, Day}, "clientAppUsed"),
	grouping(4, activity.SignIn, []Tier{Hour, Day}, "conditionalAccessStatus", "authenticationRequirement"),
	grouping(5, activity.SignIn, []Tier{Hour, Day}, "errorCode"),
	grouping(6, activity.SignIn, []Tier{Hour, Day}, "countryOrRegion"),
	grouping(7, activity.SignIn, []Tier{Hour, Day}, "riskLevelDuringSignIn"),
	{Number: 8, Kind: activity.SignIn, PerPolicy: true, Tiers: []Tier{Hour, Day}, Total: true},
	{Number: 9, Kind: activity.SignIn, Entity: activity.Account, Tiers: []Tier{Day, Week}},
	grouping(20, activity.AuditEvent, []Tier{Hour, Day}, "loggedByService", "category"),
	grouping(30, activity.ProvisioningEvent, nil, "servicePrincipalDisplayName", "provisioningAction"), // totals keep the name of their time
	{Number: 31, Kind: activity.ProvisioningEvent, Entity: activity.ServicePrincipal, Fields: []*activity.Field{activity.ProvisioningEvent.Field("provisioningAction")},
		Tiers: []Tier{Hour, Day}},
	grouping(40, activity.RiskDetection, []Tier{Hour, Day}, "riskEventType", "riskLevel", "detectionTimingType"),
}

func grouping(number int16, kind *activity.Kind, tiers []Tier, names ...string) *Grouping {
	g := &Grouping{Number: number, Kind: kind, Tiers: tiers, Total: true}
	for _, name := range names {
		g.Fields = append(g.Fields, kind.Field(name))
	}
	return g
}

// groupingsOf returns the groupings that count records of a kind.
func groupingsOf(kind *activity.Kind) []*Grouping {
	return slices.DeleteFunc(slices.Clone(Groupings), func(g *Grouping) bool { return g.Kind != kind })
}

// Table returns what holds the cells of one of the grouping's tiers: a partition of the rollup. By its name the planner knows
// how many keys there are in it; of the rollup as a whole, it knows how many all groupings have together.
func (g *Grouping) Table(tier Tier) string {
	return fmt.Sprintf("%s.rollup_%d_%d", Schema, g.Number, tier)
}

// Key returns which key holds a field of the grouping, from 0; -1 if none does.
func (g *Grouping) Key(f *activity.Field) int {
	i := slices.Index(g.Fields, f)
	if i >= 0 && g.Entity != nil {
		i++
	}
	return i
}

// words gives the texts that a record contributes as keys to its kind's groupings.
func (g *Grouping) words(r *activity.Record, give func(string)) {
	for _, f := range g.Fields {
		if f.Type != activity.Integer {
			give(r.Get(f))
		}
	}
	if g.PerPolicy {
		for _, f := range []*activity.Field{policyIDs, policyResults} {
			for _, word := range r.List(f) {
				give(word)
			}
		}
	}
}

var (
	policyIDs     = activity.SignIn.Field("conditionalAccessPolicyIds")
	policyResults = activity.SignIn.Field("conditionalAccessPolicyResults")
)

// NoInteger is the key of a record without the integer a grouping counts by; 0 is a value, the error code of success.
const NoInteger = -1

// cell is a row of the rollup without its count.
type cell struct {
	tenant         int32
	grouping       int16
	tier           Tier
	bucket         int64 // microseconds since the epoch
	k              [3]int32
	variant, state int16
	edge           bool
}

// compare orders cells as the primary key does. Writers touch cells in this order, so they cannot deadlock.
func (c cell) compare(d cell) int {
	return cmp.Or(cmp.Compare(c.tenant, d.tenant), cmp.Compare(c.grouping, d.grouping), cmp.Compare(c.tier, d.tier), cmp.Compare(c.variant, d.variant),
		cmp.Compare(c.bucket, d.bucket), slices.Compare(c.k[:], d.k[:]), cmp.Compare(c.state, d.state), boolInt(c.edge)-boolInt(d.edge))
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// rowsAsCells is the SELECT that counts rows as the rollup does: the same cells, from scratch. where restricts the rows r.
// It is what the rollup must equal at any moment, and how reclassify moves it.
func rowsAsCells(g *Grouping, tier Tier, status, where string) string {
	from := Table(g.Kind) + " r"
	joined := map[*activity.Entity]bool{}
	join := func(e *activity.Entity) {
		if !joined[e] {
			joined[e] = true
			from += fmt.Sprintf(" LEFT JOIN %s %s ON %[2]s.id = r.%s", EntityTable(e), Reference(e), Reference(e))
		}
	}
	keys := []string{"0", "0", "0"}
	switch {
	case g.Entity != nil:
		keys[0] = "r." + Reference(g.Entity)
	case g.PerPolicy:
		join(activity.Policies)
		from += " CROSS JOIN LATERAL unnest(policies.conditional_access_policy_ids, policies.conditional_access_policy_results) AS p(id, result)" +
			" JOIN entra.word w1 ON w1.text = coalesce(p.id, '') JOIN entra.word w2 ON w2.text = coalesce(p.result, '')"
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
		from += fmt.Sprintf(" JOIN entra.word w%d ON w%[1]d.text = coalesce(%s, '')", i+1, column)
		keys[i] = fmt.Sprintf("w%d.id", i+1)
	}
	bucket := tier.Bin("r.time")
	return fmt.Sprintf(`SELECT r.tenant, %d::smallint AS grouping, %d::smallint AS tier, %s AS bucket, %s AS k1, %s AS k2, %s AS k3,
  r.variant, %s AS status, r.time = %[3]s AS edge, count(*) AS n
FROM %[8]s %[9]s GROUP BY 1, 4, 5, 6, 7, 8, 9, 10`, g.Number, tier, bucket, keys[0], keys[1], keys[2], status, from, strings.TrimSpace(where))
}
