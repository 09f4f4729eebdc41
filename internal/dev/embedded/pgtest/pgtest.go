// Package pgtest gives tests databases of a real PostgreSQL: one server per test binary, started by the first test that
// needs it, and one empty database, or one store, per call.
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
//
//	func TestRetention(t *testing.T) {
//		db, _ := pgtest.Store(t)
//		...
//	}
package pgtest

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	_ "github.com/lib/pq" // the driver that drops databases
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

var (
	lock    sync.Mutex
	server  *embedded.Server
	failure error
	number  atomic.Int64
)

// Main runs a package's tests and then stops the server they shared, if any, and does what else is to be done
// afterwards. Call it from TestMain. A test binary that panics or is killed before leaves no server behind either.
func Main(m *testing.M, afterwards ...func()) {
	code := m.Run()
	for _, do := range afterwards {
		do()
	}
	lock.Lock()
	defer lock.Unlock()
	if server != nil {
		if err := server.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, "stop the tests' PostgreSQL:", err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// Server returns the server the test binary shares, starting it when need be. A test that cannot have one fails.
func Server(t testing.TB) *embedded.Server {
	t.Helper()
	lock.Lock()
	defer lock.Unlock()
	if server == nil && failure == nil {
		server, failure = embedded.Start(context.Background(), embedded.Options{})
	}
	require.NoError(t, failure)
	return server
}

// Database returns the URL of a fresh, empty database, for its superuser. The database goes when the test ends.
func Database(t testing.TB) string {
	t.Helper()
	s := Server(t)
	name := fmt.Sprintf("test_%d", number.Add(1))
	require.NoError(t, s.CreateDatabase(t.Context(), name))
	t.Cleanup(func() {
		assert.NoError(t, drop(s, name))
	})
	return s.URL(name)
}

// Store returns a store that holds nothing yet, and its database's URL, for the superuser. Both go when the test ends.
func Store(t testing.TB) (*store.DB, string) {
	t.Helper()
	address := Database(t)
	db, err := store.Open(store.Config{URL: address})
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	_, err = store.Migrate(t.Context(), db)
	require.NoError(t, err)
	return db, address
}

// Reader lets the role reader, whose password is secret, read a store and nothing else. It returns the store's URL for
// it.
func Reader(t testing.TB, db *store.DB, address string) *url.URL {
	t.Helper()
	_, err := db.ExecContext(t.Context(), `
DO $$ BEGIN CREATE ROLE reader LOGIN PASSWORD 'secret'; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
GRANT USAGE ON SCHEMA entra TO reader; GRANT SELECT ON ALL TABLES IN SCHEMA entra TO reader`)
	require.NoError(t, err)
	u, err := url.Parse(address)
	require.NoError(t, err)
	u.User = url.UserPassword("reader", "secret")
	return u
}

func drop(s *embedded.Server, name string) error {
	db, err := sql.Open("postgres", s.URL("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")
	return err
}
