package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// open returns a migrated, empty store.
func open(t *testing.T) *store.DB {
	t.Helper()
	db, _ := pgtest.Store(t)
	return db
}

func writer(t *testing.T, db *store.DB) *store.Writer {
	t.Helper()
	w, err := store.NewWriter(t.Context(), db)
	require.NoError(t, err)
	return w
}

// signIn makes a sign-in; its raw form changes with its values, as a real one's does.
func signIn(id string, at time.Time, values ...string) *activity.Record {
	r := activity.NewRecord(activity.SignIn)
	r.ID, r.Tenant, r.Time, r.Fidelity = id, "contoso", at, activity.Full
	for i := 0; i < len(values); i += 2 {
		f := activity.SignIn.Field(values[i])
		if f.Type == activity.List {
			r.SetList(f, strings.Split(values[i+1], ","))
		} else if err := r.Set(f, values[i+1]); err != nil {
			panic(err)
		}
	}
	r.Complete()
	r.Raw = fmt.Appendf(nil, `{"id": %q, "createdDateTime": %q, "values": %q}`, id, at.Format(time.RFC3339Nano), strings.Join(values, "|"))
	return r
}

func TestWriteCountsNewChangedAndUnchanged(t *testing.T) {
	db := open(t)
	w := writer(t, db)
	at := time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC)
	write := func(records ...*activity.Record) store.Counts {
		result, err := w.Write(t.Context(), store.Batch{Source: "test", Records: records})
		require.NoError(t, err)
		return result.Counts[activity.SignIn]
	}
	require.Equal(t, store.Counts{New: 2}, write(signIn("a", at, "errorCode", "0"), signIn("b", at, "errorCode", "50126")))
	require.Equal(t, store.Counts{Unchanged: 2}, write(signIn("b", at, "errorCode", "50126"), signIn("a", at, "errorCode", "0")))
	require.Equal(t, store.Counts{Changed: 1}, write(signIn("a", at.Add(40*24*time.Hour), "errorCode", "50074")))
	require.Equal(t, store.Counts{Refused: 1}, write(signIn("", at)))
	poorer := signIn("b", at, "errorCode", "0")
	poorer.Fidelity = activity.Summary
	require.Equal(t, store.Counts{Unchanged: 1}, write(poorer), "a poorer source does not replace what a richer one said")
	requireConsistent(t, db)
}

func TestTimePrecisionOfTwoFeeds(t *testing.T) {
	db := open(t)
	w := writer(t, db)
	exact := time.Date(2026, 1, 31, 23, 59, 59, 123456000, time.UTC)
	for _, at := range []time.Time{exact, exact.Truncate(time.Second), exact} {
		_, err := w.Write(t.Context(), store.Batch{Source: "test", Records: []*activity.Record{signIn("a", at)}})
		require.NoError(t, err)
	}
	var times []time.Time
	require.NoError(t, db.Select(&times, "SELECT time FROM entra.sign_in"))
	require.Len(t, times, 1)
	require.True(t, exact.Equal(times[0]))
	requireConsistent(t, db)
}

// Whatever COPY takes for something else, wherever it stands, comes back as it was; also from a record larger than what is
// sent at once.
func TestRawRecordsAreKeptAsTheyCame(t *testing.T) {
	db := open(t)
	var records []*activity.Record
	for i, filler := range []int{0, 1, 400, 511, 512, 513, 200_000, 3} {
		r := signIn(fmt.Sprint("record ", i), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), "userDisplayName", "tab\there, \\N and\r\nline")
		r.Raw = fmt.Appendf(nil, "{\r\n\t\"filler\": %q,\n\t\"escapes\": \"\\\\.\\n\\\"\\t\"\r\n}", strings.Repeat("\u00e9", filler))
		records = append(records, r)
	}
	result, err := writer(t, db).Write(t.Context(), store.Batch{Source: "test", Records: records})
	require.NoError(t, err)
	require.Empty(t, result.Refusals)
	for _, r := range records {
		var raw, name string
		uuid, _ := store.IdentifierUUID(r.ID)
		require.NoError(t, db.QueryRow(`SELECT w.record, a.user_display_name FROM entra.sign_in_raw w
JOIN entra.sign_in s ON s.id = w.id JOIN entra.account a ON a.id = s.account WHERE w.id = $1`, uuid).Scan(&raw, &name))
		require.Equal(t, string(r.Raw), raw)
		require.Equal(t, "tab\there, \\N and\r\nline", name)
	}
}

func TestTextThatPostgreSQLCannotHold(t *testing.T) {
	db := open(t)
	r := signIn("a", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), "userDisplayName", "half \xff of a name")
	r.Raw = []byte(`{"nul": "\u0000", "half": "\ud83d", "whole": "\ud83d\ude00", "escaped": "\\u0000"}`)
	result, err := writer(t, db).Write(t.Context(), store.Batch{Source: "test", Records: []*activity.Record{r}})
	require.NoError(t, err)
	require.Equal(t, 1, result.Counts[activity.SignIn].New)
	var whole, escaped string
	require.NoError(t, db.QueryRow("SELECT record::json->>'whole', record::json->>'escaped' FROM entra.sign_in_raw").Scan(&whole, &escaped))
	require.Equal(t, "\U0001F600", whole)
	require.Equal(t, `\u0000`, escaped)
}

// TestRollupEqualsRows writes batches as real life delivers them, from several writers at once, and compares what the
// store has counted with a count from scratch.
func TestRollupEqualsRows(t *testing.T) {
	db := open(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	start := time.Date(2026, 2, 26, 0, 0, 0, 0, time.UTC)
	pick := func(values ...string) string { return values[random.IntN(len(values))] }
	record := func(id int) *activity.Record {
		at := start.Add(time.Duration(random.IntN(5*24*4)) * 15 * time.Minute) // often on an edge
		if random.IntN(2) == 0 {
			at = at.Add(time.Duration(random.Int64N(int64(15*time.Minute))) / 1000 * 1000)
		}
		if random.IntN(3) == 0 {
			at = at.Truncate(time.Second)
		}
		return signIn(fmt.Sprint("id-", id), at, "errorCode", pick("0", "0", "50126", "50074", ""),
			"appId", pick("one", "two", ""), "appDisplayName", pick("One", "Two", "Three"),
			"userId", pick("u1", "u2", "u3"), "userDisplayName", pick("Ann", "Bob", ""),
			"clientAppUsed", pick("Browser", "IMAP4", ""), "countryOrRegion", pick("US", "DE", ""),
			"signInEventTypes", pick(activity.SignInEventTypes...), "riskLevelDuringSignIn", pick("none", "high"),
			"conditionalAccessStatus", pick("success", "failure", ""),
			"authenticationRequirement", pick("singleFactorAuthentication", ""),
			"conditionalAccessPolicyIds", pick("p1", "p1,p2"),
			"conditionalAccessPolicyResults", pick("success", "failure,notApplied"))
	}
	var batches [][]*activity.Record
	firstSeen := map[string]bool{}
	for range 60 {
		var batch []*activity.Record
		for range random.IntN(40) {
			r := record(random.IntN(300))
			batch = append(batch, r)
			firstSeen[r.ID] = true
		}
		batches = append(batches, batch)
		if random.IntN(4) == 0 {
			batches = append(batches, batch)
		}
	}
	var wait sync.WaitGroup
	for n := range 4 {
		w := writer(t, db)
		wait.Go(func() {
			for i := n; i < len(batches); i += 4 {
				if _, err := w.Write(context.Background(), store.Batch{Source: "test", Records: batches[i]}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	requireConsistent(t, db)

	var rows, seen int
	require.NoError(t, db.Get(&rows, "SELECT count(*) FROM entra.sign_in"))
	require.Equal(t, len(firstSeen), rows)
	require.NoError(t, db.Get(&seen, "SELECT sum(n) FROM entra.total WHERE grouping = 1"))
	require.Equal(t, len(firstSeen), seen, "totals count every record once, at first sight")

	changed, err := store.Reclassify(t.Context(), db, activity.ListA, activity.Classes{50126: activity.Interrupted})
	require.NoError(t, err)
	require.Positive(t, changed)
	requireConsistent(t, db)

	_, err = store.Retain(t.Context(), db, activity.SignIn, start.Add(80*time.Hour))
	require.NoError(t, err)
	require.NoError(t, db.Get(&rows, "SELECT count(*) FROM entra.sign_in WHERE time < $1", start.AddDate(0, 0, 3)))
	require.Zero(t, rows)
	result, err := writer(t, db).Write(t.Context(), store.Batch{Source: "test", Records: []*activity.Record{signIn("id-1", start)}})
	require.NoError(t, err)
	require.Len(t, result.Refusals, 1, "what retention removed is not counted again")
}

// requireConsistent compares rollup, registry and raw records with the rows.
func requireConsistent(t *testing.T, db *store.DB) {
	t.Helper()
	difference, err := store.Verify(t.Context(), db)
	require.NoError(t, err)
	require.Empty(t, difference)
}

// An application that is renamed is counted as the one it is, also where a record of its old name changes.
func TestRenamedApplicationOfProvisioning(t *testing.T) {
	db := open(t)
	w := writer(t, db)
	event := func(id string, day int, name, status string) *activity.Record {
		r := activity.NewRecord(activity.ProvisioningEvent)
		for field, value := range map[string]string{
			"id": id, "servicePrincipalId": "s", "servicePrincipalDisplayName": name, "provisioningAction": "create", "status": status,
		} {
			require.NoError(t, r.Set(activity.ProvisioningEvent.Field(field), value))
		}
		r.Time, r.Fidelity, r.Raw = time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC), activity.Full, fmt.Appendf(nil, `{"status":%q}`, status)
		r.Complete()
		return r
	}
	for _, r := range []*activity.Record{
		event("1", 1, "HR", "failure"), event("2", 2, "HR Cloud", "success"), event("1", 1, "HR", "success"),
	} {
		_, err := w.Write(t.Context(), store.Batch{Source: "test", Records: []*activity.Record{r}})
		require.NoError(t, err)
		differences, err := store.Verify(t.Context(), db)
		require.NoError(t, err)
		require.Empty(t, differences)
	}
}

func TestNewestNameWinsInAnyOrder(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 5, n, 12, 0, 0, 0, time.UTC) }
	records := []*activity.Record{
		signIn("1", day(1), "appId", "x", "appDisplayName", "Old"), signIn("2", day(3), "appId", "x", "appDisplayName", "New"),
		signIn("3", day(2), "appId", "x", "appDisplayName", "Middle"), signIn("4", day(4), "appId", "x"),
	}
	for range 5 {
		db := open(t)
		w := writer(t, db)
		rand.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
		for batch := range slices.Chunk(records, 2) {
			_, err := w.Write(t.Context(), store.Batch{Source: "test", Records: batch})
			require.NoError(t, err)
		}
		var names []string
		require.NoError(t, db.Select(&names, "SELECT app_display_name FROM entra.application"))
		require.Equal(t, []string{"New"}, names)
	}
}
