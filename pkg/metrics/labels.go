package metrics

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/VictoriaMetrics/metricsql"
)

// inOrder sorts series by their last value, by some labels, or by all where no function says how.
func inOrder(name string, list []Series, texts []string) []Series {
	list = living(list)
	sort.SliceStable(list, func(i, j int) bool { return list[i].key() < list[j].key() })
	if name == "" {
		return list
	}
	last := func(s Series) float64 { v := present(s.Values); return v[len(v)-1] }
	sort.SliceStable(list, func(i, j int) bool {
		switch name {
		case "sort":
			return last(list[i]) < last(list[j])
		case "sort_desc":
			return last(list[i]) > last(list[j])
		}
		for _, label := range texts {
			order := strings.Compare
			if strings.Contains(name, "numeric") {
				order = compareNumbers
			}
			if by := order(list[i].Labels[label], list[j].Labels[label]); by != 0 {
				return (by < 0) == !strings.HasSuffix(name, "_desc")
			}
		}
		return false
	})
	return list
}

// compareNumbers compares texts, the numbers in them by size: node9 comes before node10.
func compareNumbers(a, b string) int {
	for a != "" && b != "" {
		digitsOfA, digitsOfB := leadingDigits(a), leadingDigits(b)
		if digitsOfA == "" || digitsOfB == "" {
			if a[0] != b[0] {
				return cmp.Compare(a[0], b[0])
			}
			a, b = a[1:], b[1:]
			continue
		}
		x, y := strings.TrimLeft(digitsOfA, "0"), strings.TrimLeft(digitsOfB, "0")
		if by := cmp.Or(cmp.Compare(len(x), len(y)), strings.Compare(x, y)); by != 0 {
			return by
		}
		a, b = a[len(digitsOfA):], b[len(digitsOfB):]
	}
	return cmp.Compare(len(a), len(b))
}

func leadingDigits(text string) string {
	end := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		return text
	}
	return text[:end]
}

// page keeps some of the series, in the order of their labels.
func (e *evaluation) page(x *metricsql.FuncExpr, list []Series, c clock) ([]Series, error) {
	given, err := e.parameters(x.Args[:2], c)
	if err != nil {
		return nil, err
	}
	list = inOrder("", list, nil)
	bounded := func(n float64) int { return int(min(max(n, 0), float64(len(list)))) }
	list = list[bounded(given.numbers[1]):]
	return list[:bounded(given.numbers[0])], nil
}

// relabel changes labels.
func relabel(x *metricsql.FuncExpr, name string, list []Series, texts []string) ([]Series, error) {
	pairs := slices.Contains([]string{"label_set", "label_copy", "label_move"}, name)
	if pairs && len(texts)%2 != 0 || name == "label_map" && len(texts)%2 != 1 {
		return nil, refuse(x.Name, "%s takes pairs of texts: write it as %s", x.Name, find(transforms, name).Signature)
	}
	var pattern *regexp.Regexp
	if at, ok := patterns[name]; ok {
		text := "^(?s:" + texts[at] + ")$"
		if name == "label_transform" { // any part
			text = texts[at]
		}
		var err error
		if pattern, err = regexp.Compile(text); err != nil {
			return nil, refuse(texts[at], "%v; the syntax is RE2's, see https://github.com/google/re2/wiki/Syntax", err)
		}
	}
	switch name {
	case "label_match", "label_mismatch":
		return slices.DeleteFunc(slices.Clone(list), func(s Series) bool {
			return pattern.MatchString(s.Labels[texts[0]]) != (name == "label_match")
		}), nil
	case "labels_equal":
		return slices.DeleteFunc(slices.Clone(list), func(s Series) bool {
			return slices.ContainsFunc(texts, func(label string) bool { return s.Labels[label] != s.Labels[texts[0]] })
		}), nil
	case "label_value":
		return numbersOf(texts[0], list), nil
	}
	changed := make([]Series, len(list))
	for n, s := range list {
		labels := maps.Clone(s.Labels)
		switch name {
		case "label_replace":
			if m := pattern.FindStringSubmatchIndex(labels[texts[2]]); m != nil {
				labels[texts[0]] = string(pattern.ExpandString(nil, texts[1], labels[texts[2]], m))
			}
		case "label_transform":
			labels[texts[0]] = pattern.ReplaceAllString(labels[texts[0]], texts[2])
		case "label_map":
			for i := 1; i < len(texts); i += 2 {
				if labels[texts[0]] == texts[i] {
					labels[texts[0]] = texts[i+1]
					break
				}
			}
		case "label_join":
			var parts []string
			for _, label := range texts[2:] {
				parts = append(parts, labels[label])
			}
			labels[texts[0]] = strings.Join(parts, texts[1])
		case "label_del":
			for _, label := range texts {
				delete(labels, label)
			}
		case "label_keep":
			maps.DeleteFunc(labels, func(label, _ string) bool { return !slices.Contains(texts, label) })
		case "label_lowercase", "label_uppercase":
			for _, label := range texts {
				if name == "label_lowercase" {
					labels[label] = strings.ToLower(labels[label])
				} else {
					labels[label] = strings.ToUpper(labels[label])
				}
			}
		default:
			for i := 0; i < len(texts); i += 2 {
				from, to := texts[i], texts[i+1]
				switch value := labels[from]; {
				case name == "label_set":
					labels[from] = to
				case value != "":
					labels[to] = value
					if name == "label_move" && from != to {
						delete(labels, from)
					}
				}
			}
		}
		maps.DeleteFunc(labels, func(_, value string) bool { return value == "" })
		changed[n] = Series{labels, s.Values}
	}
	return changed, nil
}

// patterns are the functions of labels that take a regular expression, and where.
var patterns = map[string]int{"label_replace": 3, "label_match": 1, "label_mismatch": 1, "label_transform": 1}

// numbersOf puts the number that a label is in the place of values.
func numbersOf(label string, list []Series) []Series {
	changed := make([]Series, len(list))
	for n, s := range list {
		number, err := strconv.ParseFloat(s.Labels[label], 64)
		if err != nil {
			number = nan()
		}
		changed[n] = each([]Series{s}, func(float64, int) float64 { return number })[0]
	}
	return changed
}

// withoutCommonLabels leaves out the labels that all series have alike.
func withoutCommonLabels(list []Series) []Series {
	if len(list) == 0 {
		return nil
	}
	common := maps.Clone(list[0].Labels)
	for _, s := range list {
		maps.DeleteFunc(common, func(name, value string) bool { return s.Labels[name] != value })
	}
	changed := make([]Series, len(list))
	for n, s := range list {
		changed[n] = Series{maps.Clone(s.Labels), s.Values}
		maps.DeleteFunc(changed[n].Labels, func(name, _ string) bool { _, all := common[name]; return all })
	}
	return changed
}
