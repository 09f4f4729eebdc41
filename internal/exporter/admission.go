package exporter

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// admit decides which of a family's candidates get series of their own: while there is room, and as far as the lists of
// applications allow it.
func (o *Options) admit(f *family, own int, candidates []store.Candidate) []bool {
	room := math.MaxInt
	if o.MaxSeries > 0 {
		room = max(1, o.MaxSeries/f.width) - own
	}
	admitted := make([]bool, len(candidates))
	for i, c := range candidates {
		if room > 0 && !o.excludes(f, c.Key) {
			admitted[i] = true
			room--
		}
	}
	return admitted
}

// excludes reports whether the lists of applications keep one from having series of its own.
func (o *Options) excludes(f *family, key string) bool {
	is := func(id string) bool { return strings.EqualFold(id, key) }
	return f == signIns && (slices.ContainsFunc(o.DenyApplications, is) ||
		len(o.AllowApplications) > 0 && !slices.ContainsFunc(o.AllowApplications, is))
}

// decide has the store note which subjects get series, for every family that is published. A role that may not write, or
// a hot standby, cannot note anything; then each reading decides for itself.
func (e *Exporter) decide(ctx context.Context) error {
	done := map[*family]bool{}
	for _, c := range e.collectors {
		f := c.family
		if f == nil || f.keys == 0 || done[f] {
			continue
		}
		done[f] = true
		admission := store.Admission{Grouping: f.grouping, Keys: f.keys, Admit: func(own int, candidates []store.Candidate) []bool {
			return e.options.admit(f, own, candidates)
		}}
		err := admission.Decide(ctx, e.db)
		if category := store.Classify(err); category == store.MissingRight || category == store.ReadOnly {
			e.logger.Warn("which applications have series of their own cannot be noted: past --max-series they may change;"+
				" let the role INSERT and UPDATE entra.series and UPDATE entra.total (aside)", "err", err)
			e.cannotNote.Store(true)
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return nil
}

// decisions returns for each subject of the totals whether it has series of its own. Subjects about which nothing is
// decided are missing.
func (r *reading) decisions(f *family, totals []total) map[store.Subject]bool {
	decisions := map[store.Subject]bool{}
	undecided := map[store.Subject]store.Candidate{}
	since := map[store.Subject]time.Time{}
	own := 0
	decide := func(who store.Subject, key string, admitted bool) {
		if _, known := decisions[who]; known {
			return
		}
		decisions[who] = admitted
		if admitted {
			own++
		} else if !r.options.excludes(f, key) {
			r.limited++
		}
	}
	for i := range totals {
		if t := &totals[i]; t.own.Valid {
			decide(t.who, t.keys[0], t.own.Bool)
		} else {
			undecided[t.who] = store.Candidate{Subject: t.who, Key: t.keys[0]}
			since[t.who] = earlier(since[t.who], t.created)
		}
	}
	if len(undecided) == 0 || !r.cannotNote {
		r.undecided = r.undecided || len(undecided) > 0
		return decisions
	}
	// Those seen first have series; who comes later changes nothing for them.
	candidates := slices.SortedFunc(maps.Values(undecided), func(a, b store.Candidate) int {
		return cmp.Or(since[a.Subject].Compare(since[b.Subject]),
			cmp.Compare(a.Tenant, b.Tenant), cmp.Compare(a.K1, b.K1), cmp.Compare(a.K2, b.K2))
	})
	for i, admitted := range r.options.admit(f, own, candidates) {
		decide(candidates[i].Subject, candidates[i].Key, admitted)
	}
	return decisions
}
