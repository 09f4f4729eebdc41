package graph

import (
	"slices"
	"strings"

	"github.com/valyala/fastjson"
)

// ErrorOf returns what the error says that a service answered in place of records or beside them: its code and message.
// It is empty if the response has none. Graph, Azure Monitor and Defender reply
// {"error": {"code": "...", "message": "..."}}, with more within it, and the endpoint for tokens
// {"error": "...", "error_description": "..."}.
// https://learn.microsoft.com/graph/errors
// https://learn.microsoft.com/azure/azure-monitor/logs/api/response-format
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes
func ErrorOf(response *fastjson.Value) string {
	failure := Property(response, "error")
	if failure != nil && failure.Type() == fastjson.TypeString {
		return said(failure, Property(response, "error_description"))
	}
	return explanation(failure)
}

// explanation adds to an error what those within it say. That of a partial response gives only there its reason.
func explanation(failure *fastjson.Value) string {
	if failure == nil {
		return ""
	}
	text := said(Property(failure, "code"), Property(failure, "message"))
	details := slices.Clone(Property(failure, "details").GetArray())
	for _, inner := range append(details, Property(failure, "innererror")) {
		if more := explanation(inner); text != "" && more != "" {
			text = strings.TrimSuffix(text, ".") + "; " + more
		}
	}
	return text
}

// said joins a code and a message, of which one may be missing.
func said(parts ...*fastjson.Value) string {
	var texts []string
	for _, v := range parts {
		if text := v.GetStringBytes(); len(text) > 0 {
			texts = append(texts, string(text))
		}
	}
	return strings.Join(texts, ": ")
}
