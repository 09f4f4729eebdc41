package query

import (
	"regexp"
	"slices"
	"strconv"
	"time"
)

// Interval is the width of a time series' steps. Days and weeks follow the calendar of the query's zone.
type Interval string

// The intervals.
const (
	Auto           Interval = "auto"
	Minute         Interval = "1m"
	FiveMinutes    Interval = "5m"
	FifteenMinutes Interval = "15m"
	Hour           Interval = "1h"
	SixHours       Interval = "6h"
	Day            Interval = "1d"
	Week           Interval = "1w" // from Monday
)

var (
	intervals = []Interval{Minute, FiveMinutes, FifteenMinutes, Hour, SixHours, Day, Week}
	widths    = []time.Duration{
		time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour,
	}
)

// MaxSteps is how many steps a query may have: more help nobody and only cost.
const MaxSteps = 11000

// ParseInterval reads an interval; empty is Auto.
func ParseInterval(name string) (Interval, error) {
	i := Interval(name)
	if i == "" {
		i = Auto
	}
	if i != Auto && !slices.Contains(intervals, i) {
		return "", Invalid("interval", "unknown interval %q: use auto, %s", name, join(intervals, ", "))
	}
	return i, nil
}

// Offset is how long before the time range the records are that a query counts. They are drawn as if they were of the
// range itself, to compare with. Days and weeks are those of the calendar.
type Offset struct {
	days  int
	hours int
	name  string
}

var offset = regexp.MustCompile(`^([1-9]\d{0,3})([hdw])$`)

// parseOffset reads an offset such as 1w; empty is none.
func parseOffset(name string) (Offset, error) {
	if name == "" {
		return Offset{}, nil
	}
	m := offset.FindStringSubmatch(name)
	if m == nil {
		return Offset{}, Invalid("offset", "%q is not understood: use a number of hours, days or weeks such as 24h, 1d or 1w", name)
	}
	n, _ := strconv.Atoi(m[1]) // four digits at most
	days, hours := map[string]int{"d": 1, "w": 7}, map[string]int{"h": 1}
	return Offset{days: n * days[m[2]], hours: n * hours[m[2]], name: name}, nil
}

func (o Offset) String() string { return o.name }

// Move returns a time so much later, or earlier where sign is -1.
func (o Offset) Move(t time.Time, sign int, zone *time.Location) time.Time {
	if o == (Offset{}) { // which would move a time in an hour that the clock repeats
		return t
	}
	return t.In(zone).AddDate(0, 0, sign*o.days).Add(time.Duration(sign*o.hours) * time.Hour).UTC()
}

// Resolve returns the narrowest interval that needs no more points than the panel has room for.
func (i Interval) Resolve(p Period) Interval {
	if i != Auto {
		return i
	}
	points := p.MaxDataPoints
	if points <= 0 || points > MaxSteps {
		points = MaxSteps
	}
	wanted := max(p.To.Sub(p.From)/time.Duration(points), p.MinInterval)
	n := slices.IndexFunc(widths, func(width time.Duration) bool { return width >= wanted })
	if n < 0 {
		return Week
	}
	return intervals[n]
}

// Steps lists the starts of the intervals that cover [from, to).
func (i Interval) Steps(from, to time.Time, zone *time.Location) ([]time.Time, error) {
	width := widths[slices.Index(intervals, i)]
	if to.Sub(from)/width > MaxSteps {
		return nil, Invalid("interval", "%s makes more than %d points in this time range: use a wider interval or auto", i, MaxSteps)
	}
	var starts []time.Time
	add := func(start, end time.Time) {
		if start.Before(to) && end.After(from) {
			starts = append(starts, start.UTC())
		}
	}
	if width <= 15*time.Minute { // every offset is a multiple of 15 minutes: the zone makes no difference
		for start := from.Truncate(width); start.Before(to); start = start.Add(width) {
			add(start, start.Add(width))
		}
		return starts, nil
	}
	days := 1
	year, month, day := from.In(zone).Date()
	if i == Week {
		days = 7
		day -= (int(from.In(zone).Weekday()) + 6) % 7
	}
	for start := midnight(year, month, day, zone); start.Before(to); {
		end := midnight(year, month, day+days, zone)
		switch i {
		case Hour:
			for hour := start; hour.Before(end); hour = hour.Add(time.Hour) {
				next := hour.Add(time.Hour)
				if next.After(end) {
					next = end
				}
				add(hour, next)
			}
		case SixHours: // by the clock on the wall: a quarter of a day is an hour longer or shorter twice a year
			quarter := start
			for hour := 6; hour < 24; hour += 6 {
				next := time.Date(year, month, day, hour, 0, 0, 0, zone)
				add(quarter, next)
				quarter = next
			}
			add(quarter, end)
		default:
			add(start, end)
		}
		start, day = end, day+days
	}
	return starts, nil
}

// ends returns when days or weeks end that begin at given times; nil of other intervals.
func (i Interval) ends(starts []time.Time, zone *time.Location) []time.Time {
	days := map[Interval]int{Day: 1, Week: 7}[i]
	if days == 0 {
		return nil
	}
	ends := make([]time.Time, len(starts))
	for n, start := range starts {
		year, month, day := start.In(zone).Date()
		ends[n] = midnight(year, month, day+days, zone).UTC()
	}
	return ends
}

// midnight returns when a day begins in a zone, also where the clock is set at midnight.
func midnight(year int, month time.Month, day int, zone *time.Location) time.Time {
	date := time.Date(year, month, day, 12, 0, 0, 0, time.UTC)
	begins := time.Date(year, month, day, 0, 0, 0, 0, zone)
	if begins.Day() != date.Day() { // there is no 0:00 this day, or time.Date took the other one
		hour, minute, second := begins.Clock()
		begins = begins.Add(24*time.Hour - time.Duration(hour*3600+minute*60+second)*time.Second)
	}
	for begins.Add(-30*time.Minute).Day() == date.Day() { // 0:00 comes twice this day
		begins = begins.Add(-30 * time.Minute)
	}
	return begins
}
