package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/frames"
)

// Series and cells of a status or a risk bring their colors with the data. These are for panels about one of them.
const (
	green  = frames.Green
	red    = frames.Red
	amber  = frames.Amber
	blue   = frames.Blue
	purple = frames.Purple
	gray   = frames.Gray
	plain  = "text" // that of the letters, dark and light
)

// ochre is amber for large numbers, which then can be read on white, too.
const ochre = "#C77700"

// pills are the colors as backgrounds of words: Grafana writes on them in white, on a bright one in black.
var pills = map[string]string{green: "#00795A", red: "#B04A00", amber: "#F5BD1F", blue: "#1F74A8", purple: "#9C4A7B",
	gray: "#6B6B6B"}

// statuses are written as the portal does.
var statuses = []word{
	{activity.Success, "Success", green},
	{activity.Failure, "Failure", red},
	{activity.Interrupted, "Interrupted", amber},
	{activity.Skipped, "Skipped", gray},
	{activity.Warning, "Warning", blue},
	{activity.Timeout, "Timeout", purple},
}

// wordings are the words and colors for values of fields, in series and in cells. A value that is missing is said not
// to be told.
var wordings = map[string][]word{
	"status": statuses,
	"conditionalAccessStatus": {
		{"success", "Satisfied", green}, {"failure", "Not satisfied", red}, {"notApplied", "Not applied", gray},
		{"(none)", "Not told", purple},
	},
	"authenticationRequirement": {
		{"multiFactorAuthentication", "Multifactor", green}, {"singleFactorAuthentication", "Single-factor", amber},
		{"(none)", "Not told", gray},
	},
	"policyResult": {
		{"success", "Satisfied", green}, {"failure", "Not satisfied", red}, {"notApplied", "Not applied", gray},
		{"notEnabled", "Not enabled", gray},
		{"reportOnlySuccess", "Would let in", green}, {"reportOnlyFailure", "Would stop", red},
		{"reportOnlyInterrupted", "Would ask for more", amber}, {"reportOnlyNotApplied", "Would not apply", gray},
	},
	"signInEventTypes": {
		{activity.Interactive, "Interactive", blue}, {activity.NonInteractive, "Non-interactive", gray},
		{activity.ByPrincipal, "Service principal", purple}, {activity.ManagedIdentity, "Managed identity", amber},
	},
	"provisioningAction": {
		{"create", "Create", green}, {"update", "Update", blue}, {"disable", "Disable", amber},
		{"stagedDelete", "Staged delete", purple}, {"delete", "Delete", red}, {"other", "Other", gray},
	},
	"kind": {
		{"signIn", "Sign-in", blue}, {"auditEvent", "Audit event", purple},
		{"provisioningEvent", "Provisioning", green}, {"riskDetection", "Risk detection", amber},
		{"riskyUser", "Risk of the user", red},
	},
	"riskLevel":             riskLevels,
	"riskLevelDuringSignIn": riskLevels,
	"riskState": {
		{"atRisk", "At risk", amber}, {"confirmedCompromised", "Compromised", red}, {"remediated", "Remediated", green},
		{"dismissed", "Dismissed", gray}, {"confirmedSafe", "Confirmed safe", blue}, {"none", "None", gray},
	},
}

var riskLevels = []word{{"high", "High", red}, {"medium", "Medium", amber}, {"low", "Low", blue},
	{"none", "None", gray}, {"hidden", "Hidden", gray}}

// namesOf finds the words for the series of queries grouped by one field.
func namesOf(queries ...query) []word {
	for _, q := range queries {
		if len(q.GroupBy) == 1 {
			return wordings[q.GroupBy[0]]
		}
	}
	return nil
}

func fixed(color string) *dashboard.FieldColorBuilder {
	return dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdFixed).FixedColor(color)
}

// byThreshold paints a number by what it has reached.
func byThreshold() *dashboard.FieldColorBuilder {
	return dashboard.NewFieldColorBuilder().Mode(dashboard.FieldColorModeIdThresholds)
}

// A limit is where a number begins to have a color.
type limit struct {
	from  float64
	color string
}

// thresholds paint what lies below all limits in the first color.
func thresholds(below string, limits ...limit) *dashboard.ThresholdsConfigBuilder {
	steps := []dashboard.Threshold{{Color: below}}
	for _, l := range limits {
		if l.color == amber {
			l.color = ochre
		}
		steps = append(steps, dashboard.Threshold{Value: cog.ToPtr(l.from), Color: l.color})
	}
	return dashboard.NewThresholdsConfigBuilder().Mode(dashboard.ThresholdsModeAbsolute).Steps(steps)
}

// A word is how a value is written, and painted where the panel paints by values.
type word struct{ value, text, color string }

// wording is the property that writes values by other words.
func wording(words ...word) property {
	written := map[string]dashboard.ValueMappingResult{}
	for i, w := range words {
		result := dashboard.ValueMappingResult{Text: &w.text, Index: cog.ToPtr(int32(i))}
		if w.color != "" {
			result.Color = &w.color
		}
		written[w.value] = result
	}
	return property{Id: "mappings", Value: []dashboard.ValueMap{{Type: dashboard.MappingTypeValueToText,
		Options: written}}}
}

// naming names and paints series by what their groups are called.
func naming[B interface {
	OverrideByName(string, properties) B
}](b B, words ...word) B {
	for _, w := range words {
		written := properties{{Id: "displayName", Value: w.text}}
		if w.color != "" {
			written = append(written, painted(w.color))
		}
		b = b.OverrideByName(w.value, written)
	}
	return b
}

func painted(color string) property {
	return property{Id: "color", Value: map[string]string{"mode": "fixed", "fixedColor": color}}
}
