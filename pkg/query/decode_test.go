package query_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/pkg/query"
)

func TestDecodeSaysWhatIsWrongAndWhatToDo(t *testing.T) {
	for _, tt := range []struct {
		model string
		error string
	}{
		{`[]`, "query: not understood"},
		{`{"queryType":"signin"}`, `queryType: unknown kind of record "signin": use signIn, riskySignIn`},
		{`{"queryType":"provisioningEvent","measure":"distinctUsers"}`,
			`measure: provisioningEvent has no measure "distinctUsers": use count, distinctValues, failureRate, ` +
				`averageDuration, firstSeen or lastSeen`},
		{`{"version":3}`, `version: the query was saved by a newer version of the plugin`},
		{`{"view":"pie"}`, `view: signIn has no view "pie": use timeSeries, table, value, calendar, list`},
		{`{"measure":"sum"}`, `measure: signIn has no measure "sum": use count, distinctUsers, distinctValues, ` +
			`failureRate, firstSeen or lastSeen`},
		{`{"measure":"distinctValues"}`, `of: distinctValues counts the values of a field, and none is named: choose one such as tenantId`},
		{`{"measure":"distinctValues","of":"country"}`, `of: signIn has no field "country": use one of`},
		{`{"measure":"distinctValues","of":"correlationId"}`, `of: the values of correlationId cannot be counted`},
		{`{"view":"value","seen":"new"}`, `seen: new is for the view table`},
		{`{"measure":"firstSeen","groupBy":["appId"]}`, `measure: firstSeen is for the view table`},
		{`{"view":"table","measure":"lastSeen"}`, `measure: lastSeen is about groups: choose a field to group by`},
		{`{"view":"table","groupBy":["appId"],"seen":"old"}`, `seen: unknown "old": use new or unused`},
		{`{"queryType":"riskyUser","view":"table","groupBy":["userId"],"seen":"new"}`, `seen: riskyUser cannot be asked for new`},
		{`{"queryType":"userActivity","filters":[{"field":"userId","operator":"!=","values":["a"]}]}`,
			`filters: userActivity is about users and none is named`},
		{`{"view":"calendar","measure":"failureRate"}`, `measure: a calendar counts: use count, not failureRate`},
		{`{"view":"value","offset":"soon"}`, `offset: "soon" is not understood: use a number of hours, days or weeks ` +
			`such as 24h, 1d or 1w`},
		{`{"groupBy":["app"]}`, `groupBy[0]: signIn has no field "app": use one of createdDateTime`},
		{`{"groupBy":["correlationId"]}`, `groupBy: correlationId cannot be grouped by`},
		{`{"groupBy":["status","city","state","browser"]}`, `groupBy: 4 fields are too many`},
		{`{"interval":"2m"}`, `interval: unknown interval "2m": use auto, 1m`},
		{`{"timezone":"Mars"}`, `timezone: unknown time zone "Mars"`},
		{`{"view":"list","columns":["x"]}`, `columns[0]: signIn has no field "x"`},
		{`{"top":-1}`, `top: -1 is negative`},
		{`{"filters":[{"field":"x","operator":"=","values":["a"]}]}`, `filters[0].field: signIn has no field "x"`},
		{`{"filters":[{"field":"city","operator":"<","values":["a"]}]}`,
			`filters[0].operator: city cannot be compared by "<": use one of =`},
		{`{"filters":[{"field":"createdDateTime","operator":"=","values":["a"]}]}`,
			`filters[0].field: createdDateTime cannot be filtered: times are chosen by the time range`},
		{`{"filters":[{"field":"latitude","operator":"=","values":["1"]}]}`,
			`filters[0].field: latitude cannot be filtered: choose another field`},
		{`{"filters":[{"field":"city","operator":"=","values":"Oslo"}]}`, `filters.values: string is not what belongs here: use a list`},
		{`{"filters":[{"field":"city","operator":"=","values":["` + strings.Repeat("x", 1025) + `"]}]}`,
			`filters[0].values: a value for city is longer than 1024 bytes: compare with a part of it`},
		{`{"filters":[{"field":"city","operator":"=","values":["a\u0000"]}]}`,
			`filters[0].values: a value for city has a zero byte in it: take it out`},
		{`{"filters":[{"field":"city","operator":"=","values":["` + strings.Repeat(`a","`, 1000) + `"]}]}`,
			`filters[0].values: 1001 values for city are too many: use at most 1000, or a regular expression`},
		{`{"filters":[` + strings.Repeat(`{"field":"city","operator":"="},`, 50) + `{"field":"city","operator":"="}]}`,
			`filters: 51 filters are too many: use at most 50`},
		{`{"filters":[{"field":"city","operator":"=~","values":["("]}]}`,
			"filters[0].values: error parsing regexp: missing closing ): `(`: correct it"},
		{`{"filters":[{"field":"city","operator":"=~","values":["a))|(?:(?:b"]}]}`,
			`filters[0].values: error parsing regexp: unexpected )`},
		{`{"filters":[{"field":"city","operator":"=","values":["$city"]}]}`,
			`filters[0].values: the variable $city in the filter on city has no value: alert rules and externally ` +
				`shared dashboards have no variables`},
		{`{"filters":[{"field":"city","operator":"=","values":["${city:regex}"]}]}`, `has no value`},
		{`{"filters":[{"field":"errorCode","operator":">","values":["many"]}]}`,
			`filters[0].values: errorCode: "many" is not a whole number`},
		{`{"filters":[{"field":"ipAddress","operator":"inNetwork","values":["10.0.0.0/99"]}]}`,
			`filters[0].values: "10.0.0.0/99" is not a network`},
	} {
		_, err := query.Decode([]byte(tt.model))
		var invalid *query.InvalidError
		require.True(t, errors.As(err, &invalid), "%s: %v", tt.model, err)
		require.Contains(t, err.Error(), tt.error, tt.model)
	}
}

func TestFiltersThatRestrictNothing(t *testing.T) {
	for _, values := range []string{`null`, `[]`, `["$__all"]`, `["*"]`, `["a", "$__all"]`} {
		q, err := query.Decode([]byte(`{"filters": [{"field": "city", "operator": "=", "values": ` + values + `}]}`))
		require.NoError(t, err)
		require.Empty(t, q.Filters)
	}
}
