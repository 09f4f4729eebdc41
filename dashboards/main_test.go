package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	entra "github.com/entra-activity/entra-activity-datasource/pkg/query"
)

func TestFilesAreUpToDate(t *testing.T) {
	for name, build := range files {
		want, err := marshal(build())
		require.NoError(t, err)
		have, err := os.ReadFile(name)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(have), "%s differs from what the program writes: go generate ./dashboards",
			name)
	}
}

func TestPluginIncludesEveryDashboard(t *testing.T) {
	text, err := os.ReadFile("../plugin.json")
	require.NoError(t, err)
	var plugin struct {
		ID       string
		Includes []struct{ Type, Name, Path string }
	}
	require.NoError(t, json.Unmarshal(text, &plugin))
	assert.Equal(t, plugin.ID, pluginID)

	titles := map[string]string{}
	for _, include := range plugin.Includes {
		if include.Type == "dashboard" {
			titles[path.Base(include.Path)] = include.Name
		}
	}
	present, err := filepath.Glob("*.json")
	require.NoError(t, err)
	for _, name := range present {
		assert.Equal(t, read(t, name).Title, titles[name], "plugin.json lists %s by its title", name)
		delete(titles, name)
	}
	assert.Empty(t, titles, "dashboards that plugin.json lists and nobody generates")
}

// saved is what of a dashboard's file the rules below are about.
type saved struct {
	UID           string
	Title         string
	SchemaVersion int
	Templating    struct{ List []variable }
	Panels        []panel
}

type variable struct {
	Name, Type string
	Query      any
}

type panel struct {
	ID                 int
	Type               string
	Title, Description string
	GridPos            struct{ X, Y, W, H int }
	Datasource         source
	TimeFrom           string
	HideTimeOverride   bool
	FieldConfig        struct {
		Defaults struct {
			Unit, NoValue string
			Custom        struct{ MinWidth int }
			Links         []struct{ URL string }
			Color         struct{ Mode string }
			Thresholds    struct{ Steps []struct{ Color string } }
			Mappings      []struct {
				Type    string
				Options json.RawMessage
			}
		}
		Overrides []override
	}
	Options struct {
		Basemap struct {
			Type   string
			Config struct{ Src string }
		}
	}
	Targets []json.RawMessage
}

// override is what a panel says of the fields that it matches.
type override struct {
	Matcher    struct{ ID, Options string }
	Properties []struct {
		ID    string
		Value any
	}
}

type source struct{ Type, UID string }

func read(t *testing.T, name string) saved {
	t.Helper()
	text, err := os.ReadFile(name)
	require.NoError(t, err)
	var d saved
	require.NoError(t, json.Unmarshal(text, &d))
	return d
}

func TestRules(t *testing.T) {
	uids := map[string]string{}
	for name := range files {
		t.Run(name, func(t *testing.T) {
			d := read(t, name)
			assert.NotContains(t, uids, d.UID, "uids are unique")
			uids[d.UID] = name
			assert.Equal(t, 42, d.SchemaVersion, "the schema version that Grafana 12.3 knows")

			sources := map[source]bool{}
			for _, v := range d.Templating.List {
				if v.Type == "datasource" {
					sources[source{fmt.Sprint(v.Query), "${" + v.Name + "}"}] = true
				}
			}
			assert.NotEmpty(t, sources, "the data source is the user's choice")

			ids := map[int]bool{}
			for i, p := range d.Panels {
				assert.NotEmpty(t, p.Title)
				if p.Type == "row" {
					continue
				}
				assert.Contains(t, drawn, p.Type, "%s: a panel that the preview draws, too", p.Title)
				assert.NotEmpty(t, p.Description, p.Title)
				if p.Type != "heatmap" { // of which Grafana does not show it
					assert.NotEmpty(t, p.FieldConfig.Defaults.NoValue, "%s: an empty panel says what is missing",
						p.Title)
				}
				assert.NotEmpty(t, p.FieldConfig.Defaults.Unit, p.Title)
				assert.True(t, sources[p.Datasource], "%s asks a data source that is not the user's choice", p.Title)
				assert.False(t, ids[p.ID], "%s: panel ids are unique", p.Title)
				ids[p.ID] = true
				assert.LessOrEqual(t, p.GridPos.X+p.GridPos.W, 24, p.Title)
				for _, other := range d.Panels[:i] {
					assert.False(t, overlap(p, other), "%s lies on %s", p.Title, other.Title)
				}
				assert.NotEmpty(t, p.Targets, p.Title)
				for _, target := range p.Targets {
					checkTarget(t, p, target)
				}
			}
		})
	}
}

// drawn are the types of panel that dashboards may have.
var drawn = []string{"timeseries", "stat", "table", "bargauge", "barchart", "piechart", "heatmap", "geomap", "logs",
	"text", "state-timeline", "gauge"}

func TestTheMapNeedsNoInternet(t *testing.T) {
	for _, name := range []string{outlines, whereabout} {
		text, err := os.ReadFile("../src/img/" + path.Base(name))
		require.NoError(t, err)
		require.True(t, json.Valid(text), name)
	}
	text, err := os.ReadFile("../src/img/countries.json")
	require.NoError(t, err)
	var places []struct {
		Key                 string
		Latitude, Longitude float64
	}
	require.NoError(t, json.Unmarshal(text, &places))
	require.Greater(t, len(places), 200)
	for _, p := range places {
		require.Regexp(t, "^[A-Z]{2}$", p.Key)
		require.NotZero(t, p.Latitude, p.Key) // of which Grafana would take the whole file for something else
		require.NotZero(t, p.Longitude, p.Key)
	}

	text, err = os.ReadFile("../src/img/world.json")
	require.NoError(t, err)
	var world struct {
		Features []struct {
			Properties struct{ Name string }
			Geometry   struct {
				Type        string
				Coordinates json.RawMessage
			}
		}
	}
	require.NoError(t, json.Unmarshal(text, &world))
	for _, country := range world.Features {
		var polygons [][][][2]float64
		if country.Geometry.Type == "Polygon" {
			polygons = make([][][][2]float64, 1)
			require.NoError(t, json.Unmarshal(country.Geometry.Coordinates, &polygons[0]))
		} else {
			require.NoError(t, json.Unmarshal(country.Geometry.Coordinates, &polygons))
		}
		for _, polygon := range polygons {
			for _, ring := range polygon {
				for i := 1; i < len(ring); i++ {
					require.LessOrEqual(t, math.Abs(ring[i][0]-ring[i-1][0]), 180.0,
						"Grafana would draw %s across the whole map", country.Properties.Name)
				}
			}
		}
	}

	// Grafana fetches tiles from elsewhere for every other type, also for tiles without an address.
	for name := range files {
		for _, p := range read(t, name).Panels {
			if p.Type == "geomap" {
				assert.Equal(t, "geojson", p.Options.Basemap.Type, "%s: %s", name, p.Title)
				assert.Equal(t, outlines, p.Options.Basemap.Config.Src, "%s: %s", name, p.Title)
			}
		}
	}
}

func TestDocumentationShowsEveryDashboard(t *testing.T) {
	text, err := os.ReadFile("../docs/dashboards.md")
	require.NoError(t, err)
	for name := range files {
		d := read(t, name)
		title := strings.TrimPrefix(d.Title, "Entra ID: ")
		_, section, found := strings.Cut(string(text), "\n## "+title+"\n")
		require.True(t, found, "docs/dashboards.md has no section %q", title)
		section, _, _ = strings.Cut(section, "\n## ")
		assert.Contains(t, section, "\n- ", "%s: the questions that it answers", title)
		for _, theme := range []string{"dark", "light"} {
			picture := fmt.Sprintf("img/dashboards/%s-%s.png", d.UID, theme)
			assert.Contains(t, section, picture)
			info, err := os.Stat("../docs/" + picture)
			if assert.NoError(t, err, "go tool mage screenshots makes it") {
				assert.Less(t, info.Size(), int64(200<<10), "%s: install pngquant", picture)
			}
		}
	}
}

// narrow is the width of a dashboard beside Grafana's docked menu, on a screen of 1280 pixels.
const narrow = 960

// inside is the width that a panel of a narrow dashboard has for what it shows.
func inside(p panel) int { return narrow*p.GridPos.W/24 - 40 }

// Where a query fails or has no result, Grafana paints a number as if it were less than any limit.
func TestNumbersWithoutValueAreNotGood(t *testing.T) {
	good := 0
	for name := range files {
		for _, p := range read(t, name).Panels {
			has := p.FieldConfig.Defaults
			if p.Type != "stat" || has.Color.Mode != "thresholds" || has.Thresholds.Steps[0].Color != green {
				continue
			}
			good++
			require.NotEmpty(t, has.Mappings, "%s: %s", name, p.Title)
			assert.Equal(t, "special", has.Mappings[0].Type, "%s: %s", name, p.Title)
			assert.JSONEq(t, `{"match": "null+nan", "result": {"color": "text"}}`, string(has.Mappings[0].Options),
				"%s: %s", name, p.Title)
		}
	}
	assert.Greater(t, good, 10)
}

func TestTitlesFit(t *testing.T) {
	const (
		letter = 7   // as wide as they are on average
		signs  = 73  // of the description and the menu
		period = 130 // of a time range of the panel's own, which Grafana writes beside the title
	)
	for name := range files {
		for _, p := range read(t, name).Panels {
			room := inside(p) - signs
			if p.TimeFrom != "" && !p.HideTimeOverride {
				room -= period
			}
			assert.LessOrEqual(t, letter*len(p.Title), room,
				"%s: Grafana cuts %q, which is %d columns wide, after %d letters", name, p.Title, p.GridPos.W,
				room/letter)
		}
	}
}

// Lists may be wider than their panel and are moved aside. Of groups, what is counted is the last column: it has to be
// seen.
func TestColumnsOfGroupsFit(t *testing.T) {
	checked := 0
	for name := range files {
		for _, p := range read(t, name).Panels {
			if p.Type != "table" {
				continue
			}
			columns := columnsOf(t, p)
			if columns == nil {
				continue
			}
			checked++
			assert.LessOrEqual(t, widthOf(p, columns), inside(p), "%s: the columns of %q, with their least widths: %v",
				name, p.Title, columns)
		}
	}
	assert.Greater(t, checked, 30)
}

// columnsOf are the fixed widths of the columns of groups, 0 of those that share the rest; nil of other tables.
func columnsOf(t *testing.T, p panel) []int {
	t.Helper()
	var q query
	require.NoError(t, json.Unmarshal(p.Targets[0], &q))
	var groups [][]string // the names of each column
	if p.Datasource.Type == prometheusID {
		for _, o := range p.FieldConfig.Overrides {
			if name := o.Matcher.Options; o.Matcher.ID == "byName" && name != "Time" && name != "Value" {
				groups = append(groups, []string{name})
			}
		}
	} else if q.View != "table" {
		return nil
	}
	for _, kind := range entra.Kinds() {
		for _, field := range q.GroupBy {
			if kind.Name == q.QueryType {
				groups = append(groups, []string{field, kind.Field(field).Label})
			}
		}
	}

	columns := make([]int, len(groups)+1) // what is counted is the last
	for _, o := range p.FieldConfig.Overrides {
		column := slices.IndexFunc(groups, func(names []string) bool {
			return slices.Contains(names,
				o.Matcher.Options)
		})
		switch {
		case o.Matcher.ID == "byType" && (q.Measure == "firstSeen" || q.Measure == "lastSeen"),
			o.Matcher.ID == "byName" && column < 0:
			column = len(groups)
		case o.Matcher.ID != "byName":
			continue
		}
		for _, property := range o.Properties {
			if pixels, isNumber := property.Value.(float64); isNumber && property.ID == "custom.width" {
				columns[column] = int(pixels)
			}
		}
	}
	return columns
}

// widthOf is what Grafana makes of columns: those without a width share what the others leave, and have their least
// width at least.
func widthOf(p panel, columns []int) int {
	least := p.FieldConfig.Defaults.Custom.MinWidth
	if least == 0 {
		least = 150 // Grafana's own
	}
	sum, sharing := 0, 0
	for _, width := range columns {
		sum += width
		if width == 0 {
			sharing++
		}
	}
	if sharing > 0 {
		sum += max(sharing*least, inside(p)-sum)
	}
	return sum
}

func overlap(a, b panel) bool {
	return a.GridPos.X < b.GridPos.X+b.GridPos.W && b.GridPos.X < a.GridPos.X+a.GridPos.W &&
		a.GridPos.Y < b.GridPos.Y+b.GridPos.H && b.GridPos.Y < a.GridPos.Y+a.GridPos.H
}

func checkTarget(t *testing.T, p panel, target json.RawMessage) {
	t.Helper()
	var at struct {
		Datasource source
		Filters    []any
	}
	require.NoError(t, json.Unmarshal(target, &at))
	assert.Equal(t, p.Datasource, at.Datasource, p.Title)
	if p.Datasource.Type != pluginID {
		return // internal/proof asks it
	}
	assert.NotNil(t, at.Filters, "%s: Grafana puts those of the plugin's default query in the place of none", p.Title)

	// The front end puts values in the place of variables before the plugin sees them.
	replaced := target
	for field, value := range map[string]string{"ipAddress": "192.0.2.1", "errorCode": "0"} {
		of := regexp.MustCompile(`("field": "` + field + `",\s+"operator": "=",\s+"values": \[\s+)"\$\w+"`)
		replaced = of.ReplaceAll(replaced, []byte(`${1}"`+value+`"`))
	}
	replaced = reference.ReplaceAll(replaced, []byte(`"a value"`))
	_, err := entra.Decode(replaced)
	assert.NoError(t, err, p.Title)
}

// An externally shared dashboard is asked as it is saved: Grafana puts nothing in the place of variables there.
func TestOverviewAnswersWhereItIsSharedExternally(t *testing.T) {
	for _, p := range read(t, "overview.json").Panels {
		for _, target := range p.Targets {
			_, err := entra.Decode(target)
			assert.NoError(t, err, p.Title)
		}
	}
}

var reference = regexp.MustCompile(`"\$(?:\w+|\{__user\.email\})"`)

func TestEveryVariableExists(t *testing.T) {
	byUID := map[string]saved{}
	for name := range files {
		d := read(t, name)
		byUID[d.UID] = d
	}
	has := func(d saved, name string) bool {
		for _, v := range d.Templating.List {
			if v.Name == name {
				return true
			}
		}
		return false
	}
	used := regexp.MustCompile(`\$(?:(\w+)|\{(\w+)[^}]*\})`)
	set := regexp.MustCompile(`var-(\w+)=`)
	link := regexp.MustCompile(`"url": "/d/([^?"]+)([^"]*)"`)
	for name := range files {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, m := range used.FindAllStringSubmatch(string(text), -1) {
			if variable := m[1] + m[2]; !strings.HasPrefix(variable, "__") { // Grafana's own
				assert.True(t, has(read(t, name), variable), "%s uses $%s", name, variable)
			}
		}
		for _, m := range link.FindAllStringSubmatch(string(text), -1) {
			target, known := byUID[m[1]]
			assert.True(t, known, "%s links to %s", name, m[1])
			for _, v := range set.FindAllStringSubmatch(m[2], -1) {
				assert.True(t, has(target, v[1]), "%s sets %s of %s", name, v[1], m[1])
			}
		}
	}
}

// Only answers by day and by week have the end of a point.
func TestLinksAreToThePeriodThatBeginsAtThePoint(t *testing.T) {
	half, err := time.ParseDuration(halfADay)
	require.NoError(t, err)
	assert.Contains(t, aDayLong, fmt.Sprintf("time.window=%d&", 2*half.Milliseconds()),
		"the window is moved by half its width")

	steps := 0
	for name := range files {
		for _, p := range read(t, name).Panels {
			for _, link := range p.FieldConfig.Defaults.Links {
				if !strings.Contains(link.URL, string(step)) {
					continue
				}
				steps++
				var q query
				require.NoError(t, json.Unmarshal(p.Targets[0], &q))
				assert.Contains(t, []entra.Interval{entra.Day, entra.Week}, q.Interval, "%s: %s", name, p.Title)
			}
		}
	}
	assert.GreaterOrEqual(t, steps, 4)
}
