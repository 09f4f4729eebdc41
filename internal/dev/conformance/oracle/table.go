package oracle

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// Agreement counts, by group of expressions, how often two sides agreed.
type Agreement struct {
	groups []string
	counts map[string][]int
	names  []string // of what is counted
}

// NewAgreement begins to count.
func NewAgreement(names ...string) *Agreement {
	return &Agreement{counts: map[string][]int{}, names: names}
}

// Add counts by name.
func (a *Agreement) Add(group, name string, n int) {
	if a.counts[group] == nil {
		a.groups = append(a.groups, group)
		a.counts[group] = make([]int, len(a.names))
	}
	a.counts[group][slices.Index(a.names, name)] += n
}

// Total is how often something was counted.
func (a *Agreement) Total(name string) (n int) {
	for _, counts := range a.counts {
		n += counts[slices.Index(a.names, name)]
	}
	return n
}

// Table writes the counts in Markdown, with their sums.
func (a *Agreement) Table(first string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| %s | %s |\n|---|%s\n", first, strings.Join(a.names, " | "), strings.Repeat("---:|", len(a.names)))
	for _, group := range a.groups {
		fmt.Fprintf(&b, "| %s |", group)
		for _, n := range a.counts[group] {
			fmt.Fprintf(&b, " %d |", n)
		}
		fmt.Fprintln(&b)
	}
	fmt.Fprint(&b, "| **all** |")
	for _, name := range a.names {
		fmt.Fprintf(&b, " %d |", a.Total(name))
	}
	return b.String() + "\n"
}

// Section compares a marked part of a document with what it should be, or writes it. It says what is wrong.
func Section(path, name, content string, write bool) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	begin, end := fmt.Sprintf("<!-- %s -->\n", name), fmt.Sprintf("<!-- end of %s -->", name)
	before, rest, found := strings.Cut(string(text), begin)
	old, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		return fmt.Errorf("%s has no section %s", path, name)
	}
	content = "\n" + content + "\n"
	if write {
		return os.WriteFile(path, []byte(before+begin+content+end+after), 0o600)
	}
	if old != content {
		return fmt.Errorf("%s is not what was measured: run the test with -update. Now:\n%s", path, content)
	}
	return nil
}
