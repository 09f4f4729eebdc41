package store

import (
	"fmt"
	"slices"
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

// Tiers lists the tiers, coarsest first.
var Tiers = []Tier{Week, Day, Hour, QuarterHour}

var (
	tierWidths = [...]time.Duration{QuarterHour: 15 * time.Minute, Hour: time.Hour, Day: 24 * time.Hour, Week: 7 * 24 * time.Hour}
	tierNames  = [...]string{QuarterHour: "quarter of an hour", Hour: "hour", Day: "day", Week: "week"}
)

// Width returns the length of a tier's buckets.
func (t Tier) Width() time.Duration { return tierWidths[t] }

func (t Tier) String() string { return tierNames[t] }

// Bucket returns the start of the bucket that holds a time, and whether the time lies exactly on it: on its edge, which
// reports count in the bucket and Prometheus' windows before it (pkg/query/sqlgen/windows.go). Go counts time from a Monday.
func (t Tier) Bucket(at time.Time) (start time.Time, edge bool) {
	start = at.UTC().Truncate(t.Width())
	return start, start.Equal(at)
}

// Bin returns the SQL of the start of the bucket that holds a time. Its origin is a Monday from before all records.
func (t Tier) Bin(at string) string {
	return fmt.Sprintf("date_bin(interval '%d seconds', %s, timestamptz '1900-01-01 00:00+00')", int(t.Width().Seconds()), at)
}

// Grouping is one grouping of the rollup: records of a kind, counted by tenant, sign-in type, status and up to three
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
	// Total is set where the grouping's totals are kept, too.
	Total bool
}

// Groupings lists the groupings of the rollup. Each is only as wide as a report needs: the width decides how much
// there is to read. A query that names no more fields than one of them is run on it, any other on rows.
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
	// Totals keep the name of their time.
	grouping(30, activity.ProvisioningEvent, nil, "servicePrincipalDisplayName", "provisioningAction"),
	{Number: 31, Kind: activity.ProvisioningEvent, Entity: activity.ServicePrincipal, Tiers: []Tier{Hour, Day},
		Fields: []*activity.Field{activity.ProvisioningEvent.Field("provisioningAction")}},
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

// Table returns the partition of the rollup that holds one of the grouping's tiers. The planner knows how many keys that
// partition has; of the rollup as a whole, it knows only how many all groupings have together.
func (g *Grouping) Table(tier Tier) string {
	return fmt.Sprintf("%s.rollup_%d_%d", Schema, g.Number, tier)
}

// Key returns the index of the key that holds a field of the grouping; -1 if none does.
func (g *Grouping) Key(f *activity.Field) int {
	i := slices.Index(g.Fields, f)
	if i >= 0 && g.Entity != nil {
		i++
	}
	return i
}

// texts yields the texts by which the grouping counts a record.
func (g *Grouping) texts(r *activity.Record, yield func(string)) {
	for _, f := range g.Fields {
		if f.Type != activity.Integer {
			yield(r.Get(f))
		}
	}
	if g.PerPolicy {
		for _, f := range []*activity.Field{policyIDs, policyResults} {
			for _, text := range r.List(f) {
				yield(text)
			}
		}
	}
}

var (
	policyIDs     = activity.SignIn.Field("conditionalAccessPolicyIds")
	policyResults = activity.SignIn.Field("conditionalAccessPolicyResults")
)
