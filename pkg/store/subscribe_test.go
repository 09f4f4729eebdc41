package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// A batch stored right after the subscription is notified, however long it takes until the connection listens and missed
// batches are looked up.
func TestBatchStoredBeforeTheConnectionListens(t *testing.T) {
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
	listener := store.NewBatchListener(reader)
	defer listener.Close()
	s := listener.Subscribe(t.Context(), activity.SignIn)
	busy, err := reader.Conn(t.Context()) // looking up has to wait
	require.NoError(t, err)
	write("after")
	require.NoError(t, busy.Close())

	var batches []store.BatchNotification
	take := func(n int) {
		t.Helper()
		for len(batches) < n {
			select {
			case <-s.Ready:
			case <-time.After(time.Minute):
				t.Fatal("the notification never comes")
			}
			taken, missed := s.Take()
			require.Zero(t, missed)
			batches = append(batches, taken...)
		}
		require.Len(t, batches, n)
	}
	take(1)
	write("later")
	take(2) // no batch comes twice
	var received []time.Time
	require.NoError(t, db.Select(&received, "SELECT received FROM entra.sign_in ORDER BY received"))
	for i, batch := range batches {
		require.True(t, received[i+1].Equal(batch.Received))
	}
}
