package metrics_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/pkg/metrics"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// What is refused says what is wrong, and what to write instead or which limit it is.
func TestRefusals(t *testing.T) {
	for _, tt := range []struct{ expr, error string }{
		{``, "the expression is empty: write one such as sum(increase(entra_signins_total[1h]))"},
		{" \n# nothing else", "the expression is empty"},
		{`sum(`, "not understood"},
		{`nosuchfunction(entra_signins_total)`, "nosuchfunction"},
		{`"text"`, "a text has no values"},
		{`entra_signins_total`, "wrap it in a function, as increase(entra_signins_total[1h])"},
		{`entra_signins_total[5m]`, "wrap it in a function, as increase(entra_signins_total[5m])"},
		{`entra_signin_events`, "count_over_time(entra_signin_events[1h])"},
		{`{}`, "name a metric"},
		{`increase({app="Mail"}[1h])`, "names no metric: put one of entra_signins_total"},
		{`increase({__graphite__="a.b"}[1h])`, "names no metric"},
		{`increase({__name__=~"entra_.*"}[1h])`, "a selector is of one metric"},
		{`increase({__name__="entra_signins_total" or __name__="entra_audit_events_total"}[1h])`, "a selector is of one metric"},
		{`increase(entra_ingest_events_total[1h])`,
			"entra_ingest_events_total is about the programs, not about records: ask a Prometheus that scrapes the exporter"},
		{`entra_app_active_users`, "write count(sum by (user_id) (increase(entra_signins_total{app=\"...\"}[7d])))"},
		{`increase(entra_signin_total[1h])`, "there is no metric entra_signin_total: did you mean entra_signins_total?"},
		{`increase(entra_signins_total{stats="failure"}[1h])`, "entra_signins_total has no label stats: did you mean status?"},
		{`sum by (apps) (increase(entra_signins_total[1h]))`, "has no label apps"},
		{`increase(entra_signins_total{app=~"("}[1h])`, "missing closing )"},
		{`count_over_time(entra_signins_total[1h])`, "write increase(entra_signins_total[1h])"},
		{`increase(entra_signin_events[1h])`, "write count_over_time(entra_signin_events[1h])"},
		{`max_over_time(entra_signins_total[1h])`, "write a subquery, as max_over_time(sum(increase(entra_signins_total[5m]))[1h:5m])"},
		{`increase(sum(increase(entra_signins_total[5m]))[1h:5m])`, "no count of records"},
		{`max_over_time(sum(increase(entra_signins_total[5m])))`, "needs a subquery"},
		{`rate(sum(increase(entra_signins_total[5m])))`, "rate of a subquery is no count of records"},
		{`max_over_time(entra_signins_total[1h:5m])`, "(increase(entra_signins_total[5m]))[1h:5m]"},
		{`sum(increase(entra_signins_total[1h]))[1h:5m]`, "wrap it in a function, as max_over_time("},
		{`irate(entra_signins_total[5m])`, "irate takes the last two samples of a scrape, and records are not scraped: use rate(m[w])"},
		{`rate_prometheus(entra_signins_total[5m])`, "which is exact"},
		{`rand()`, "no alert rule could be trusted"},
		{`rollup_candlestick(entra_signins_total[5m])`, "first, last, least and largest price at once"},
		{`histogram(increase(entra_signins_total[5m]))`, "VictoriaMetrics' own buckets"},
		{`clamp(increase(entra_signins_total[5m]), 1)`, "clamp has 2 arguments: write it as clamp(values, min, max)"},
		{`topk(increase(entra_signins_total[5m]))`, "topk has 1 arguments: write it as topk(k, values)"},
		{`increase(entra_signins_total[5m], 1)`, "increase has 2 arguments"},
		{`label_set(increase(entra_signins_total[5m]), 1, 2)`, "label_set"},
		{`sum(increase(entra_signins_total[5m]), "a")`, "sum has 2 arguments"},
		{`increase(entra_signins_total[5m]) + "a"`, "does not go with texts"},
		{`increase(entra_signins_total[999999999999y])`, "longer than the hundred years that are the limit"},
		{`increase(entra_signins_total[1h] offset 1e300)`, "longer than the hundred years that are the limit"},
		{`max_over_time((sum(increase(entra_signins_total[5m])))[999999999999y:1h])`, "longer than the hundred years that are the limit"},
		{`WITH (a = 1) a`, "WITH templates are not supported"},
		{"with # templates\n(a = 1) a", "WITH templates are not supported"},
		{"With\v(a = 1) a", "WITH templates are not supported"},
		{"1 + WITH\f(a = 1) a", "WITH templates are not supported"},
		{`ru(1, 2)`, "templates are not supported"},
		{`r\x75(1, 2)`, "backslash"},
		{"label_set(1, `\\` + `, \"x\") + WITH (a = 1) a + label_set(1, `x`, `y`)", "WITH templates are not supported"},
		{strings.Repeat("(", 65) + "1" + strings.Repeat(")", 65), "nested more than 64 deep, which is the limit"},
		{"1" + strings.Repeat(" + 1", 3000), "8192 are the limit"},
		{"sum(increase(entra_signins_total[1h]))" + strings.Repeat("+time()", 1000), "more than 1000 parts, which is the limit"},
		{"1" + strings.Repeat("+sum(increase(entra_signins_total[1h]))", 17), "more than 16 selectors, which is the limit"},
	} {
		_, err := metrics.Parse(tt.expr)
		require.Error(t, err, "%.100s", tt.expr)
		var invalid *query.InvalidError
		require.True(t, errors.As(err, &invalid), "%.100s: %#v", tt.expr, err)
		require.Equal(t, "expr", invalid.Part, "%.100s", tt.expr)
		require.Contains(t, err.Error(), tt.error, "%.100s", tt.expr)
		require.Less(t, len(err.Error()), 1000, "%.100s", tt.expr)
	}
}

// Text that looks like what the guard refuses is none within strings, comments and names.
func TestTheGuardLetsTextPass(t *testing.T) {
	for _, expr := range []string{
		`increase(entra_signins_total{app="WITH (a = 1) a"}[1h])`,
		`increase(entra_signins_total{app='ru(1)'}[1h])`,
		"increase(entra_signins_total{app=`with (`}[1h])",
		`increase(entra_signins_total{app="\"with ("}[1h])`,
		"increase(entra_signins_total[1h]) # WITH (a = 1) a ((((((\n + 1",
		`increase(entra_signins_total{app="` + strings.Repeat("(", 100) + `"}[1h])`,
		`label_set(vector(1), "with", "(")`,
	} {
		_, err := metrics.Parse(expr)
		require.NoError(t, err, expr)
	}
}

// The worst that the guard lets through is still parsed in no time.
func TestNestedTemplatesDoNotGrow(t *testing.T) {
	bomb := "a"
	for range 60 {
		bomb = `r\x75(1, ` + bomb + ")"
	}
	done := make(chan error, 1)
	go func() { _, err := metrics.Parse(bomb); done <- err }()
	select {
	case err := <-done:
		require.Error(t, err)
	case <-time.After(10 * time.Minute):
		t.Fatal("the expression grows without limit")
	}
}
