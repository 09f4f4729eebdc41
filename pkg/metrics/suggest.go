package metrics

import (
	"slices"
	"strings"
)

func noLabel(m *Metric, name string) error {
	labels := make([]string, len(m.Labels))
	for i, l := range m.Labels {
		labels[i] = l.Name
	}
	return refuse(name, "%s has no label %s%s", m.Name, name, suggest(name, labels))
}

// isLabel reports whether some metric has a label: to add up by one that is not this metric's is no mistake.
func isLabel(name string) bool {
	return slices.ContainsFunc(All, func(m *Metric) bool { return m.Label(name) != nil })
}

func metricNames() (list []string) {
	for _, m := range All {
		list = append(list, m.Name)
	}
	return list
}

// unknown says why a function is not supported, and what to write instead.
func unknown(name string) error {
	lower := strings.ToLower(name)
	for _, r := range Rejected {
		if r.Name == lower {
			return refuse(name, "%s %s: %s", name, r.Why, r.Instead)
		}
	}
	var all []string
	for _, f := range Functions() {
		all = append(all, f.Name)
	}
	return refuse(name, "the function %s is not supported%s", name, suggest(lower, all))
}

// suggest offers the name that is nearest, or all of them.
func suggest(name string, among []string) string {
	near := slices.Clone(among)
	slices.SortStableFunc(near, func(a, b string) int { return distance(name, a) - distance(name, b) })
	if best := near[0]; distance(name, best) <= 2+len(name)/3 || strings.Contains(best, name) {
		return ": did you mean " + best + "?"
	}
	for _, other := range near {
		if strings.Contains(other, strings.ToLower(name)) {
			return ": did you mean " + other + "?"
		}
	}
	return ": use one of " + strings.Join(among, ", ")
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
