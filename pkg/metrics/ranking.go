package metrics

import (
	"container/heap"
	"maps"
	"math"
	"slices"
	"strings"
)

// ranking keeps the k largest or smallest values of each time, of series that come one by one; of equal ones those whose
// labels come first. It needs room for k values a time, however many series there are.
type ranking struct {
	k       int
	largest bool
	kept    []worstFirst // by time
}

// line is a series without its values.
type line struct {
	labels map[string]string
	key    string
}

type ranked struct {
	value float64
	*line
}

// worstFirst is a heap of what is kept of a time, on top what goes first.
type worstFirst struct {
	largest bool
	list    []ranked
}

func (h *worstFirst) Len() int           { return len(h.list) }
func (h *worstFirst) Less(i, j int) bool { return h.list[j].before(h.list[i], h.largest) }
func (h *worstFirst) Swap(i, j int)      { h.list[i], h.list[j] = h.list[j], h.list[i] }
func (h *worstFirst) Push(x any)         { h.list = append(h.list, x.(ranked)) }
func (h *worstFirst) Pop() any {
	last := h.list[len(h.list)-1]
	h.list = h.list[:len(h.list)-1]
	return last
}

// before reports whether r ranks higher than other.
func (r ranked) before(other ranked, largest bool) bool {
	if r.value != other.value {
		return (r.value > other.value) == largest
	}
	return r.key < other.key
}

func newRanking(k float64, largest bool, ts timestamps) *ranking {
	r := &ranking{int(min(max(k, 0), math.MaxInt32)), largest, make([]worstFirst, len(ts.times))}
	for i := range r.kept {
		r.kept[i].largest = largest
	}
	return r
}

// add ranks a series, and returns for how many values more there has to be room.
func (r *ranking) add(s Series) (more int) {
	if r.k == 0 {
		return 0
	}
	l := &line{s.Labels, s.key()}
	for i, v := range s.Values {
		h, candidate := &r.kept[i], ranked{v, l}
		switch {
		case v != v:
		case h.Len() < r.k:
			heap.Push(h, candidate)
			more++
		case candidate.before(h.list[0], r.largest):
			h.list[0] = candidate
			heap.Fix(h, 0)
		}
	}
	return more
}

// series are those with a value that is kept, in order of their labels.
func (r *ranking) series(ts timestamps, reserve func(int) error) ([]Series, error) {
	found := map[*line]Series{}
	for i := range r.kept {
		for _, kept := range r.kept[i].list {
			s, known := found[kept.line]
			if !known {
				if err := reserve(len(ts.times)); err != nil {
					return nil, err
				}
				s = Series{kept.labels, ts.empty()}
				found[kept.line] = s
			}
			s.Values[i] = kept.value
		}
	}
	list := make([]Series, 0, len(found))
	for _, l := range slices.SortedFunc(maps.Keys(found), func(a, b *line) int { return strings.Compare(a.key, b.key) }) {
		list = append(list, found[l])
	}
	return list, nil
}

// rank is topk or bottomk.
func rank(largest bool) aggregateFunc {
	return func(e *evaluation, n *aggregateNode, p parameters, ts timestamps, yield func(Series) error) error {
		groups := map[string]*ranking{}
		err := e.stream(n.arg, ts, func(s Series) error {
			key := n.by.key(s.Labels)
			if groups[key] == nil {
				groups[key] = newRanking(p.number(), largest, ts)
			}
			return e.reserve(groups[key].add(s))
		})
		if err != nil {
			return err
		}
		for _, key := range slices.Sorted(maps.Keys(groups)) {
			list, err := groups[key].series(ts, e.reserve)
			if err == nil {
				err = yieldAll(list, yield)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
}
