package demo

import "time"

// rate knows how many records of each kind fall into a slot.
type rate struct {
	totals      demand    // over the whole range
	anniversary time.Time // the day on which all of Contoso stays at home
}

// demand is how busy a slot is, in units of its own: only its relation to the demand of the whole range matters.
type demand struct {
	people     [len(countries)]float64 // signing in themselves
	background [len(countries)]float64 // their software doing it for them
	signedIn   float64                 // sum of people
	refreshed  float64                 // sum of background
	programs   float64                 // service principals
	resources  float64                 // managed identities
}

// The share each kind has in the sign-ins.
var kindShares = [kindCount]float64{interactiveUser: 0.40, nonInteractiveUser: 0.45, servicePrincipal: 0.12,
	managedIdentityKind: 0.03}

// growth is how much busier the last day of the range is than the first.
const growth = 0.15

// workday is how busy people are in each hour of a working day, by their clock.
var workday = [25]float64{
	.03, .02, .02, .02, .03, .06, .20, .55, .95, 1.0, .92, .85,
	.60, .80, .88, .82, .70, .45, .22, .14, .10, .08, .06, .04, .03,
}

var weekdays = [7]float64{time.Sunday: 0.09, time.Monday: 1.08, time.Tuesday: 1.05, time.Wednesday: 1,
	time.Thursday: 1, time.Friday: 0.84, time.Saturday: 0.11}

// dayOff is how much of a working day is left of a holiday.
const dayOff = 0.12

// setRate fills in the rate.
func (t *Tenant) setRate() {
	r := &t.rate
	// The first Wednesday that lies wholly in the incident.
	at := time.Unix(0, t.during(companyHoliday).from).UTC()
	r.anniversary = at.AddDate(0, 0, 1+int(time.Wednesday-at.Weekday()+6)%7)
	for s := range t.slots() {
		d := t.demand(s)
		r.totals.signedIn += d.signedIn
		r.totals.refreshed += d.refreshed
		r.totals.programs += d.programs
		r.totals.resources += d.resources
	}
}

func (t *Tenant) demand(s slot) (d demand) {
	grown := (1 + growth*float64(s.begin-t.start)/float64(t.end-t.start)) * s.covered()
	now := time.Unix(0, s.begin)
	for i := range countries {
		people := float64(len(t.directory.people[i])) * grown
		busy := t.activity(i, now.In(zones[i]))
		d.people[i] = people * busy
		d.background[i] = people * (0.22 + 0.78*busy)
		d.signedIn += d.people[i]
		d.refreshed += d.background[i]
	}
	// Programs run around the clock, and more of them at night.
	d.programs, d.resources = grown, grown
	if hour := now.UTC().Hour(); hour >= 1 && hour < 4 {
		d.programs *= 1.6
	}
	return d
}

// activity is how busy somebody in a country is at a moment, by local time: 1 in the busiest hour of an ordinary
// working day.
func (t *Tenant) activity(country int, local time.Time) float64 {
	hour, minutes := local.Hour(), float64(local.Minute())/60
	busy := workday[hour]*(1-minutes) + workday[hour+1]*minutes
	left := weekdays[local.Weekday()]
	if t.holiday(country, local) {
		left = min(left, dayOff)
	}
	return busy * left
}

// holiday reports whether the company has closed in a country: on its anniversary everywhere, around the turn of the year
// everywhere, and on the home country's two fixed holidays.
func (t *Tenant) holiday(country int, local time.Time) bool {
	year, month, number := local.Date()
	switch {
	case month == time.December && (number == 25 || number == 26), month == time.January && number == 1:
		return true
	case country == home && (month == time.May && number == 1 || month == time.October && number == 3):
		return true
	}
	y, m, n := t.rate.anniversary.Date()
	return year == y && month == m && number == n
}

// expected is how many sign-ins of a kind fall into a slot of the demand.
func (t *Tenant) expected(kind signInKind, d *demand) float64 {
	sum := &t.rate.totals
	share := [kindCount]float64{d.signedIn / sum.signedIn, d.refreshed / sum.refreshed, d.programs / sum.programs,
		d.resources / sum.resources}
	return float64(t.options.SignIns) * kindShares[kind] * share[kind]
}
