package query

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

// Operator compares a field with values. Texts are compared without regard to case, except by regular expressions.
// Each operator but its negation accepts several values of which one has to fit.
type Operator string

// The operators.
const (
	Equal          Operator = "="
	NotEqual       Operator = "!="
	In             Operator = "in"
	NotIn          Operator = "notIn"
	Contains       Operator = "contains"
	StartsWith     Operator = "startsWith"
	Matches        Operator = "=~" // a regular expression (RE2) for the whole value
	MatchesNot     Operator = "!~"
	InNetwork      Operator = "inNetwork" // CIDR
	NotInNetwork   Operator = "notInNetwork"
	Greater        Operator = ">"
	Less           Operator = "<"
	GreaterOrEqual Operator = ">="
	LessOrEqual    Operator = "<="
)

var (
	equality  = []Operator{Equal, NotEqual, In, NotIn}
	textual   = []Operator{Equal, NotEqual, In, NotIn, Contains, StartsWith, Matches, MatchesNot}
	ordered   = []Operator{Equal, NotEqual, In, NotIn, Greater, Less, GreaterOrEqual, LessOrEqual, Contains, StartsWith, Matches, MatchesNot}
	addresses = []Operator{Equal, NotEqual, In, NotIn, InNetwork, NotInNetwork, Contains, StartsWith, Matches, MatchesNot}
)

// Operators lists the operators a field can be filtered with; none for fields that cannot be filtered.
func Operators(f *activity.Field) []Operator {
	switch f.Type {
	case activity.Text, activity.Enum, activity.List, activity.Identifier:
		return textual
	case activity.Integer:
		return ordered
	case activity.Boolean:
		return equality
	case activity.Address:
		return addresses
	}
	return nil
}

func (o Operator) comparesOrder() bool {
	return slices.Contains([]Operator{Greater, Less, GreaterOrEqual, LessOrEqual}, o)
}

// positive returns the operator that o is or negates. A negated filter keeps records that have no value.
func (o Operator) positive() (base Operator, negated bool) {
	switch o {
	case NotEqual, NotIn:
		return Equal, true
	case MatchesNot:
		return Matches, true
	case NotInNetwork:
		return InNetwork, true
	case In:
		return Equal, false
	}
	return o, false
}

// Filter restricts records by one field. Several filters all have to fit.
type Filter struct {
	Field    *activity.Field
	Operator Operator
	Values   []string // canonical
	pattern  *regexp.Regexp
	matched  []string // what the pattern fits of a field that no dictionary has

	fitsText func(text string) bool // instead of the pattern
	exact    bool                   // compares texts with regard to case
}

// fits reports whether a text fits the filter, its negation aside. It decides in Go what SQL decides elsewhere: for the
// values of short lists, and for the missing value, which is "".
func (f *Filter) fits(text string) bool {
	base, _ := f.Operator.positive()
	if f.fitsText != nil {
		return f.fitsText(text)
	}
	if base == Matches {
		return f.pattern.MatchString(text)
	}
	lower := strings.ToLower(text)
	return slices.ContainsFunc(f.Values, func(v string) bool {
		switch base {
		case Equal:
			return text == v || !f.exact && strings.EqualFold(text, v)
		case Contains:
			return strings.Contains(lower, strings.ToLower(v))
		case StartsWith:
			return strings.HasPrefix(lower, strings.ToLower(v))
		}
		return false
	})
}

// network reads an IP network in CIDR notation; a single address is a network of one.
func network(v string) (string, error) {
	v = strings.TrimSpace(v)
	if p, err := netip.ParsePrefix(v); err == nil {
		return p.Masked().String(), nil
	}
	a, err := activity.ParseAddress(v)
	if err != nil {
		return "", fmt.Errorf("%q is not a network: write it like 192.0.2.0/24 or 2001:db8::/32", v)
	}
	return netip.PrefixFrom(a, a.BitLen()).String(), nil
}
