package metrics

import (
	"fmt"
	"strings"

	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// Error says what is wrong with an expression, and near which part of it.
type Error struct {
	query.InvalidError
	Near string
}

func (e *Error) Unwrap() error { return &e.InvalidError }

func refuse(near string, format string, args ...any) error {
	return &Error{query.InvalidError{Part: "expr", Problem: fmt.Sprintf(format, args...)}, near}
}

// guard refuses what the parser must not see: it recurses without limit, and expands templates to any size.
func guard(text string) error {
	if len(text) > maxSize {
		return refuse("", "the expression has %d bytes, and %d are the limit: split it into several queries", len(text), maxSize)
	}
	if skipped(text) == "" {
		return refuse("", "the expression is empty: write one such as sum(increase(entra_signins_total[1h]))")
	}
	depth := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '#':
			for i < len(text) && text[i] != '\n' {
				i++
			}
		case c == '"' || c == '\'' || c == '`':
			i = endOfString(text, i)
		case c == '\\': // a template's name could hide behind an escape
			return refuse("", "a backslash has a meaning in texts only, and no name here needs one: write the name as it is")
		case c == '(' || c == '{' || c == '[':
			if depth++; depth > maxNesting {
				return refuse("", "the expression is nested more than %d deep, which is the limit: "+
					"split it into several queries", maxNesting)
			}
		case c == ')' || c == '}' || c == ']':
			depth--
		case isWord(c):
			end, err := guardWord(text, i)
			if err != nil {
				return err
			}
			i = end - 1
		}
	}
	return nil
}

// endOfString returns where the text in quotes that begins at start ends.
func endOfString(text string, start int) int {
	i := start + 1
	for ; i < len(text) && text[i] != text[start]; i++ {
		if text[i] == '\\' { // whatever the quotes
			i++
		}
	}
	return i
}

// guardWord refuses templates, and returns where the word that begins at start ends.
func guardWord(text string, start int) (end int, err error) {
	for end = start; end < len(text) && (isWord(text[end]) || text[end] >= '0' && text[end] <= '9'); {
		end++
	}
	written := text[start:end]
	word, called := strings.ToLower(written), strings.HasPrefix(skipped(text[end:]), "(")
	switch {
	case called && word == "with":
		err = refuse(written, "WITH templates are not supported: write out what they stand for")
	case called && templates[word]:
		err = refuse(written, "%s is a template, and templates are not supported: write out what it stands for", word)
	}
	return end, err
}

// skipped is text from where a word can begin: after what the parser takes for spaces, and comments.
func skipped(text string) string {
	for {
		text = strings.TrimLeft(text, " \t\n\v\f\r")
		if !strings.HasPrefix(text, "#") {
			return text
		}
		_, text, _ = strings.Cut(text, "\n")
	}
}

// templates are built into the parser. Nested ones grow beyond any limit.
var templates = map[string]bool{"ru": true, "ttf": true, "range_median": true, "alias": true}

func isWord(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == ':' }
