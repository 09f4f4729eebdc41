package detail

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/graph"
	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

// section is a part of a detail that the record itself holds.
type section struct {
	columns []*activity.Field
	rows    func(r *record, columns []*activity.Field) [][]any
}

// sections are by their names. Titles are the portal's; a column's path is where an element of a collection has it.
var sections = map[string]section{
	query.Summary: {rows: summaryRows, columns: []*activity.Field{
		{Name: "group", Label: "Group", Type: activity.Text},
		{Name: "property", Label: "Property", Type: activity.Text},
		{Name: "value", Label: "Value", Type: activity.Text},
		{Name: "field", Label: "Field", Type: activity.Text}, // the name to filter records by, if they can be
	}},
	query.Policies: {rows: policyRows, columns: []*activity.Field{
		{Name: "name", Label: "Policy name", Type: activity.Text, Path: "displayName"},
		{Name: "result", Label: "Result", Type: activity.Text, Path: "result"},
		{Name: "applied", Label: "Applied", Type: activity.Boolean},
		{Name: "reportOnly", Label: "Report-only", Type: activity.Boolean},
		{Name: "grantControls", Label: "Grant controls", Type: activity.Text, Path: "enforcedGrantControls"},
		{Name: "sessionControls", Label: "Session controls", Type: activity.Text, Path: "enforcedSessionControls"},
		{Name: "id", Label: "Policy ID", Type: activity.Text, Path: "id"},
	}},
	query.Authentication: {rows: collection("authenticationDetails"), columns: []*activity.Field{
		{Name: "time", Label: "Date", Type: activity.Time, Path: "authenticationStepDateTime"},
		{Name: "method", Label: "Authentication method", Type: activity.Text, Path: "authenticationMethod"},
		{Name: "methodDetail", Label: "Authentication method detail", Type: activity.Text, Path: "authenticationMethodDetail"},
		{Name: "succeeded", Label: "Succeeded", Type: activity.Boolean, Path: "succeeded"},
		{Name: "resultDetail", Label: "Result detail", Type: activity.Text, Path: "authenticationStepResultDetail"},
		{Name: "requirement", Label: "Requirement", Type: activity.Text, Path: "authenticationStepRequirement"},
	}},
	query.Targets: {rows: collection("targetResources"), columns: []*activity.Field{
		{Name: "type", Label: "Type", Type: activity.Text, Path: "type"},
		{Name: "displayName", Label: "Display name", Type: activity.Text, Path: "displayName"},
		{Name: "userPrincipalName", Label: "User principal name", Type: activity.Text, Path: "userPrincipalName"},
		{Name: "id", Label: "ID", Type: activity.Text, Path: "id"},
		{Name: "groupType", Label: "Group type", Type: activity.Text, Path: "groupType"},
	}},
	query.ModifiedProperties: {rows: modifiedRows, columns: []*activity.Field{
		{Name: "target", Label: "Target", Type: activity.Text},
		{Name: "property", Label: "Property name", Type: activity.Text, Path: "displayName"},
		{Name: "oldValue", Label: "Old value", Type: activity.Text, Path: "oldValue"},
		{Name: "newValue", Label: "New value", Type: activity.Text, Path: "newValue"},
	}},
	query.Steps: {rows: stepRows, columns: []*activity.Field{
		{Name: "name", Label: "Step", Type: activity.Text, Path: "name"},
		{Name: "type", Label: "Type", Type: activity.Text, Path: "provisioningStepType"},
		{Name: "status", Label: "Status", Type: activity.Text, Path: "status"},
		{Name: "description", Label: "Description", Type: activity.Text, Path: "description"},
		{Name: "details", Label: "Details", Type: activity.Text, Path: "details"},
	}},
	query.Raw: {rows: rawRows, columns: []*activity.Field{{Name: "record", Label: "Record", Type: activity.Text}}},
}

// collection returns a row for each element of a property.
func collection(property string) func(r *record, columns []*activity.Field) [][]any {
	return func(r *record, columns []*activity.Field) (rows [][]any) {
		for _, element := range r.object.At(property) {
			rows = append(rows, cells(element, columns))
		}
		return rows
	}
}

// cells returns the fields of one element of a collection, each by its path.
func cells(element graph.Object, fields []*activity.Field) []any {
	row := make([]any, len(fields))
	for i, f := range fields {
		text := element.Text(f.Path)
		row[i] = text
		switch f.Type {
		case activity.Time:
			row[i] = nil
			if t, err := activity.ParseTime(text); err == nil {
				row[i] = t
			}
		case activity.Boolean:
			row[i] = nil
			if canonical, err := activity.Canonical(f, text); err == nil && canonical != "" {
				row[i] = canonical == "true"
			}
		}
	}
	return row
}

// policyRows returns every policy that the record names: first those that applied. Each says whether it only reports.
// https://learn.microsoft.com/graph/api/resources/appliedconditionalaccesspolicy
func policyRows(r *record, columns []*activity.Field) [][]any {
	var applied, others [][]any
	for _, policy := range r.object.At("appliedConditionalAccessPolicies") {
		row := cells(policy, columns)
		result := policy.Text("result")
		if result != "" {
			result = strings.ToLower(result[:1]) + result[1:] // some write it with a capital
		}
		outcome, reportOnly := strings.CutPrefix(strings.ToLower(result), "reportonly")
		isApplied := slices.Contains([]string{"success", "failure", "interrupted"}, outcome)
		row[1], row[2], row[3] = result, isApplied, reportOnly
		if isApplied {
			applied = append(applied, row)
		} else {
			others = append(others, row)
		}
	}
	return append(applied, others...)
}

func modifiedRows(r *record, columns []*activity.Field) (rows [][]any) {
	add := func(target string, of graph.Object) {
		for _, property := range of.At("modifiedProperties") {
			row := cells(property, columns)
			row[0], row[2], row[3] = target, unquote(property.Text("oldValue")), unquote(property.Text("newValue"))
			rows = append(rows, row)
		}
	}
	for _, target := range r.object.At("targetResources") {
		add(cmp.Or(target.Text("displayName"), target.Text("userPrincipalName"), target.Text("id")), target)
	}
	if r.kind == activity.ProvisioningEvent {
		add(cmp.Or(r.text("targetIdentity"), r.text("sourceIdentity")), r.object)
	}
	return rows
}

// unquote returns the text of the JSON string that old and new values are written as.
func unquote(value string) string {
	var text string
	if json.Unmarshal([]byte(value), &text) == nil {
		return text
	}
	return value
}

// Azure Monitor's records give the number of a step's type and status.
// https://learn.microsoft.com/graph/api/resources/provisioningstep
var (
	stepTypes    = []string{"import", "scoping", "matching", "processing", "referenceResolution", "export"}
	stepStatuses = []string{"success", "failure", "skipped", "warning"}
)

func stepRows(r *record, columns []*activity.Field) (rows [][]any) {
	for _, step := range r.object.At("provisioningSteps") {
		row := cells(step, columns)
		row[1] = named(stepTypes, cmp.Or(step.Text("provisioningStepType"), step.Text("type")))
		row[2] = named(stepStatuses, step.Text("status"))
		rows = append(rows, row)
	}
	return rows
}

func named(names []string, text string) string {
	if len(text) == 1 && text[0] >= '0' && int(text[0]-'0') < len(names) {
		return names[text[0]-'0']
	}
	return text
}

func rawRows(r *record, _ []*activity.Field) [][]any {
	var pretty bytes.Buffer
	if json.Indent(&pretty, r.raw, "", "  ") != nil {
		return [][]any{{string(r.raw)}}
	}
	return [][]any{{pretty.String()}}
}
