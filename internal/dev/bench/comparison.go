package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/entra-activity/entra-activity-datasource/pkg/access"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/query/engine"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// zone is the dashboard's: its days do not begin where the rollup's do.
const zone = "Europe/Berlin"

const (
	timeout = 5 * time.Minute
	maxRows = 10_000
)

// within restricts the wide table to the range of a query.
const within = "created_date_time >= $1 AND created_date_time < $2"

// comparison is a query that runs on the plugin's store and, in SQL written by hand, on the wide table.
type comparison struct {
	name   string
	model  json.RawMessage
	wide   string  // $1 and $2 are the range; yields time, text and number
	args   []any   // from $3 on
	target float64 // how many times faster than the wide table it has to be; 0 where not that counts
}

func period() query.Period {
	return query.Period{From: now.AddDate(0, 0, -30), To: now, MaxDataPoints: 1000, MinInterval: time.Second}
}

// reports are the queries that count many records.
func reports(root string) ([]comparison, error) {
	byStatus, err := panelOf(root, "User sign-ins")
	if err != nil {
		return nil, err
	}
	byApplication, err := panelOf(root, "Application usage")
	if err != nil {
		return nil, err
	}
	const week = "date_trunc('week', created_date_time, '" + zone + "')"
	const interactive = within + " AND sign_in_event_types = 'interactiveUser'"
	return []comparison{
		{
			name: "User sign-ins, weekly by status", model: byStatus, target: 100,
			wide: "SELECT " + week + ", status, count(*) FROM wide WHERE " + interactive + " GROUP BY 1, 2",
		},
		{
			name: "Application usage, top 3 weekly", model: byApplication, target: 100,
			wide: statement("top-applications", week, interactive),
		},
		{
			name: "Distinct users in 30 days", target: 10,
			model: model(map[string]any{"view": "value", "measure": "distinctUsers",
				"filters": []any{filter("signInEventTypes", "interactiveUser")}}),
			wide: "SELECT $1::timestamptz, '', count(DISTINCT user_id) FROM wide WHERE " + interactive,
		},
		{
			name: "By status where the city is Munich", target: 2,
			model: model(map[string]any{"view": "timeSeries", "interval": "1w", "groupBy": []string{"status"},
				"filters": []any{filter("city", "Munich")}}),
			wide: "SELECT " + week + ", status, count(*) FROM wide WHERE " + within + " AND city = 'Munich' GROUP BY 1, 2",
		},
	}, nil
}

// lists are the queries for a few of very many records. What they select is found in db: what occurs
// most, and what occurs as often as half of all do.
func lists(ctx context.Context, db *store.DB) ([]comparison, error) {
	var all []comparison
	for _, l := range []struct{ name, field, column, of string }{
		{"user", "userId", "key", "entra.account e JOIN entra.sign_in r ON r.account = e.id"},
		{"application", "appId", "key", "entra.application e JOIN entra.sign_in r ON r.application = e.id"},
		{"address", "ipAddress", "host(ip_address)", "entra.sign_in r"},
		{"correlation id", "correlationId", "correlation_id::text", "entra.sign_in r"},
	} {
		var values []string
		// What the smaller store has of that time is in the larger, too: both count what they invent from
		// one on.
		err := db.SelectContext(ctx, &values, statement("frequent", l.column, l.of), period().From, period().To)
		if err != nil {
			return nil, err
		}
		for i, value := range values {
			// As many as a store of any size has, so that all lists of them are as long.
			column, n := wideColumn(fieldsByName(l.field)[0]), 0
			if err := db.GetContext(ctx, &n,
				fmt.Sprintf("SELECT least(100, count(*)) FROM wide WHERE %s AND %s = $3", within,
					column), period().From, period().To, value); err != nil {
				return nil, err
			}
			all = append(all, comparison{
				name:  fmt.Sprintf("Newest %d of %s %s", n, [...]string{"the busiest", "a middling"}[i], l.name),
				model: model(map[string]any{"view": "list", "limit": max(1, n), "filters": []any{filter(l.field, value)}}),
				wide: fmt.Sprintf("SELECT created_date_time, id, 1 FROM wide WHERE %s AND %s = $3 ORDER BY 1 DESC, id LIMIT %d",
					within,
					column, max(1, n)),
				args: []any{value},
			})
		}
	}
	return all, nil
}

func filter(field, value string) map[string]any {
	return map[string]any{"field": field, "operator": "=", "values": []string{value}}
}

// model writes a query as the editor would.
func model(parts map[string]any) json.RawMessage {
	parts["refId"], parts["queryType"], parts["timezone"] = "A", "signIn", zone
	text, _ := json.Marshal(parts) // texts and numbers always can be
	return text
}

// panelOf returns the query of a panel of the bundled overview.
func panelOf(root, title string) (json.RawMessage, error) {
	name := filepath.Join(root, "dashboards", "overview.json")
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var dashboard struct {
		Panels []struct {
			Title   string           `json:"title"`
			Targets []map[string]any `json:"targets"`
		} `json:"panels"`
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, p := range dashboard.Panels {
		if p.Title == title && len(p.Targets) == 1 {
			return model(p.Targets[0]), nil
		}
	}
	return nil, fmt.Errorf("%s has no panel %q with one query", name, title)
}

// run returns the store's result, a line for each number or record, sorted.
func (c comparison) run(ctx context.Context, db *store.DB) ([]string, error) {
	decoded, err := query.Decode(c.model)
	if err != nil {
		return nil, err
	}
	st := engine.Engine{DB: db, Timeout: timeout, MaxRows: maxRows}
	result, err := st.Run(ctx, decoded, access.All(), period())
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, row := range result.Rows {
		lines = append(lines, line(row[0].(time.Time), "", 1))
	}
	for _, g := range result.Groups {
		for i, v := range g.Values {
			if v != nil && *v != 0 {
				lines = append(lines, line(result.Steps[i], strings.Join(g.Keys, " "), *v))
			}
		}
	}
	slices.Sort(lines)
	return lines, nil
}

// runWide returns the wide table's result.
func (c comparison) runWide(ctx context.Context, db *store.DB) ([]string, error) {
	p := period()
	rows, err := db.QueryContext(ctx, c.wide, append([]any{p.From, p.To}, c.args...)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		var at time.Time
		var text string
		var n float64
		if err := rows.Scan(&at, &text, &n); err != nil {
			return nil, err
		}
		if len(c.args) > 0 {
			text = ""
		}
		lines = append(lines, line(at, text, n))
	}
	slices.Sort(lines)
	return lines, rows.Err()
}

func line(at time.Time, text string, n float64) string {
	return fmt.Sprintf("%s %s %g", at.UTC().Format(time.RFC3339Nano), text, n)
}

// check compares both results.
func (c comparison) check(ctx context.Context, db *store.DB) error {
	got, err := c.run(ctx, db)
	if err != nil {
		return fmt.Errorf("%s: %w", c.name, err)
	}
	want, err := c.runWide(ctx, db)
	if err != nil {
		return fmt.Errorf("%s, of the wide table: %w", c.name, err)
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("%s: the results differ:\n%s\nand of the wide table:\n%s", c.name, strings.Join(got, "\n"),
			strings.Join(want, "\n"))
	}
	return nil
}
