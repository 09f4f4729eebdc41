package query

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestStepsFollowTheCalendarOfTheZone(t *testing.T) {
	for _, tt := range []struct {
		zone     string
		interval Interval
		from, to string
		want     []string // in the zone
	}{
		{"UTC", Week, "2026-03-18T12:00:00Z", "2026-04-01T00:00:00Z",
			[]string{"2026-03-16T00:00:00Z", "2026-03-23T00:00:00Z", "2026-03-30T00:00:00Z"}},
		{"Europe/Berlin", Day, "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z",
			[]string{"2026-03-28T00:00:00+01:00", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"}},
		{"Europe/Berlin", SixHours, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z",
			[]string{"2026-03-29T00:00:00+01:00", "2026-03-29T06:00:00+02:00", "2026-03-29T12:00:00+02:00", "2026-03-29T18:00:00+02:00"}},
		{"Asia/Kathmandu", Hour, "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z",
			[]string{"2026-01-01T05:00:00+05:45", "2026-01-01T06:00:00+05:45"}},
		// no 0:00 that day
		{"Asia/Beirut", Day, "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z",
			[]string{"2026-03-28T00:00:00+02:00", "2026-03-29T01:00:00+03:00"}},
		// 0:00 twice
		{"America/Havana", Day, "2026-10-31T12:00:00Z", "2026-11-02T12:00:00Z",
			[]string{"2026-10-31T00:00:00-04:00", "2026-11-01T00:00:00-04:00", "2026-11-02T00:00:00-05:00"}},
		{"UTC", FiveMinutes, "2026-01-01T00:03:00Z", "2026-01-01T00:10:00Z", []string{"2026-01-01T00:00:00Z", "2026-01-01T00:05:00Z"}},
	} {
		zone, err := time.LoadLocation(tt.zone)
		require.NoError(t, err)
		from, _ := time.Parse(time.RFC3339, tt.from)
		to, _ := time.Parse(time.RFC3339, tt.to)
		steps, err := tt.interval.Steps(from, to, zone)
		require.NoError(t, err)
		var got []string
		for _, s := range steps {
			got = append(got, s.In(zone).Format(time.RFC3339))
		}
		require.Equal(t, tt.want, got, "%s %s", tt.zone, tt.interval)
	}
}

func TestDaysAndWeeksEndWhereTheNextBegin(t *testing.T) {
	for _, name := range []string{"UTC", "Europe/Berlin", "Asia/Beirut", "America/Havana"} { // the last two change the clock at midnight
		zone, err := time.LoadLocation(name)
		require.NoError(t, err)
		for _, interval := range []Interval{Day, Week} {
			steps, err := interval.Steps(time.Date(2026, 1, 1, 0, 0, 0, 0, zone), time.Date(2027, 1, 1, 0, 0, 0, 0, zone), zone)
			require.NoError(t, err)
			ends := interval.ends(steps, zone)
			require.Equal(t, steps[1:], ends[:len(ends)-1], "%s %s", name, interval)
		}
	}
	require.Nil(t, Hour.ends([]time.Time{time.Now()}, time.UTC))
}

func TestOffsetsFollowTheCalendarOfTheZone(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	noon := time.Date(2026, 3, 30, 12, 0, 0, 0, berlin) // the day after the clocks went forward
	for name, want := range map[string]string{"1w": "2026-03-23T12:00:00+01:00", "2d": "2026-03-28T12:00:00+01:00",
		"48h": "2026-03-28T11:00:00+01:00", "": "2026-03-30T12:00:00+02:00"} {
		o, err := parseOffset(name)
		require.NoError(t, err)
		earlier := o.Move(noon, -1, berlin)
		require.Equal(t, want, earlier.In(berlin).Format(time.RFC3339), name)
		require.True(t, o.Move(earlier, 1, berlin).Equal(noon), name)
	}
	for _, name := range []string{"1", "w", "0d", "-1d", "1m", "1w1d"} {
		_, err := parseOffset(name)
		require.ErrorContains(t, err, "use a number of hours, days or weeks", name)
	}
}

func TestAutoNeedsNoMorePointsThanThereIsRoomFor(t *testing.T) {
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		length time.Duration
		points int64
		want   Interval
	}{{time.Hour, 1000, Minute}, {24 * time.Hour, 1000, FiveMinutes}, {30 * 24 * time.Hour, 1000, Hour}, {90 * 24 * time.Hour, 100, Day},
		{3650 * 24 * time.Hour, 10, Week}, {90 * 24 * time.Hour, 43200, FifteenMinutes}} {
		require.Equal(t, tt.want, Auto.Resolve(Period{From: from, To: from.Add(tt.length), MaxDataPoints: tt.points}), "%v", tt)
	}
	_, err := Minute.Steps(from, from.AddDate(1, 0, 0), time.UTC)
	require.ErrorContains(t, err, "use a wider interval")
}
