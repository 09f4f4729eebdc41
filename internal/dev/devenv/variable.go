package devenv

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/pluginhost"
)

// variable is a template variable of a dashboard.
type variable struct {
	Name    string          `json:"name"`
	Type    string          `json:"type"`
	Query   json.RawMessage `json:"query"`
	Current struct {
		Value any `json:"value"`
	} `json:"current"`
}

// chooser finds a value of what a variable offers.
type chooser func(offered offer) (string, error)

// offer is the query of a variable with the values that a field has.
type offer struct {
	QueryType string            `json:"queryType"`
	Field     string            `json:"field"`
	Filters   []json.RawMessage `json:"filters"`
}

// viewer stands for the name by which Grafana knows who looks at a dashboard.
const viewer = "__user.email"

// chosen returns what the variables are set to when the dashboard is opened, and whether one of them chooses one thing
// that the dashboard is about. Of several values that can be chosen, one is enough here.
func chosen(list []variable, first chooser) (values map[string]string, ofOne bool, err error) {
	values = map[string]string{}
	for _, v := range list {
		switch value := v.Current.Value.(type) {
		case string:
			values[v.Name] = value
		case []any:
			if len(value) > 0 {
				values[v.Name] = fmt.Sprint(value[0])
			}
		case nil:
			var offered offer
			if v.Type != "query" {
				continue
			}
			if err := json.Unmarshal(v.Query, &offered); err != nil {
				return nil, false, fmt.Errorf("variable %s: %w", v.Name, err)
			}
			if values[v.Name], err = first(offered); err != nil {
				return nil, false, fmt.Errorf("variable %s: %w", v.Name, err)
			}
			ofOne = true
		}
	}
	// Somebody who failed to sign in has something to see in every panel.
	values[viewer], err = first(offer{QueryType: "signIn", Field: "userPrincipalName", Filters: []json.RawMessage{
		json.RawMessage(`{"field": "signInEventTypes", "operator": "=", "values": ["interactiveUser"]}`),
		json.RawMessage(`{"field": "status", "operator": "=", "values": ["failure"]}`),
	}})
	return values, ofOne, err
}

// newest chooses the value that the newest record has.
func newest(ctx context.Context, plugin *pluginhost.Plugin, now time.Time) chooser {
	return func(offered offer) (string, error) {
		filters := offered.Filters
		if offered.Field != "id" { // which every record has
			filters = append(filters, json.RawMessage(fmt.Sprintf(`{"field": %q, "operator": "!=", "values": [""]}`,
				offered.Field)))
		}
		model, err := json.Marshal(map[string]any{"refId": "A", "queryType": offered.QueryType, "view": "list",
			"columns": []string{offered.Field}, "filters": filters, "limit": 1})
		if err != nil {
			return "", err
		}
		frames, err := plugin.Query(ctx, []json.RawMessage{model},
			backend.TimeRange{From: now.AddDate(0, 0, -days), To: now})
		if err != nil || len(frames) == 0 || len(frames[0].Fields) == 0 || frames[0].Rows() == 0 {
			return "", err
		}
		value, _ := frames[0].Fields[0].ConcreteAt(0)
		first, _, _ := strings.Cut(fmt.Sprint(value), ", ") // of several groups
		return first, nil
	}
}
