package graph_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/ingest/graph"
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
		{"groups with their members", store.Group{}, `{"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#groups(members())", "value": [
  {"id": "G1", "displayName": "Finance", "members": [{"@odata.type": "#microsoft.graph.user", "id": "u1"}, {"@odata.type": "#microsoft.graph.group", "id": "g2"}, {"id": "u2"}]},
  {"id": "g2", "displayName": "Nobody", "members": []}]}`,
			[]store.Group{{ID: "g1", Name: "Finance", Members: []string{"u1", "u2"}}, {ID: "g2", Name: "Nobody"}}, ""},
		{"one group", store.Group{}, `{"id": "g1", "displayName": "Finance", "members": [{"id": "u1"}]}`, []store.Group{{ID: "g1", Name: "Finance", Members: []string{"u1"}}}, ""},
		{"pages of members that name their group", store.Group{}, `{"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#groups('g1')/members", "@odata.nextLink": "https://...", "value": [{"id": "u1"}]}
{"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#groups('g1')/members", "value": [{"id": "u2"}]}`,
			[]store.Group{{ID: "g1", Members: []string{"u1", "u2"}}}, ""},
		{"members of the group given", store.Group{ID: "g7", Name: "Seven"}, `{"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#directoryObjects", "value": [{"@odata.type": "#microsoft.graph.user", "id": "u1", "displayName": "Megan"}]}`,
			[]store.Group{{ID: "g7", Name: "Seven", Members: []string{"u1"}}}, ""},
		{"no members at all", store.Group{ID: "g7"}, `{"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#directoryObjects", "value": []}`, []store.Group{{ID: "g7"}}, ""},
		{"members of nobody knows what", store.Group{}, `{"value": [{"id": "u1"}]}`, nil, "nothing says of which group"},
		{"groups without members", store.Group{}, `{"value": [{"@odata.type": "#microsoft.graph.group", "id": "g1", "displayName": "Finance"}]}`, nil, "comes without its members"},
		{"the first of several pages", store.Group{ID: "g1"}, `{"@odata.nextLink": "https://...", "value": [{"id": "u1"}]}`, nil, "follow the last page's nextLink"},
		{"the first members of many", store.Group{}, `{"value": [{"id": "g1", "members@odata.nextLink": "https://...", "members": [{"id": "u1"}]}]}`, nil, "has more members"},
		{"no JSON", store.Group{}, `group,member`, nil, "this is no page of groups"},
		{"nothing", store.Group{}, ``, nil, "there is no group"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			groups := graph.Groups{Group: tt.group}
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
