// Package demo invents a Microsoft Entra tenant, "Contoso", and writes its activity as Microsoft Graph (beta) would
// return it: sign-ins, audit events, provisioning events, risk detections and risky users, one JSON object per record.
//
// Nothing is stored and nothing is left to chance: every quarter of an hour is drawn from its own seeded generator, so
// the same [Options] give the same bytes, and memory follows the busiest quarter of an hour, not the length of the
// range. The days have the rhythm of an international company, and a handful of incidents worth finding lie at fixed
// distances before Options.End; see [Tenant.Incidents].
//
// No address in the data belongs to anybody: networks are cut from the ranges reserved for documentation and benchmarks
// (RFC 5737, RFC 2544, RFC 3849) and from shared address space (RFC 6598).
package demo

import (
	"iter"
	"time"
)

// Options say how much to invent. The zero value of a field picks its default.
type Options struct {
	// Seed selects the tenant: ids, people, devices and every draw follow from it.
	Seed uint64

	// Start and End bound the event times: [Start, End), to the second. A range without length holds no records.
	Start, End time.Time

	// SignIns is roughly how many sign-ins of all kinds lie in the range; the other records follow in proportion.
	// Default: 3,333 a day.
	SignIns int

	// Users is how many people, members and guests, hold accounts. Default: one per 150 sign-ins, between 200 and
	// 20,000, and never fewer than 200.
	Users int

	// Applications is how many applications people sign in to. Default: 60. The named ones are always there; more are
	// invented beyond them.
	Applications int
}

const (
	day = 24 * time.Hour

	// slotLength is the grain of the generator: each slot has its own seed.
	slotLength = 15 * time.Minute

	defaultSignInsPerDay = 3333
	defaultApplications  = 60
	signInsPerUser       = 150
	minUsers             = 200
	maxDefaultUsers      = 20_000
)

// Tenant is an invented tenant. It never changes after New: its sequences can be read again, and by several readers at
// once.
type Tenant struct {
	options    Options
	id         string
	start, end int64 // event times are nanoseconds since 1970

	directory directory
	apps      applications
	policies  policySet
	rate      rate
	script    script
}

// New invents the tenant that the options describe.
func New(opts Options) *Tenant {
	opts.Start, opts.End = opts.Start.Truncate(time.Second), opts.End.Truncate(time.Second)
	if opts.SignIns <= 0 {
		opts.SignIns = int(opts.End.Sub(opts.Start).Hours() / 24 * defaultSignInsPerDay)
	}
	if opts.Users <= 0 {
		opts.Users = min(opts.SignIns/signInsPerUser, maxDefaultUsers)
	}
	opts.Users = max(opts.Users, minUsers)
	if opts.Applications <= 0 {
		opts.Applications = defaultApplications
	}

	t := &Tenant{
		options: opts,
		id:      newGUID(opts.Seed, tenantIDs, 0).String(),
		start:   opts.Start.UnixNano(),
		end:     opts.End.UnixNano(),
	}
	t.directory = newDirectory(opts.Seed, t.id, opts.Users)
	t.apps = newApplications(opts.Seed, t.id, opts.Applications)
	t.policies = newPolicySet(opts.Seed)
	t.setRate()
	t.script = newScript(t)
	return t
}

// ID is the tenant's id, a GUID.
func (t *Tenant) ID() string { return t.id }

// slots yields every slot that touches the range, in order, with the part of the range it covers.
func (t *Tenant) slots() iter.Seq[slot] {
	return func(yield func(slot) bool) {
		length := int64(slotLength)
		for begin := t.start - mod(t.start, length); begin < t.end; begin += length {
			if !yield(slot{begin: begin, from: max(begin, t.start), to: min(begin+length, t.end)}) {
				return
			}
		}
	}
}

// slot is one step of the generator: it begins on a quarter of an hour, and [from, to) of it lies in the tenant's
// range.
type slot struct{ begin, from, to int64 }

func (s slot) number() uint64   { return uint64(s.begin / int64(slotLength)) }
func (s slot) covered() float64 { return float64(s.to-s.from) / float64(slotLength) }

// mod is the remainder that is never negative: times before 1970 have slots too.
func mod(a, b int64) int64 { return ((a % b) + b) % b }
