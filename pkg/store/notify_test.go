package store

import (
	"testing"
	"time"

	"github.com/lib/pq"
	"github.com/stretchr/testify/require"
)

// The connection for notifications takes its settings as a text; none may be lost or understood otherwise on the way.
func TestAddressKeepsConnectionSettings(t *testing.T) {
	want := pq.Config{
		Host: "db.example.com", Port: 6432, Database: "it's here", User: `back\slash`, Password: `p a's\'s=w"ord`,
		SSLMode: pq.SSLModeVerifyFull, ConnectTimeout: 10 * time.Second, ApplicationName: "grafana",
	}
	got, err := pq.NewConfig(address(&want))
	require.NoError(t, err)
	for name, pair := range map[string][2]any{
		"host": {want.Host, got.Host}, "port": {want.Port, got.Port}, "database": {want.Database, got.Database},
		"user": {want.User, got.User}, "password": {want.Password, got.Password}, "mode": {want.SSLMode, got.SSLMode},
		"timeout": {want.ConnectTimeout, got.ConnectTimeout}, "name": {want.ApplicationName, got.ApplicationName},
	} {
		require.Equal(t, pair[0], pair[1], name)
	}
}

// A batch is published once, whether it was notified, looked up, or both.
func TestHistoryHasABatchOnce(t *testing.T) {
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	h := newHistory(now)
	batch := BatchNotification{Kind: "signIn", Received: now, From: now.Add(-time.Hour), To: now}
	require.True(t, h.add(batch))
	batch.Received = now.In(time.FixedZone("", 3600)) // as another connection may give it
	require.False(t, h.add(batch))
	batch.Kind = "auditEvent"
	require.True(t, h.add(batch), "another kind of the same transaction")
	for i := range 1000 {
		batch.Received = now.Add(time.Duration(i) * time.Second)
		h.add(batch)
	}
	require.Less(t, len(h.seen), 200, "what cannot come again is forgotten")
	require.Equal(t, now.Add(999*time.Second-overlap), h.since())
}

// An owner that does not take notifications loses the oldest, and holds up nobody.
func TestSubscriptionHasBounds(t *testing.T) {
	s := &Subscription{ready: make(chan struct{}, 1)}
	now := time.Now()
	for i := range maxWaiting + 7 {
		s.add(BatchNotification{Received: now.Add(time.Duration(i))})
	}
	<-s.ready
	batches, missed := s.Take()
	require.Len(t, batches, maxWaiting)
	require.Equal(t, 7, missed)
	require.Equal(t, now.Add(7), batches[0].Received)
}
