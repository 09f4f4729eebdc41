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
// Each operator but its negation accepts several values of which one has to match.
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
	equality   = []Operator{Equal, NotEqual, In, NotIn}
	comparison = []Operator{Greater, Less, GreaterOrEqual, LessOrEqual}
	networks   = []Operator{InNetwork, NotInNetwork}
	patterns   = []Operator{Contains, StartsWith, Matches, MatchesNot}
)

// Operators lists the operators a field can be filtered with; none for fields that cannot be filtered.
func Operators(f *activity.Field) []Operator {
	switch f.Type {
	case activity.Text, activity.Enum, activity.List, activity.Identifier:
		return slices.Concat(equality, patterns)
	case activity.Integer:
		return slices.Concat(equality, comparison, patterns)
	case activity.Boolean:
		return equality
	case activity.Address:
		return slices.Concat(equality, networks, patterns)
	}
	return nil
}

// IsComparison reports whether an operator compares by order.
func (o Operator) IsComparison() bool { return slices.Contains(comparison, o) }

// Base returns the operator that o is or negates. A negated filter keeps records that have no value.
func (o Operator) Base() (base Operator, negated bool) {
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

// Filter restricts records by one field. A record has to match all filters.
type Filter struct {
	Field    *activity.Field
	Operator Operator
	Values   []string // canonical
	Exact    bool     // texts are compared with regard to case
	match    func(text string) bool
}

// Fits returns a filter by a function of the field's text, which is "" for records without.
func Fits(f *activity.Field, match func(text string) bool) Filter {
	return Filter{Field: f, Operator: Matches, match: match}
}

// Is returns a filter for records whose field has exactly this text. ok is false where none can have it.
func Is(f *activity.Field, text string) (_ Filter, ok bool) {
	canonical, err := canonicalValue(f, Equal, text)
	return Filter{Field: f, Operator: Equal, Values: []string{canonical}, Exact: true}, err == nil && canonical == text
}

// Matches reports whether a text matches the filter, before any negation. Go decides with it what SQL decides
// elsewhere: for regular expressions, the values of short lists, and the missing value, which is "".
func (f *Filter) Matches(text string) bool {
	if f.match != nil {
		return f.match(text)
	}
	base, _ := f.Operator.Base()
	lower := strings.ToLower(text)
	return slices.ContainsFunc(f.Values, func(v string) bool {
		switch base {
		case Equal:
			return text == v || !f.Exact && strings.EqualFold(text, v)
		case Contains:
			return strings.Contains(lower, strings.ToLower(v))
		case StartsWith:
			return strings.HasPrefix(lower, strings.ToLower(v))
		}
		return false
	})
}

// SelectsUsers reports whether a filter selects some users of all.
func (f Filter) SelectsUsers() bool {
	_, negated := f.Operator.Base()
	return (f.Field.Of == activity.Account || f.Field.Of == activity.Membership) && !negated && !f.Matches("")
}

func decodeFilters(kind *activity.Kind, models []FilterModel) ([]Filter, error) {
	if len(models) > maxFilters {
		return nil, Invalid("filters", "%d filters are too many: use at most %d", len(models), maxFilters)
	}
	var filters []Filter
	for i, m := range models {
		filter, err := decodeFilter(kind, fmt.Sprintf("filters[%d]", i), m)
		if err != nil {
			return nil, err
		}
		if filter != nil {
			filters = append(filters, *filter)
		}
	}
	return filters, nil
}

// decodeFilter reads a filter; nil for one that restricts nothing.
func decodeFilter(kind *activity.Kind, part string, m FilterModel) (*Filter, error) {
	f, err := field(kind, part+".field", m.Field)
	if err != nil {
		return nil, err
	}
	isPattern := m.Operator == Matches || m.Operator == MatchesNot
	switch allowed := Operators(f); {
	case f.Type == activity.Time:
		return nil, Invalid(part+".field", "%s cannot be filtered: times are chosen by the time range", f.Name)
	case len(allowed) == 0:
		return nil, Invalid(part+".field", "%s cannot be filtered: choose another field, and use it as a column of a list", f.Name)
	case !slices.Contains(allowed, m.Operator):
		return nil, Invalid(part+".operator", "%s cannot be compared by %q: use one of %s", f.Name, m.Operator, join(allowed, " "))
	case len(m.Values) == 0, slices.Contains(m.Values, "$__all"), slices.Contains(m.Values, "*") && !isPattern:
		return nil, nil // "All" of a dashboard's variable, whatever else is chosen beside it
	case len(m.Values) > maxValues:
		return nil, Invalid(part+".values", "%d values for %s are too many: use at most %d, or a regular expression",
			len(m.Values), f.Name, maxValues)
	}
	part += ".values"
	filter := &Filter{Field: f, Operator: m.Operator, Values: make([]string, len(m.Values))}
	for i, v := range m.Values {
		if filter.Values[i], err = decodeValue(f, m.Operator, part, v); err != nil {
			return nil, err
		}
	}
	if isPattern {
		pattern, err := compile(filter.Values)
		if err != nil {
			return nil, Invalid(part, "%v: correct it; the syntax is RE2's, see https://github.com/google/re2/wiki/Syntax", err)
		}
		filter.match = pattern.MatchString
	}
	return filter, nil
}

// A variable that nothing replaced: alert rules, unlike dashboards, have none.
var variable = regexp.MustCompile(`^\$\w+$|\$\{\w+(\.[^}]*)?(:\w+)?\}|^\[\[\w+\]\]$`)

func decodeValue(f *activity.Field, operator Operator, part, v string) (string, error) {
	switch {
	case variable.MatchString(v):
		return "", Invalid(part, "the variable %s in the filter on %s has no value: "+
			"alert rules and externally shared dashboards have no variables, write the value itself", v, f.Name)
	case len(v) > maxValueSize:
		return "", Invalid(part, "a value for %s is longer than %d bytes: "+
			`compare with a part of it by "contains" or "startsWith"`, f.Name, maxValueSize)
	case strings.ContainsRune(v, 0):
		return "", Invalid(part, "a value for %s has a zero byte in it: take it out", f.Name)
	}
	v, err := canonicalValue(f, operator, v)
	if err != nil {
		err = Invalid(part, "%v", err)
	}
	return v, err
}

// compile makes one regular expression of several. As in Prometheus, one of them has to match the whole value.
func compile(expressions []string) (*regexp.Regexp, error) {
	for _, e := range expressions { // each has to be one by itself, not only among the parentheses put around it
		if _, err := regexp.Compile(e); err != nil {
			return nil, err
		}
	}
	return regexp.Compile(`^(?s:(?:` + strings.Join(expressions, ")|(?:") + `))$`)
}

// canonicalValue checks a value to compare a field with. The empty value stands for records that have none.
func canonicalValue(f *activity.Field, operator Operator, v string) (string, error) {
	switch operator {
	case InNetwork, NotInNetwork:
		return network(v)
	case Contains, StartsWith, Matches, MatchesNot:
		return v, nil
	}
	switch f.Type {
	case activity.Integer, activity.Boolean, activity.Address:
		v, err := activity.Canonical(f, v)
		if v == "" && err == nil && operator.IsComparison() {
			err = fmt.Errorf("%s: the value to compare with is missing", f.Name)
		}
		return v, err
	}
	return v, nil
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
