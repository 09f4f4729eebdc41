package activity_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
)

func TestEveryFieldIsDescribed(t *testing.T) {
	for _, kind := range activity.Kinds() {
		require.NotNil(t, kind.Time(), kind.Name)
		require.NotEmpty(t, kind.Defaults(), kind.Name)
		for i, f := range kind.Fields {
			require.Equal(t, i, f.Index())
			require.NotEmpty(t, f.Label, f.Name)
			require.NotEmpty(t, f.Description, f.Name)
			require.NotEmpty(t, f.Type, f.Name)
		}
	}
}

func TestSignInsHaveEveryFilterOfThePortal(t *testing.T) {
	for _, name := range []string{
		"id", "userDisplayName", "userPrincipalName", "appDisplayName", "appId", "status", "ipAddress", "city", "state", "countryOrRegion",
		"resourceDisplayName", "resourceId", "clientAppUsed", "operatingSystem", "browser", "correlationId", "conditionalAccessStatus",
		"riskLevelDuringSignIn", "authenticationRequirement", "signInEventTypes", "userType", "errorCode",
	} {
		require.NotNil(t, activity.SignIn.Field(name), name)
	}
}

func TestStatusFollowsFromTheErrorCode(t *testing.T) {
	require.Equal(t, activity.Success, activity.ListB.Classes(nil).Of(0))
	require.Equal(t, activity.Failure, activity.ListB.Classes(nil).Of(50126))
	require.Equal(t, activity.Failure, activity.ListB.Classes(nil).Of(987654321), "a code nobody listed")
	require.Equal(t, activity.Interrupted, activity.ListB.Classes(nil).Of(50140))
	require.Equal(t, activity.Failure, activity.ListA.Classes(nil).Of(50076))
	require.Equal(t, activity.Interrupted, activity.ListB.Classes(nil).Of(50076))
	require.Equal(t, activity.Failure, activity.ListB.Classes(nil).Of(50148))
	require.Equal(t, activity.Interrupted, activity.ListC.Classes(nil).Of(50148))
	own := activity.Classes{500121: activity.Interrupted}
	require.Equal(t, activity.Interrupted, activity.ListB.Classes(own).Of(500121), "the operator's own class wins")

	interrupted := func(list activity.CodeList) (n int) {
		for _, class := range list.Classes(nil) {
			if class == activity.Interrupted {
				n++
			}
		}
		return n
	}
	require.Equal(t, []int{20, 26, 27}, []int{interrupted(activity.ListA), interrupted(activity.ListB), interrupted(activity.ListC)})
}

func TestErrorCodesHaveMeanings(t *testing.T) {
	code := activity.SignIn.Field("errorCode")
	for value, want := range map[string]string{
		"50126": "50126 InvalidUserNameOrPassword", "500121": "500121 Strong authentication failed",
		"0": "0", "987654321": "987654321", "x": "x",
	} {
		require.Equal(t, want, code.ValueLabel(value))
	}
	require.Empty(t, activity.ErrorSymbol(500121), "which metrics have for a label, is Microsoft's")
}

func TestStatusCountsOnlyWithoutACode(t *testing.T) {
	classes := activity.DefaultList.Classes(nil)
	r := activity.NewRecord(activity.SignIn)
	require.Empty(t, r.Status(classes), "nothing is known")
	require.NoError(t, r.Set(activity.SignIn.Field("status"), "Interrupted"))
	require.Equal(t, activity.Interrupted, r.Status(classes))
	require.NoError(t, r.Set(activity.SignIn.Field("errorCode"), "50126"))
	require.Equal(t, activity.Failure, r.Status(classes))
}

func TestClientAppClass(t *testing.T) {
	for app, class := range map[string]string{
		"Browser": activity.Modern, "Mobile Apps and Desktop clients": activity.Modern,
		"mobile apps and desktop clients ": activity.Modern, "": activity.Unknown, "Unknown": activity.Unknown,
		"IMAP4": activity.Legacy, "Other clients; IMAP": activity.Legacy, "Exchange ActiveSync": activity.Legacy,
	} {
		require.Equal(t, class, activity.ClientAppClass(app), app)
	}
}

func TestParseTime(t *testing.T) {
	for text, want := range map[string]string{
		"2019-03-12T16:02:15.5522137Z":     "2019-03-12T16:02:15.552213Z",
		"2025-01-15T17:10:15+02:00":        "2025-01-15T15:10:15Z",
		"2025-01-15 14:20:35.456":          "2025-01-15T14:20:35.456Z",
		"2024-09-23 14:33:09.049661100":    "2024-09-23T14:33:09.049661Z",
		"8/22/2022 6:11:52 PM":             "2022-08-22T18:11:52Z",
		"4/28/2021, 2:08:45.221 PM":        "2021-04-28T14:08:45.221Z",
		"1/9/2007 10:41:00 AM +01:00":      "2007-01-09T09:41:00Z",
		"2023-07-27 13:59:53.691680300":    "2023-07-27T13:59:53.69168Z",
		"2021-08-02T13:29:25.983":          "2021-08-02T13:29:25.983Z",
		"3/14/2026, 9:05:11\u202fAM":       "2026-03-14T09:05:11Z",
		"/Date(1767322800123)/":            "2026-01-02T03:00:00.123Z",
		"2026/03/14 09:05:11":              "2026-03-14T09:05:11Z",
		"2026-03-14T09:05:11.250+0100":     "2026-03-14T08:05:11.25Z",
		"2026-03-14T09:05Z":                "2026-03-14T09:05:00Z",
		"2026-03-14 09:05":                 "2026-03-14T09:05:00Z",
		"2026-03-14 09:05:11.5 UTC":        "2026-03-14T09:05:11.5Z",
		"03/14/2026 09:05:11 +01:00":       "2026-03-14T08:05:11Z",
		"3/14/2026 9:05":                   "2026-03-14T09:05:00Z",
		"3/14/2026 9:05 PM":                "2026-03-14T21:05:00Z",
		" 2024-02-29T23:59:59.9999999Z\t ": "2024-02-29T23:59:59.999999Z",
	} {
		got, err := activity.ParseTime(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got.Format(time.RFC3339Nano), text)
	}
	for _, text := range []string{"", "String (timestamp)", "yesterday", "2026-13-01T00:00:00Z", "/Date(soon)/"} {
		_, err := activity.ParseTime(text)
		require.Error(t, err, text)
	}
}

func TestParseAddress(t *testing.T) {
	for text, want := range map[string]string{
		"203.0.113.7": "203.0.113.7", "203.0.113.7:50000": "203.0.113.7",
		"[2001:db8::1]:443": "2001:db8::1", "2001:DB8:0::1": "2001:db8::1",
		"::ffff:203.0.113.7": "203.0.113.7", "fe80::1%eth0": "fe80::1",
		"::2a02:1:2:3:4:5:6:7": "2a02:1:2:3:4:5:6:7",
	} {
		got, err := activity.ParseAddress(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got.String(), text)
	}
	for _, text := range []string{"123.456.7.89", "::2a02:1:2:3:4:5:6:7:8", "<IP ADDRESS>"} {
		_, err := activity.ParseAddress(text)
		require.Error(t, err, text)
	}
}

func TestInvalidValueCostsOnlyItself(t *testing.T) {
	r := activity.NewRecord(activity.SignIn)
	require.Error(t, r.Set(activity.SignIn.Field("ipAddress"), "123.456.7.89"))
	require.Empty(t, r.Get(activity.SignIn.Field("ipAddress")))
	require.Error(t, r.Set(activity.SignIn.Field("errorCode"), "5012.6"))
	require.Error(t, r.Set(activity.SignIn.Field("errorCode"), "99999999999999999999"))
	require.Error(t, r.Set(activity.SignIn.Field("errorCode"), "-1"), "which the rollup has for none")
	require.NoError(t, r.Set(activity.SignIn.Field("errorCode"), "50126.0"))
	require.Equal(t, "50126", r.Get(activity.SignIn.Field("errorCode")))
	require.NoError(t, r.Set(activity.SignIn.Field("userType"), "Member"))
	require.Equal(t, "member", r.Get(activity.SignIn.Field("userType")))
	require.NoError(t, r.Set(activity.SignIn.Field("riskState"), "At risk"))
	require.Equal(t, "atRisk", r.Get(activity.SignIn.Field("riskState")))
	require.NoError(t, r.Set(activity.SignIn.Field("riskDetail"), "aNewValueOfNextYear"))
	require.Equal(t, "aNewValueOfNextYear", r.Get(activity.SignIn.Field("riskDetail")))
}

func TestCheck(t *testing.T) {
	r := activity.NewRecord(activity.SignIn)
	require.ErrorContains(t, r.Check(), "no time")
	r.Time = time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC)
	require.ErrorContains(t, r.Check(), "not between the years")
	r.Time = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	require.ErrorContains(t, r.Check(), "no id")
	r.ID = "x"
	require.NoError(t, r.Check())
}

func TestRiskyUserIsItsUserAtATime(t *testing.T) {
	r := activity.NewRecord(activity.RiskyUser)
	r.ID, r.Time = "ABC", time.Date(2026, 1, 1, 0, 0, 0, 5000, time.UTC)
	r.Complete()
	require.Equal(t, "abc", r.Get(activity.RiskyUser.Field("userId")))
	require.Equal(t, "abc@2026-01-01T00:00:00Z", r.ID)
}
