package graph_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/pkg/graph"
)

// The same properties are found by Graph's names in each of the forms in which others pass a record on.
func TestPropertiesInEveryForm(t *testing.T) {
	for name, record := range map[string]string{
		"Graph": `{"location": {"city": "Bern"}, "isInteractive": true, "processingTimeInMilliseconds": 1.50,
			"appliedConditionalAccessPolicies": [{"displayName": "A", "grants": ["mfa", "block"]}, {"displayName": "B"}]}`,
		"diagnostic record": `{"category": "SignInLogs", "properties": {"location": {"city": "Bern"}, "isInteractive": true,
			"processingTimeInMilliseconds": 1.50,
			"appliedConditionalAccessPolicies": [{"displayName": "A", "grants": ["mfa", "block"]}, {"displayName": "B"}]}}`,
		"properties within a text": `{"category": "SignInLogs",
			"properties": "{\"location\": {\"city\": \"Bern\"}, \"isInteractive\": true,
			\"processingTimeInMilliseconds\": 1.50, \"appliedConditionalAccessPolicies\":
			[{\"displayName\": \"A\", \"grants\": [\"mfa\", \"block\"]}, {\"displayName\": \"B\"}]}"}`,
		"row": `{"Location_string": "", "Location_dynamic": "{\"city\": \"Bern\"}", "IsInteractive": true,
			"ProcessingTimeInMilliseconds": 1.50,
			"ConditionalAccessPolicies": "[{\"displayName\": \"A\", \"grants\": [\"mfa\", \"block\"]}, {\"displayName\": \"B\"}]"}`,
	} {
		t.Run(name, func(t *testing.T) {
			o := graph.Parse([]byte(record))
			require.Equal(t, "Bern", o.Text("location/city"))
			require.Equal(t, "Yes", o.Text("isInteractive"))
			require.Equal(t, "1.50", o.Text("processingTimeInMilliseconds"))
			require.Equal(t, "mfa, block", o.Text("appliedConditionalAccessPolicies/grants"))
			require.Equal(t, `{"displayName":"B"}`, o.At("appliedConditionalAccessPolicies")[1].String())
			require.Empty(t, o.At("mfaDetail/authMethod"))
		})
	}
	require.Empty(t, graph.Parse([]byte("{")).Text("id"))
}
