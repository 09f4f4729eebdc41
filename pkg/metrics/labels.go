package metrics

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// sortSeries sorts series that have values; those that compare equal are in the order of all their labels.
func sortSeries(list []Series, compare func(a, b Series) int) []Series {
	list = nonEmpty(list)
	slices.SortStableFunc(list, compareKeys)
	slices.SortStableFunc(list, compare)
	return list
}

// sortByLast sorts series by their last value, or where sign is -1 the largest first.
func sortByLast(sign int) transformFunc {
	last := func(s Series) float64 { return lastValue(present(s.Values)) }
	return func(c *call) ([]Series, error) {
		return sortSeries(c.values[0], func(a, b Series) int { return sign * cmp.Compare(last(a), last(b)) }), nil
	}
}

// sortByLabel sorts series by the texts of labels, or where sign is -1 the last first.
func sortByLabel(sign int, compare func(a, b string) int) transformFunc {
	return func(c *call) ([]Series, error) {
		return sortSeries(c.values[0], func(a, b Series) int {
			for _, label := range c.texts {
				if by := compare(a.Labels[label], b.Labels[label]); by != 0 {
					return sign * by
				}
			}
			return 0
		}), nil
	}
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

// relabel is a function that changes labels. A label whose text is empty is none.
func relabel(change func(labels map[string]string, c *call)) transformFunc {
	return ofSeries(func(c *call, s Series) Series {
		labels := maps.Clone(s.Labels)
		change(labels, c)
		maps.DeleteFunc(labels, func(_, value string) bool { return value == "" })
		return Series{labels, s.Values}
	})
}

// parsePattern compiles the regular expression that a function is given, which has to fit a whole text.
func parsePattern(at int) func(n *transformNode) error {
	return func(n *transformNode) error { return n.compile("^(?s:"+n.texts[at]+")$", n.texts[at]) }
}

// parsePartPattern compiles a regular expression that fits any part of a text.
func parsePartPattern(n *transformNode) error { return n.compile(n.texts[1], n.texts[1]) }

func (n *transformNode) compile(text, written string) (err error) {
	if n.pattern, err = regexp.Compile(text); err != nil {
		return badPattern(written, err)
	}
	return nil
}

// parsePairs checks that texts come in pairs, after some others.
func parsePairs(after int) func(n *transformNode) error {
	return func(n *transformNode) error {
		if len(n.texts)%2 != after%2 {
			return refuse(n.name, "%s takes pairs of texts: write it as %s", n.name, n.Signature)
		}
		return nil
	}
}

func replaceLabel(labels map[string]string, c *call) {
	target, replacement, source := c.texts[0], c.texts[1], labels[c.texts[2]]
	if m := c.pattern.FindStringSubmatchIndex(source); m != nil {
		labels[target] = string(c.pattern.ExpandString(nil, replacement, source, m))
	}
}

func replaceInLabel(labels map[string]string, c *call) {
	labels[c.texts[0]] = c.pattern.ReplaceAllString(labels[c.texts[0]], c.texts[2])
}

func mapLabel(labels map[string]string, c *call) {
	label := c.texts[0]
	for pair := range slices.Chunk(c.texts[1:], 2) {
		if labels[label] == pair[0] {
			labels[label] = pair[1]
			return
		}
	}
}

func joinLabels(labels map[string]string, c *call) {
	var parts []string
	for _, label := range c.texts[2:] {
		parts = append(parts, labels[label])
	}
	labels[c.texts[0]] = strings.Join(parts, c.texts[1])
}

func setLabels(labels map[string]string, c *call) {
	for pair := range slices.Chunk(c.texts, 2) {
		labels[pair[0]] = pair[1]
	}
}

func copyLabels(labels map[string]string, c *call) {
	for pair := range slices.Chunk(c.texts, 2) {
		if value := labels[pair[0]]; value != "" {
			labels[pair[1]] = value
		}
	}
}

func moveLabels(labels map[string]string, c *call) {
	for pair := range slices.Chunk(c.texts, 2) {
		if value := labels[pair[0]]; value != "" && pair[0] != pair[1] {
			labels[pair[1]] = value
			delete(labels, pair[0])
		}
	}
}

func deleteLabels(labels map[string]string, c *call) {
	for _, label := range c.texts {
		delete(labels, label)
	}
}

func keepLabels(labels map[string]string, c *call) {
	maps.DeleteFunc(labels, func(label, _ string) bool { return !slices.Contains(c.texts, label) })
}

func changeCase(f func(string) string) func(labels map[string]string, c *call) {
	return func(labels map[string]string, c *call) {
		for _, label := range c.texts {
			labels[label] = f(labels[label])
		}
	}
}

// keepSeries keeps the series whose labels fit.
func keepSeries(fits func(labels map[string]string, c *call) bool) transformFunc {
	return func(c *call) ([]Series, error) {
		return slices.DeleteFunc(slices.Clone(c.values[0]), func(s Series) bool { return !fits(s.Labels, c) }), nil
	}
}

func labelMatches(labels map[string]string, c *call) bool {
	return c.pattern.MatchString(labels[c.texts[0]])
}
func labelMismatches(labels map[string]string, c *call) bool { return !labelMatches(labels, c) }

func labelsEqual(labels map[string]string, c *call) bool {
	return !slices.ContainsFunc(c.texts, func(label string) bool { return labels[label] != labels[c.texts[0]] })
}

// labelValue puts the number that a label is in the place of values.
func labelValue(c *call, s Series) Series {
	number, err := strconv.ParseFloat(s.Labels[c.texts[0]], 64)
	if err != nil {
		number = nan
	}
	return s.mapValues(func(float64, int) float64 { return number })
}

// dropCommonLabels leaves out the labels that all series have alike.
func dropCommonLabels(c *call) ([]Series, error) {
	list := slices.Concat(c.values...)
	if len(list) == 0 {
		return nil, nil
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
	return changed, nil
}
