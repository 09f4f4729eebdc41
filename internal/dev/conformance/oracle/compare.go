package oracle

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"strings"
	"time"
)

// Disagreement says where results differ; empty where they do not. Which of equal values topk keeps is everybody's own
// choice: there the values of each time are compared without the labels.
func Disagreement(expr string, g EvalRange, want, got []Series) string {
	if lower := strings.ToLower(expr); strings.Contains(lower, "topk") || strings.Contains(lower, "bottomk") {
		want, got = unnamed(want, len(g.Times())), unnamed(got, len(g.Times()))
	}
	return Difference(g, want, got)
}

// Difference says where results differ; empty where they do not.
func Difference(g EvalRange, want, got []Series) string {
	byKey := func(list []Series) map[string][]float64 {
		m := map[string][]float64{}
		for _, s := range list {
			if slices.ContainsFunc(s.Values, func(v float64) bool { return v == v }) {
				m[s.Key()] = s.Values
			}
		}
		return m
	}
	a, b := byKey(want), byKey(got)
	for _, k := range slices.Sorted(maps.Keys(a)) {
		if b[k] == nil {
			return fmt.Sprintf("%s is missing; there are %v", k, slices.Sorted(maps.Keys(b)))
		}
		for i, v := range a[k] {
			if !equal(v, b[k][i]) {
				return fmt.Sprintf("%s at %s: want %v, got %v", k, g.Times()[i].Format(time.RFC3339), v, b[k][i])
			}
		}
	}
	for _, k := range slices.Sorted(maps.Keys(b)) {
		if a[k] == nil {
			return fmt.Sprintf("%s is there: %v; expected %v", k, b[k], slices.Sorted(maps.Keys(a)))
		}
	}
	return ""
}

// equal allows for sums of fractions made in another order.
func equal(a, b float64) bool {
	return a == b || a != a && b != b || math.Abs(a-b) <= 1e-9*math.Max(math.Abs(a), math.Abs(b)) || math.Abs(a-b) < 1e-12
}

func unnamed(list []Series, length int) (ranked []Series) {
	for rank := range list {
		ranked = append(ranked, Series{Labels: map[string]string{"rank": fmt.Sprint(rank)},
			Values: slices.Repeat([]float64{math.NaN()}, length)})
	}
	for i := range length {
		var values []float64
		for _, s := range list {
			if s.Values[i] == s.Values[i] {
				values = append(values, s.Values[i])
			}
		}
		sort.Float64s(values)
		for rank, v := range values {
			ranked[rank].Values[i] = v
		}
	}
	return ranked
}
