package pgtest_test

import (
	"database/sql"
	"testing"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestDatabasesAreFreshAndGo(t *testing.T) {
	var first string
	t.Run("first", func(t *testing.T) {
		first = pgtest.Database(t)
		if _, err := open(t, first).Exec("CREATE TABLE sign_in ()"); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("second", func(t *testing.T) {
		if _, err := open(t, pgtest.Database(t)).Exec("CREATE TABLE sign_in ()"); err != nil {
			t.Errorf("the second database is not empty: %v", err)
		}
	})
	if err := open(t, first).Ping(); err == nil {
		t.Error("the first database is still there")
	}
}

func TestDatabasesInParallel(t *testing.T) {
	for range 4 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			if err := open(t, pgtest.Database(t)).Ping(); err != nil {
				t.Error(err)
			}
		})
	}
}

func open(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("postgres", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}
