package groups_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/ingest/groups"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

func TestGroupsAreReadFromGraphsPages(t *testing.T) {
	for _, tt := range []struct {
		name   string
		group  store.Group
		source string
		want   []store.Group
		error  string
	}{
		{"groups with their members", store.Group{},
			`{"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#groups(members())", "value": [
  {"id": "G1", "displayName": "Finance", "members": [{"@odata.type": "#microsoft.graph.user", "id": "u1"},
  {"@odata.type": "#microsoft.graph.group", "id": "g2"}, {"id": "u2"}]},
  {"id": "g2", "displayName": "Nobody", "members": []}]}`,
			[]store.Group{{ID: "g1", Name: "Finance", Members: []string{"u1", "u2"}}, {ID: "g2", Name: "Nobody"}}, ""},
		{"one group", store.Group{}, `{"id": "g1", "displayName": "Finance", "members": [{"id": "u1"}]}`,
			[]store.Group{{ID: "g1", Name: "Finance", Members: []string{"u1"}}}, ""},
		{"pages of members that name their group", store.Group{},
			`{"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#groups('g1')/members",
"@odata.nextLink": "https://...", "value": [{"id": "u1"}]}
{"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#groups('g1')/members", "value": [{"id": "u2"}]}`,
			[]store.Group{{ID: "g1", Members: []string{"u1", "u2"}}}, ""},
		{"members of the group given", store.Group{ID: "g7", Name: "Seven"},
			`{"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#directoryObjects", "value": ` +
				`[{"@odata.type": "#microsoft.graph.user", "id": "u1", "displayName": "Megan"}]}`,
			[]store.Group{{ID: "g7", Name: "Seven", Members: []string{"u1"}}}, ""},
		{"no members at all", store.Group{ID: "g7"}, `{"@odata.context": ` +
			`"https://graph.microsoft.com/v1.0/$metadata#directoryObjects", "value": []}`, []store.Group{{ID: "g7"}}, ""},
		{"members of nobody knows what", store.Group{}, `{"value": [{"id": "u1"}]}`, nil, "nothing says of which group"},
		{"groups without members", store.Group{}, `{"value": [{"@odata.type": "#microsoft.graph.group", "id": "g1", ` +
			`"displayName": "Finance"}]}`, nil, "comes without its members"},
		{"the first of several pages", store.Group{ID: "g1"}, `{"@odata.nextLink": "https://...", "value": [{"id": ` +
			`"u1"}]}`, nil, "follow the last page's nextLink"},
		{"the first members of many", store.Group{}, `{"value": [{"id": "g1", "members@odata.nextLink": ` +
			`"https://...", "members": [{"id": "u1"}]}]}`, nil, "has more members"},
		{"members as az writes them", store.Group{ID: "g7"}, `[{"@odata.type": "#microsoft.graph.user", "id": "u1"}, ` +
			`{"@odata.type": "#microsoft.graph.device", "id": "d1"}]`,
			[]store.Group{{ID: "g7", Members: []string{"u1"}}}, ""},
		{"members as PowerShell writes them", store.Group{ID: "g7"}, `[{"DeletedDateTime": null, "Id": "u1",
			"AdditionalProperties": {"@odata.type": "#microsoft.graph.user"}},
  {"Id": "g2", "AdditionalProperties": {"@odata.type": "#microsoft.graph.group"}}]`,
			[]store.Group{{ID: "g7", Members: []string{"u1"}}}, ""},
		{"a list of members of nobody knows what", store.Group{}, `[{"id": "u1"}]`, nil, "nothing says of which group"},
		{"members that are users", store.Group{ID: "g7"}, `{"@odata.context": ` +
			`"https://graph.microsoft.com/v1.0/$metadata#users(id)", "value": [{"id": "u1", "createdDateTime": ` +
			`"2026-01-02T03:04:05Z"}]}`,
			[]store.Group{{ID: "g7", Members: []string{"u1"}}}, ""},
		{"groups of a list, in place of members", store.Group{ID: "g7"},
			`{"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#groups", "value": [{"id": "g1", ` +
				`"displayName": "Finance"}]}`,
			nil, `the group "Finance" comes without its members`},
		{"sign-ins", store.Group{ID: "g7"}, `{"@odata.context": ` +
			`"https://graph.microsoft.com/v1.0/$metadata#auditLogs/signIns", "value": []}`, nil,
			"this is no page of groups or members as Microsoft Graph returns it for /groups?$expand=members or " +
				"/groups/{id}/members: it holds auditLogs/signIns"},
		{"sign-ins without a context", store.Group{ID: "g7"}, `{"value": [{"id": "s1", "createdDateTime": ` +
			`"2026-01-02T03:04:05Z", "appId": "a1", "userId": "u1"}]}`, nil, "an object in it is a record or an application"},
		{"rows of Log Analytics", store.Group{ID: "g7"}, `[{"Id": "1", "TimeGenerated": "2026-01-02T03:04:05Z", ` +
			`"OperationName": "Sign-in activity"}]`, nil, "an object in it is a record or an application"},
		{"risky users", store.Group{ID: "g7"}, `{"value": [{"id": "u1", "riskState": "atRisk", ` +
			`"riskLastUpdatedDateTime": "2026-01-02T03:04:05Z"}]}`, nil, "an object in it is a record"},
		{"objects of another type", store.Group{ID: "g7"}, `{"value": [{"@odata.type": "#microsoft.graph.alert", ` +
			`"id": "1"}]}`, nil, "an object in it is of the type alert"},
		{"members without an id", store.Group{ID: "g7"}, `{"value": [{"displayName": "Megan"}]}`, nil, "an object in it has no id"},
		{"something that is no object", store.Group{ID: "g7"}, `["u1"]`, nil, "an object in it has no id"},
		{"something else", store.Group{ID: "g7"}, `{"records": []}`, nil, `it has neither "value" nor "members"`},
		{"an error of Graph", store.Group{ID: "g7"}, `{"error": {"code": "Authorization_RequestDenied", "message": ` +
			`"Insufficient privileges to complete the operation."}}`, nil,
			"this is an error that was answered when groups were asked for: Authorization_RequestDenied: Insufficient " +
				"privileges to complete the operation."},
		{"no JSON", store.Group{}, `group,member`, nil, "this is no page of groups"},
		{"nothing", store.Group{}, ``, nil, "there is no group"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			groups := groups.Reader{Group: tt.group}
			err := groups.Read(strings.NewReader(tt.source))
			var got []store.Group
			if err == nil {
				got, err = groups.All()
			}
			if tt.error != "" {
				require.ErrorContains(t, err, tt.error)
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}
