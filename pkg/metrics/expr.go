package metrics

import (
	"strings"

	"github.com/VictoriaMetrics/metricsql"
)

// Expr is an expression whose names are bound to the catalog.
type Expr struct {
	parsed    metricsql.Expr
	root      node
	selectors []string
}

// Parse reads an expression. Everything wrong with it is an *Error.
func Parse(text string) (_ *Expr, err error) {
	if err := guard(text); err != nil {
		return nil, err
	}
	defer func() {
		if r := recover(); r != nil {
			err = refuse("", "the expression is not understood: %v", r)
		}
	}()
	parsed, err := metricsql.Parse(text)
	if err != nil {
		return nil, notUnderstood(err)
	}
	b := &binder{}
	root, err := b.bind(parsed)
	if err != nil {
		return nil, err
	}
	return &Expr{parsed, root, b.selectors}, nil
}

// notUnderstood cuts what the parser says, which may quote the rest of the expression.
func notUnderstood(err error) error {
	text := strings.ReplaceAll(err.Error(), "; unparsed data: \"\"", "")
	if len(text) > maxQuoted {
		text = strings.ToValidUTF8(text[:maxQuoted], "") + "..."
	}
	return refuse("", "the expression is not understood: %s", text)
}

// String writes the expression over several lines, for reading.
func (e *Expr) String() string {
	text, err := metricsql.Prettify(e.Text())
	if err != nil {
		return e.Text()
	}
	return text
}

// Text writes the expression in one line.
func (e *Expr) Text() string { return textOf(e.parsed) }

func textOf(expr metricsql.Expr) string { return string(expr.AppendString(nil)) }
