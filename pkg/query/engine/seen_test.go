package engine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// When groups have been seen, and which are new or unused, is what a look through all records tells.
func TestFirstAndLastSightsAreThoseOfAllRecords(t *testing.T) {
	random := rand.New(rand.NewPCG(21, 22))
	w := newWorld(t, random, 400)
	type sight struct {
		first, last time.Time
		within      int
	}
	chosen := map[string]int{}
	for range 120 {
		groupBy := [][]string{{"appDisplayName"}, {"userPrincipalName"}, {"appId", "appDisplayName"}, {"city"},
			{"ipAddress", "status"}, {"userId", "countryOrRegion"}, {"errorCode"}}[random.IntN(7)]
		filters := [][]any{nil, {filter("status", "=", "failure")}, {filter("appDisplayName", "!=", "Office 365"),
			filter("signInEventTypes", "in", "interactiveUser", "nonInteractiveUser")},
			{filter("userPrincipalName", "startsWith", "u")}}[random.IntN(4)]
		p := w.period()
		p.From = p.From.Add(time.Duration(random.IntN(26*24*60)) * time.Minute)
		p.To = p.From.Add(time.Duration(1+random.IntN(300)) * time.Hour)

		sights := map[string]*sight{}
		for _, row := range w.run(t, object{"view": "list", "columns": append([]string{"createdDateTime"}, groupBy...),
			"filters": filters, "limit": 10000}, w.period()).Rows {
			key := keyOf(row[1:])
			s := sights[key]
			if s == nil {
				s = &sight{first: row[0].(time.Time), last: row[0].(time.Time)}
				sights[key] = s
			}
			if at := row[0].(time.Time); at.Before(s.first) {
				s.first = at
			}
			if !row[0].(time.Time).Before(p.From) && row[0].(time.Time).Before(p.To) {
				s.within++
			}
		}
		seen := []query.Seen{query.Any, query.New, query.Unused}[random.IntN(3)]
		measure := []query.Measure{query.FirstSeen, query.LastSeen, query.Count}[random.IntN(3)]
		want := map[string]float64{}
		for key, s := range sights {
			isNew, isUnused := !s.first.Before(p.From) && s.first.Before(p.To), s.first.Before(p.From) && s.within == 0
			if seen == query.New && !isNew || seen == query.Unused && !isUnused || seen == query.Any && s.within == 0 {
				continue
			}
			want[key] = map[query.Measure]float64{query.FirstSeen: float64(s.first.UnixMicro()),
				query.LastSeen: float64(s.last.UnixMicro()), query.Count: float64(s.within)}[measure]
		}
		model := object{"view": "table", "groupBy": groupBy, "filters": filters, "seen": seen, "measure": measure}
		result := w.run(t, model, p)
		got := map[string]float64{}
		values := []float64{}
		for _, g := range result.Groups {
			keys := make([]any, len(g.Keys))
			for i, k := range g.Keys {
				keys[i] = k
			}
			got[keyOf(keys)] = *g.Values[0]
			values = append(values, *g.Values[0])
		}
		require.Equal(t, want, got, "%v\n%s", model, result.SQL)
		require.True(t, slices.IsSortedFunc(values, func(a, b float64) int { return int(b - a) }), "the latest first")
		chosen[string(seen)] += len(got)
	}
	for _, seen := range []string{"", "new", "unused"} {
		require.Greater(t, chosen[seen], 20, "some groups have to be of each sort: %v", chosen)
	}
}

func TestWhatIsNewestIsKept(t *testing.T) {
	w := newWorld(t, rand.New(rand.NewPCG(23, 24)), 400)
	all := w.run(t, object{"view": "table", "measure": "firstSeen", "groupBy": []string{"appDisplayName"}}, w.period())
	one := w.run(t, object{"view": "table", "measure": "firstSeen", "groupBy": []string{"appDisplayName"}, "top": 1}, w.period())
	require.Equal(t, all.Groups[:1], one.Groups)
}

// keyOf writes a group's values as a text.
func keyOf(values []any) string {
	text := ""
	for _, v := range values {
		if v == nil {
			v = ""
		}
		text += fmt.Sprint(v) + "|"
	}
	return text
}
