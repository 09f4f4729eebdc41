package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// What is stored right after somebody has subscribed is told, however long it takes until the connection listens and
// what it may have missed is looked up.
func TestABatchStoredBeforeAnybodyListensIsTold(t *testing.T) {
	db, address := pgtest.Store(t)
	w := writer(t, db)
	at := time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC)
	write := func(id string) {
		_, err := w.Write(t.Context(), store.Batch{Source: "test", Records: []*activity.Record{signIn(id, at)}})
		require.NoError(t, err)
	}
	write("before")

	reader, err := store.Open(store.Config{URL: address, MaxOpenConns: 1})
	require.NoError(t, err)
	defer reader.Close()
	arrivals := store.NewBatchListener(reader)
	defer arrivals.Close()
	s := arrivals.Subscribe(t.Context(), activity.SignIn)
	busy, err := reader.Conn(t.Context()) // looking up has to wait
	require.NoError(t, err)
	write("after")
	require.NoError(t, busy.Close())

	var told []store.BatchNotification
	await := func(n int) {
		for len(told) < n {
			select {
			case <-s.Ready:
			case <-time.After(time.Minute):
				t.Fatalf("%d of %d batches are told", len(told), n)
			}
			more, missed := s.Take()
			told = append(told, more...)
			require.Zero(t, missed)
		}
	}
	await(1)
	var received time.Time
	require.NoError(t, db.Get(&received, "SELECT max(received) FROM entra.sign_in"))
	require.True(t, received.Equal(told[0].Received))
	// What must not come would have come before what is written now.
	write("last")
	await(2)
	require.Len(t, told, 2)
	require.True(t, told[1].Received.After(received))
}
