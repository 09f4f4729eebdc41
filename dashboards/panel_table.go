package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/table"

	entra "github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// groups is a table of groups and their measure, for groups of several fields.
func groups(title, description, empty string, q query) *table.PanelBuilder {
	q.View = entra.Table
	return tabular(title, description, empty, q).Unit("locale").MinWidth(leastOfGroups)
}

// leastOfGroups takes the place of Grafana's own least width of columns, with which the measure, the last of them,
// would run out of narrow panels.
const leastOfGroups = 80

// records is a list of single records.
func records(title, description, empty string, q query) *table.PanelBuilder {
	q.View = entra.List
	return tabular(title, description, empty, q).Filterable(true)
}

// part is a section of all that is known of one record. Its columns are named by their titles.
func part(title, description, empty string, q query) *table.PanelBuilder {
	q.View = entra.Detail
	b := tabular(title, description, empty, q)
	for _, column := range []struct{ title, field string }{{"Status", "status"}, {"Risk level", "riskLevel"},
		{"Risk state", "riskState"}} {
		b.OverrideByName(column.title, cells(q.QueryType, column.field, true))
	}
	return b
}

func tabular(title, description, empty string, q query) *table.PanelBuilder {
	b := table.NewPanelBuilder().
		Title(title).
		Description(description).
		Datasource(datasource).
		WithTarget(targetOf(q)).
		NoValue(empty).
		// Nothing to count in: dates, names and words stay as they are.
		Unit("none").
		CellHeight(common.TableCellHeightSm).
		// Grafana would write what an empty panel says into every empty cell.
		OverrideByRegexp("/.*/", properties{{Id: "noValue", Value: "-"}}).
		OverrideByFieldType("time", properties{{Id: "unit", Value: "dateTimeAsIso"}, width(165)})
	for _, name := range append(q.GroupBy, q.Columns...) {
		if list := cells(q.QueryType, name, q.View == entra.List); len(list) > 0 {
			b.OverrideByName(name, list)
		}
	}
	return b
}

// cells is how the cells of a kind's field are written and painted, and how much room they take.
func cells(kind, field string, isList bool) properties {
	var list properties
	if title := titles[field]; title != "" {
		list = append(list, property{Id: "displayName", Value: title})
	}
	if words := wordings[field]; judging[field] {
		var painted []word
		for _, w := range words { // Grafana looks the color of a pill up by what is written in it
			painted = append(painted, word{w.value, w.text, pills[w.color]}, word{w.text, w.text, pills[w.color]})
		}
		list = append(list, wording(painted...),
			property{Id: "custom.cellOptions", Value: map[string]string{"type": "pill"}})
	} else if words != nil {
		list = append(list, wording(words...))
	}
	if field == "errorCode" && kind != "provisioningEvent" { // whose codes are words
		list = append(list, property{Id: "displayName", Value: "Code"}, property{Id: "custom.align", Value: "left"})
		if isList {
			list = append(list, width(codeWidth))
		}
	}
	if field == "failureReason" { // of what has not failed
		list = append(list, wording(word{value: "Other.", text: "-"}))
	}
	if pixels := widths[field]; pixels > 0 {
		list = append(list, width(pixels))
	} else if pixels := leastWidths[field]; pixels > 0 && isList {
		list = append(list, leastWidth(pixels)...)
	}
	return list
}

// judging are the fields whose values are good or bad, and so are painted in cells, too: as pills, in which words can
// be read on every color, dark and light.
var judging = map[string]bool{
	"status": true, "conditionalAccessStatus": true, "authenticationRequirement": true, "policyResult": true,
	"riskLevel": true, "riskLevelDuringSignIn": true, "riskState": true,
}

// titles are shorter than the fields' labels where that is clear enough in a table.
var titles = map[string]string{
	"countryOrRegion": "Country", "authenticationRequirement": "Authentication", "riskLevelDuringSignIn": "Risk level",
	"detectionTimingType": "Timing", "timeToRemediation": "Lasted",
	"initiatedByUserPrincipalName": "By user", "initiatedByUserDisplayName": "By",
	"initiatedByAppDisplayName": "By application",
}

// codeWidth is enough for a code without its meaning.
const codeWidth = 85

// widths are those of columns whose values are all short.
var widths = map[string]int{
	"status": 105, "authenticationRequirement": 140, "conditionalAccessStatus": 165, "countryOrRegion": 80, "city": 120,
	"operatingSystem": 135, "browser": 140, "signInEventTypes": 135, "policyResult": 150, "riskLevel": 95,
	"riskLevelDuringSignIn": 95, "riskState": 130, "detectionTimingType": 115,
	"provisioningAction": 110, "identityType": 125, "durationInMilliseconds": 110, "kind": 150,
	"timeToRemediation": 125,
}

// leastWidths let lists be read that are wider than their panel. Other columns share what is left.
var leastWidths = map[string]int{
	"userPrincipalName": 220, "appDisplayName": 210, "resourceDisplayName": 190, "failureReason": 320,
	"clientAppUsed": 200, "correlationId": 290, "conditionalAccessPolicies": 340,
	"conditionalAccessPolicyResults": 220,
	"activityDisplayName":            240, "initiatedByUserPrincipalName": 220, "targetDisplayNames": 210,
	"targetUserPrincipalNames": 230, "resultReason": 240, "oldValues": 220, "newValues": 220,
	"ipAddress": 320, "errorReason": 320, "recommendedAction": 320, "sourceIdentity": 190, "riskEventTypes": 200,
	"riskEventType": 190, "riskDetail": 250, "summary": 260,
}

// wrapped lets cells have as many lines as their texts need. Grafana 12 has the property elsewhere.
var wrapped = properties{
	{Id: "custom.wrapText", Value: true},
	{Id: "custom.cellOptions", Value: map[string]any{"type": "auto", "wrapText": true}},
}

// bar is the property of a column of numbers that draws them as bars.
func bar(color string) properties {
	return properties{
		{Id: "custom.cellOptions", Value: map[string]string{"type": "gauge", "mode": "basic",
			"valueDisplayMode": "text"}},
		painted(color),
		{Id: "min", Value: 0},
	}
}

func width(pixels int) property {
	return property{Id: "custom.width", Value: pixels}
}

// leastWidth is the property of a column that is to have so much room, and more where there is.
func leastWidth(pixels int) properties {
	return properties{{Id: "custom.minWidth", Value: pixels}}
}

// hidden is the property of a column that is there for what others lead to.
var hidden = properties{{Id: "custom.hidden", Value: true}}
