package devenv

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/pluginhost"
)

// panel is what one panel of a bundled dashboard queries when the dashboard is opened.
type panel struct {
	dashboard, title string
	span             backend.TimeRange
	targets          []json.RawMessage // with the variables' first values in place
	ofOne            bool              // about one thing that a variable chooses, of which there may be nothing to see
	counts           bool              // records, and does not list them
}

// run runs the panel's queries in the plugin.
func (p panel) run(ctx context.Context, plugin *pluginhost.Plugin) (result, error) {
	began := time.Now()
	frames, err := plugin.Query(ctx, p.targets, p.span)
	return result{frames: frames, took: time.Since(began)}, err
}

// dashboardFile is what of a dashboard's JSON decides what its panels query.
type dashboardFile struct {
	Title string `json:"title"`
	Time  struct {
		From string `json:"from"`
		To   string `json:"to"`
	} `json:"time"`
	Templating struct {
		List []variable `json:"list"`
	} `json:"templating"`
	Panels []struct {
		Title         string            `json:"title"`
		Type          string            `json:"type"`
		TimeFrom      string            `json:"timeFrom"`
		TimeShift     string            `json:"timeShift"`
		MaxDataPoints int               `json:"maxDataPoints"`
		Targets       []json.RawMessage `json:"targets"`
	} `json:"panels"`
}

// readPanels reads the panels of all dashboards in a folder.
func readPanels(folder string, now time.Time, first chooser) ([]panel, error) {
	names, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s holds no dashboards", folder)
	}
	slices.Sort(names)
	var panels []panel
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		found, err := decodePanels(text, now, first)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		panels = append(panels, found...)
	}
	return panels, nil
}

func decodePanels(text []byte, now time.Time, first chooser) ([]panel, error) {
	var file dashboardFile
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	values, ofOne, err := chosen(file.Templating.List, first)
	if err != nil {
		return nil, err
	}
	from, err := moment(file.Time.From, now)
	if err != nil {
		return nil, err
	}
	to, err := moment(file.Time.To, now)
	if err != nil {
		return nil, err
	}
	var panels []panel
	for _, p := range file.Panels {
		if p.Type == "row" {
			continue
		}
		from, shift := from, time.Duration(0)
		if p.TimeFrom != "" {
			d, err := offset("-" + p.TimeFrom)
			if err != nil {
				return nil, err
			}
			from = to.Add(d)
		}
		if p.TimeShift != "" { // Grafana, too, puts a minus before it
			if shift, err = offset("-" + replaceVariables(p.TimeShift, values)); err != nil {
				return nil, err
			}
		}
		span := backend.TimeRange{From: from.Add(shift), To: to.Add(shift)}
		found := panel{dashboard: file.Title, title: replaceTimes(replaceVariables(p.Title, values), span),
			span: span, ofOne: ofOne}
		for _, target := range p.Targets {
			if !isOurs(target) {
				continue
			}
			if p.MaxDataPoints > 0 { // Grafana writes it into each of the panel's queries
				target = fmt.Appendf(nil, `{"maxDataPoints": %d, %s`, p.MaxDataPoints, target[1:])
			}
			found.targets = append(found.targets, replaceInStrings(target, values))
			found.counts = found.counts || isCount(target)
		}
		if len(found.targets) > 0 {
			panels = append(panels, found)
		}
	}
	return panels, nil
}

// isOurs reports whether a query is for the plugin and not for another data source, such as Prometheus.
func isOurs(target json.RawMessage) bool {
	var at struct{ Datasource struct{ Type string } }
	err := json.Unmarshal(target, &at)
	return err == nil && (at.Datasource.Type == "" || at.Datasource.Type == pluginhost.PluginID)
}

// isCount reports whether a query counts records, instead of listing some or all that is known of one.
func isCount(target json.RawMessage) bool {
	var query struct{ View string }
	err := json.Unmarshal(target, &query)
	return err == nil && query.View != "list" && query.View != "detail"
}

var reference = regexp.MustCompile(`\$(?:(\w+)|\{([\w.]+)\})`)

// replaceVariables puts values in the place of $name and ${name}; unknown names stay.
func replaceVariables(text string, values map[string]string) string {
	return reference.ReplaceAllStringFunc(text, func(found string) string {
		if value, known := values[strings.Trim(found, "${}")]; known {
			return value
		}
		return found
	})
}

var limit = regexp.MustCompile(`\$\{__(from|to):date:[^}]*\}`)

// replaceTimes puts the ends of a time range in the place of Grafana's names for them.
func replaceTimes(text string, span backend.TimeRange) string {
	return limit.ReplaceAllStringFunc(text, func(reference string) string {
		at := span.To
		if strings.HasPrefix(reference, "${__from") {
			at = span.From
		}
		return at.UTC().Format("2006-01-02 15:04")
	})
}

func replaceInStrings(target json.RawMessage, values map[string]string) json.RawMessage {
	escaped := make(map[string]string, len(values))
	for name, value := range values {
		text, _ := json.Marshal(value) // a string always can be
		escaped[name] = string(text[1 : len(text)-1])
	}
	return json.RawMessage(replaceVariables(string(target), escaped))
}

// moment evaluates a relative time, such as "now-30d".
func moment(expression string, now time.Time) (time.Time, error) {
	relative, ok := strings.CutPrefix(expression, "now")
	if !ok {
		return time.Time{}, fmt.Errorf("%q is no relative time", expression)
	}
	d, err := offset(relative)
	return now.Add(d), err
}

var step = regexp.MustCompile(`^([-+])(\d+)([hdw])`)

// offset adds up steps such as "-0h+12h".
func offset(steps string) (time.Duration, error) {
	var sum time.Duration
	for rest := steps; rest != ""; {
		m := step.FindStringSubmatch(rest)
		if m == nil {
			return 0, fmt.Errorf("%q is no sum of hours, days and weeks", steps)
		}
		n, err := strconv.Atoi(m[1] + m[2])
		if err != nil {
			return 0, err
		}
		sum += time.Duration(n) * map[string]time.Duration{"h": time.Hour, "d": 24 * time.Hour,
			"w": 7 * 24 * time.Hour}[m[3]]
		rest = rest[len(m[0]):]
	}
	return sum, nil
}
