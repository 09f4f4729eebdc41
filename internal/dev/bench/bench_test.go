package bench

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/debian"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// The store cannot tell copied weeks from weeks that were written.
func TestWhatIsLoadedIsExact(t *testing.T) {
	db, _ := pgtest.Store(t)
	require.NoError(t, load(t.Context(), db, 2000))
	differences, err := store.Verify(t.Context(), db)
	require.NoError(t, err)
	require.Empty(t, differences)
	var rows, counted, days int
	require.NoError(t, db.QueryRow(`SELECT count(*), (SELECT sum(n) FROM entra.total WHERE grouping = 1),
count(DISTINCT time::date) FROM entra.sign_in`).Scan(&rows, &counted, &days))
	require.InDelta(t, 2000, rows, 400)
	require.Equal(t, rows, counted)
	require.Equal(t, 7*weeks, days)
}

// The wide table that COPY fills has as many indexes as the store's rows.
func TestWideTableIsIndexedLikeRows(t *testing.T) {
	db, _ := pgtest.Store(t)
	var indexes int
	require.NoError(t, db.Get(&indexes, "SELECT count(*) FROM pg_index WHERE indrelid = 'entra.sign_in'::regclass"))
	require.Len(t, rowIndexes, indexes)
}

// A misspelled part is refused before anything is filled or measured.
func TestUnknownPartIsRefused(t *testing.T) {
	err := Run(t.Context(), Options{Only: "lists,report"})
	require.EqualError(t, err, `there is no part "report" to measure: use some of `+
		"reports, lists, exporter, plugin, metrics, import, separated by commas")
}

// Everything is measured once, at a size at which the figures say nothing. That both sides give the same results is
// part of every run.
func TestBench(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the programs and starts a PostgreSQL")
	}
	root := filepath.Join("..", "..", "..")
	built := func(folder string) string {
		binary := filepath.Join(t.TempDir(), "program")
		out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary,
			filepath.Join(root, folder)).CombinedOutput()
		require.NoError(t, err, "%s", out)
		return binary
	}
	plugin, companion := built("pkg"), built(filepath.Join("cmd", "entra-activity"))
	var printed bytes.Buffer
	require.NoError(t, Run(t.Context(), Options{Root: root, Plugin: plugin, Companion: companion, SignIns: 2000,
		Rounds: 1, Out: &printed}), "%s", &printed)
	t.Log(printed.String())
	for _, name := range []string{
		"User sign-ins, weekly by status", "Application usage, top 3 weekly", "Distinct users in 30 days",
		"By status where the city is Munich",
		"of the busiest user", "of a middling correlation id", "Scrape of sign-ins and ingest", "Newest 10,000",
		"Detail of a sign-in", "Users, part of a name", "Median panel, no errors",
		"Growth of the plugin's memory", "entra-activity import", "COPY of all",
		"beside SQL", "Labels that no counter has", "series of 721 steps",
	} {
		require.Contains(t, printed.String(), name)
	}
}

// Whom expressions are compared with say the same.
func TestAskedOtherwise(t *testing.T) {
	debian.Program(t, "victoria-metrics", "victoria-metrics")
	db, _ := pgtest.Store(t)
	require.NoError(t, load(t.Context(), db, 2000))
	require.NoError(t, makeWide(t.Context(), db))
	vm, err := startVictoriaMetrics(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, vm.Stop()) }()
	counters, err := vm.feed(t.Context(), db)
	require.NoError(t, err)
	require.NotZero(t, counters)
	b := &bench{large: db}
	for _, x := range onCounters {
		want, err := vm.query(t.Context(), x.text)
		require.NoError(t, err, x.text)
		require.NotEmpty(t, want, x.text)
		if x.sql == "" {
			continue
		}
		got, err := b.values(t.Context(), x.sql)
		require.NoError(t, err, x.text)
		require.NoError(t, got.same(want), x.text)
	}
	for _, x := range onRecords {
		want, err := b.values(t.Context(), x.sql)
		require.NoError(t, err, x.text)
		require.NotEmpty(t, want, x.text)
		got, err := b.values(t.Context(), x.rows)
		require.NoError(t, err, x.text)
		require.NoError(t, got.same(want), x.text)
	}
}

// Other values are not the same.
func TestValuesThatDiffer(t *testing.T) {
	require.NoError(t, values{1: 2, 3: 0}.same(values{1: 2}))
	require.Error(t, values{1: 2}.same(values{1: 3}))
	require.Error(t, values{1: 2}.same(values{1: 2, 2: 1}))
	require.Error(t, values{1: 2, 2: 1}.same(values{1: 2}))
}
