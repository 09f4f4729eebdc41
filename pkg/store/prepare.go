package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// prepare checks a kind's records, keeps the last version of each, and writes the entities and partitions they need.
func (w *Writer) prepare(ctx context.Context, kind *activity.Kind, all []*activity.Record, result *Result) ([]*pending, error) {
	if !slices.ContainsFunc(all, func(r *activity.Record) bool { return r.Kind == kind }) {
		return nil, nil
	}
	var before time.Time // the zero time where nothing has been removed
	err := w.db.GetContext(ctx, &before, "SELECT before FROM entra.retention WHERE kind = $1", kind.Name)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	counts := result.Counts[kind]
	var valid []*activity.Record
	for _, r := range all {
		if r.Kind != kind {
			continue
		}
		err := r.Check()
		if err == nil && r.Time.Before(before) {
			err = fmt.Errorf("the record is from before %s, and records of that time have been removed by retention",
				before.UTC().Format(time.RFC3339))
		}
		if err != nil {
			counts.Refused++
			result.Refusals = append(result.Refusals, Refusal{r, err.Error()})
			continue
		}
		valid = append(valid, r)
	}
	references, err := w.entities.resolve(ctx, kind, valid)
	if err != nil {
		return nil, err
	}
	records := w.latest(valid, references, &counts)
	result.Counts[kind] = counts
	for _, p := range records {
		suffix, _, _ := month(p.Time)
		if partition := kind.Name + suffix; !w.partitions[partition] {
			if err := makePartitions(ctx, w.db, kind, p.Time); err != nil {
				return nil, err
			}
			w.partitions[partition] = true
		}
	}
	return records, nil
}

// latest returns the last version of each record, in the order of the registry's key, and counts the other versions.
func (w *Writer) latest(records []*activity.Record, references [][]int32, counts *Counts) []*pending {
	latest := map[entityKey]*pending{}
	for i, r := range records {
		p := &pending{Record: r, tenantID: w.entities.tenants.ids[r.Tenant], raw: storable(r.Raw), references: references[i]}
		p.uuid, _ = IdentifierUUID(r.ID)
		sum := sha256.Sum256(p.raw)
		p.digest = int64(binary.BigEndian.Uint64(sum[:8]))
		key := entityKey{p.tenantID, p.uuid}
		switch earlier := latest[key]; {
		case earlier == nil:
			latest[key] = p
		case earlier.digest == p.digest || p.Fidelity < earlier.Fidelity:
			counts.Unchanged++
		default:
			counts.Changed++
			p.Time = moreExact(earlier.Time, p.Time)
			latest[key] = p
		}
	}
	return slices.SortedFunc(maps.Values(latest), func(a, b *pending) int {
		return cmp.Or(cmp.Compare(a.uuid, b.uuid), cmp.Compare(a.tenantID, b.tenantID))
	})
}

// moreExact returns the later version's time of a record, unless it is the earlier version's without its fraction of a
// second: one source gives seven decimals and another whole seconds.
func moreExact(earlier, later time.Time) time.Time {
	if later.Nanosecond() == 0 && earlier.Truncate(time.Second).Equal(later) {
		return earlier
	}
	return later
}
