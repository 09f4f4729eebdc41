package plugin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// tail subscribes to the live tail of a query as a browser does.
func (d dataSource) tail(ctx context.Context, t *testing.T, model object) pluginv2.Stream_RunStreamClient {
	t.Helper()
	status, channel, err := d.post(ctx, "tail", object{"query": model})
	require.NoError(t, err)
	require.Equal(t, 200, status, channel)
	text, err := json.Marshal(model)
	require.NoError(t, err)
	stream, err := d.Subscribe(ctx, channel["path"].(string), text)
	require.NoError(t, err)
	return stream
}

// lines receives a packet of log lines.
func lines(t *testing.T, stream pluginv2.Stream_RunStreamClient) []string {
	t.Helper()
	packet, err := stream.Recv()
	require.NoError(t, err)
	var frame data.Frame
	require.NoError(t, json.Unmarshal(packet.Data, &frame))
	require.Equal(t, data.FrameTypeLogLines, frame.Meta.Type)
	body, _ := frame.FieldByName("body")
	var list []string
	for i := range body.Len() {
		list = append(list, body.At(i).(string))
	}
	return list
}

// listening waits until as many connections listen.
func listening(t *testing.T, db *store.DB, n int) {
	t.Helper()
	require.Eventually(t, func() bool {
		var listeners int
		require.NoError(t, db.GetContext(t.Context(), &listeners,
			`SELECT count(*) FROM pg_stat_activity
WHERE application_name LIKE 'grafana%' AND datname = current_database() AND query ILIKE 'LISTEN%'`))
		return listeners == n
	}, 2*time.Minute, 10*time.Millisecond)
}

// write stores sign-ins to an application, some of them of long ago, as late records are.
func write(t *testing.T, w *store.Writer, app string, n, first int) {
	t.Helper()
	var records []*activity.Record
	for i := range n {
		r := record(t, activity.SignIn, fmt.Sprintf("%s-%d", app, first+i), day.AddDate(0, 0, -(i%3)*30), map[string]string{
			"appId": app, "appDisplayName": app, "errorCode": "0", "userPrincipalName": "adele@contoso.com", "userId": "adele",
		})
		records = append(records, r)
	}
	_, err := w.Write(t.Context(), store.Batch{Source: "test", Records: records})
	require.NoError(t, err)
}

func (b built) tails(t *testing.T) {
	db, u := database(t)
	d := b.dataSource(settings(t, u, nil))
	w, err := store.NewWriter(t.Context(), db)
	require.NoError(t, err)
	to := func(app string) object {
		return object{"queryType": "signIn", "view": "list", "filters": where("appDisplayName", app, "ready", "set")}
	}
	probes := 0
	// live waits until all streams receive what is stored, which they do only some time after they were subscribed to.
	live := func(t *testing.T, streams ...pluginv2.Stream_RunStreamClient) {
		t.Helper()
		for _, stream := range streams {
			received := make(chan error, 1)
			go func() { _, err := stream.Recv(); received <- err }()
			for waiting := true; waiting; probes++ {
				write(t, w, "ready", 1, probes)
				select {
				case err := <-received:
					require.NoError(t, err)
					waiting = false
				case <-time.After(100 * time.Millisecond):
				}
			}
		}
		write(t, w, "set", 1, probes)
		for _, stream := range streams {
			for ready := false; !ready; {
				ready = slices.Contains(lines(t, stream), "success: adele@contoso.com -> set")
			}
		}
	}
	const line = "success: adele@contoso.com -> Teams"

	t.Run("what is stored as soon as it is, and only what the query selects", func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		teams, all := d.tail(ctx, t, to("Teams")), d.tail(ctx, t, object{"queryType": "signIn"})
		live(t, teams, all)
		listening(t, db, 1) // one connection for both
		write(t, w, "Portal", 1, 0)
		require.Equal(t, []string{"success: adele@contoso.com -> Portal"}, lines(t, all))
		write(t, w, "Teams", 2, 0)
		require.Equal(t, []string{line, line}, lines(t, teams))
		require.Equal(t, []string{line, line}, lines(t, all))
		write(t, w, "Teams", 3, 0) // two are known
		require.Equal(t, []string{line}, lines(t, teams))
	})
	listening(t, db, 0)

	t.Run("of all that a user does and that is done to them, from whatever table", func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		adele := d.tail(ctx, t, object{"queryType": "userActivity", "filters": where("userPrincipalName", "adele@contoso.com")})
		listening(t, db, 1)
		write(t, w, "Mail", 1, 0)
		require.Equal(t, []string{"success signIn Mail: adele@contoso.com"}, lines(t, adele))
		// One transaction writes a batch of each kind.
		changed := record(t, activity.AuditEvent, "both", day, map[string]string{
			"activityDisplayName": "Reset password", "status": "success",
			"initiatedByUserPrincipalName": "alex@contoso.com", "initiatedByUserId": "alex",
		})
		seen := record(t, activity.SignIn, "both", day, map[string]string{
			"appDisplayName": "Mail", "appId": "Mail", "errorCode": "50126", "userPrincipalName": "adele@contoso.com", "userId": "adele",
		})
		changed.SetList(activity.AuditEvent.Field("targetIds"), []string{"adele"})
		_, err := w.Write(t.Context(), store.Batch{Source: "test", Records: []*activity.Record{changed, seen}})
		require.NoError(t, err)
		require.ElementsMatch(t, append(lines(t, adele), lines(t, adele)...),
			[]string{"success auditEvent Reset password: adele@contoso.com", "failure signIn Mail: adele@contoso.com"})
	})
	listening(t, db, 0)

	t.Run("on after the connection was lost, with what was stored meanwhile", func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		teams := d.tail(ctx, t, to("Teams"))
		listening(t, db, 1)
		write(t, w, "Teams", 1, 10)
		lines(t, teams)
		tx, err := db.Beginx()
		require.NoError(t, err)
		_, err = tx.Exec("ALTER ROLE reader NOLOGIN")
		require.NoError(t, err)
		require.NoError(t, tx.Commit())
		_, err = db.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'reader' AND datname = current_database()")
		require.NoError(t, err)
		listening(t, db, 0)
		write(t, w, "Teams", 2, 20)
		_, err = db.Exec("ALTER ROLE reader LOGIN")
		require.NoError(t, err)
		require.Equal(t, []string{line, line}, lines(t, teams))
		write(t, w, "Teams", 1, 30)
		require.Equal(t, []string{line}, lines(t, teams))
	})

	listening(t, db, 0)

	t.Run("without holding up the writer or another, where nobody reads", func(t *testing.T) {
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		slow, quick := d.tail(ctx, t, object{"queryType": "signIn"}), d.tail(ctx, t, to("Teams"))
		live(t, slow, quick)
		const batches, size = 40, 200
		got := make(chan int)
		go func() {
			n := 0
			for n < batches*size {
				n += len(lines(t, quick))
			}
			got <- n
		}()
		for i := range batches {
			write(t, w, "Teams", size, 1000+i*size)
		}
		select {
		case n := <-got:
			require.Equal(t, batches*size, n)
		case <-time.After(10 * time.Minute):
			t.Fatal("the other subscriber waits")
		}
		require.Len(t, lines(t, slow), size, "the slow one finds what it can still be given")
	})
}

func TestAChannelIsForOneQueryAlone(t *testing.T) {
	_, u := database(t)
	d := instance(t, settings(t, u, nil))
	subscribe := func(path, text string) error {
		_, err := d.Subscribe(t.Context(), path, json.RawMessage(text))
		return err
	}
	channel := func(text string) (int, string) {
		r := &received{}
		require.NoError(t, d.CallResource(t.Context(), resource("POST", "tail", `{"query":`+text+`}`), r.Send))
		var reply struct{ Path, Message string }
		require.NoError(t, json.Unmarshal([]byte(r.body.String()), &reply))
		return r.status, reply.Path + reply.Message
	}
	status, path := channel(`{"queryType": "signIn", "refId": "A"}`)
	require.Equal(t, 200, status)
	require.Regexp(t, `^tail/[0-9a-f]{32}$`, path)
	require.NoError(t, subscribe(path, `{"refId": "B", "queryType": "signIn"}`))
	require.NoError(t, subscribe(path, `{"queryType": "signIn", "view": "table"}`), "a tail has a view of its own")
	require.ErrorContains(t, subscribe(path, `{"queryType": "signIn", "limit": 5}`), "PERMISSION_DENIED")
	require.ErrorContains(t, subscribe(path, ``), "PERMISSION_DENIED")
	require.ErrorContains(t, subscribe("other", `{}`), "NOT_FOUND")
	status, message := channel(`{"queryType": "nothing"}`)
	require.Equal(t, 400, status)
	require.Contains(t, message, `unknown kind of record "nothing"`)

	status, message = channel(`{"queryType": "userActivity"}`)
	require.Equal(t, 400, status)
	require.Contains(t, message, "userActivity is about users and none is named")

	require.ErrorContains(t, d.Publish(t.Context(), path, json.RawMessage(`{}`)), "PERMISSION_DENIED")
}
