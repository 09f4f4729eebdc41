package ingest_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/internal/ingest"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func openStore(t *testing.T) *store.DB {
	t.Helper()
	db, _ := pgtest.Store(t)
	return db
}

func text(name, content string) ingest.Source {
	return ingest.Source{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }}
}

func TestImportOfAFolder(t *testing.T) {
	db := openStore(t)
	var refusals []ingest.Refusal
	run := func() ingest.Summary {
		sources, total, err := ingest.Files([]string{"testdata"}, nil, filepath.Join("testdata", "README.md"))
		require.NoError(t, err)
		refusals = nil
		progress := &ingest.Progress{}
		summary, err := ingest.Import(t.Context(), db, sources, ingest.Options{BatchSize: 10, Progress: progress,
			Refused: func(r ingest.Refusal) error {
				refusals = append(refusals, r)
				return nil
			}})
		require.NoError(t, err)
		require.Empty(t, summary.Failures)
		require.Equal(t, total, progress.Bytes.Load())
		require.EqualValues(t, summary.Total().Read, progress.Records.Load())
		require.Len(t, refusals, summary.Total().Refused)
		for _, c := range summary.Kinds {
			require.Equal(t, c.Read, c.New+c.Changed+c.Unchanged+c.Refused)
		}
		return summary
	}
	first := run()
	require.Equal(t, map[*activity.Kind]int{activity.SignIn: 92, activity.AuditEvent: 52, activity.ProvisioningEvent: 2,
		activity.RiskDetection: 1, activity.RiskyUser: 1, nil: 108}, reads(first))
	require.Equal(t, 146, first.Total().Refused)

	second := run()
	require.Equal(t, reads(first), reads(second))
	require.Zero(t, second.Total().New)
}

func reads(summary ingest.Summary) map[*activity.Kind]int {
	n := map[*activity.Kind]int{}
	for kind, c := range summary.Kinds {
		n[kind] = c.Read
	}
	return n
}

// The versions of one record are stored in the order in which they come, however many writers there are: where batches hold
// little else than versions of what is being written, and where they hold few.
func TestImportKeepsTheOrderOfVersions(t *testing.T) {
	for _, others := range []int{0, 10} {
		db := openStore(t)
		objects := func(yield func([]byte) bool) {
			give := func(id string, version int) bool {
				return yield(fmt.Appendf(nil,
					`{"id":"%s","createdDateTime":"2026-01-02T03:04:05Z","appId":"p","status":{"errorCode":%d}}`, id, version))
			}
			for group := range 30 {
				for version := range 4 {
					for id := range 5 {
						if !give(fmt.Sprintf("%d-%d", group, id), version) {
							return
						}
					}
					for other := range others {
						if !give(fmt.Sprintf("%d-%d-%d", group, version, other), 3) {
							return
						}
					}
				}
			}
		}
		summary, err := ingest.Import(t.Context(), db, []ingest.Source{{Name: "made", Objects: objects}},
			ingest.Options{BatchSize: 5, Writers: 4, Tenant: "T"})
		require.NoError(t, err)
		require.Equal(t, 150+30*4*others, summary.Total().New)
		require.Equal(t, 150*4+30*4*others, summary.Total().Read)
		var last []string
		require.NoError(t, db.Select(&last, "SELECT DISTINCT error_code::text || ' ' || count(*) FROM entra.sign_in GROUP BY error_code"))
		require.Equal(t, []string{fmt.Sprint("3 ", 150+30*4*others)}, last)
	}
}

// What the database refuses is noted like what is not understood, and keeps nothing else out.
func TestImportOfWhatTheDatabaseRefuses(t *testing.T) {
	db := openStore(t)
	_, err := store.Retain(t.Context(), db, activity.SignIn, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	record := func(id, at, app string) string {
		return fmt.Sprintf(`{"id":"%s","createdDateTime":"%s","appId":"%s","status":{"errorCode":0}}`, id, at, app) + "\n"
	}
	var long strings.Builder // what has no pattern cannot be made shorter, and no index holds it
	random := rand.New(rand.NewPCG(1, 1))
	for range 9000 {
		long.WriteByte('a' + byte(random.IntN(26)))
	}
	var refusals []ingest.Refusal
	summary, err := ingest.Import(t.Context(), db, []ingest.Source{
		text("first", record("1", "2026-02-01T00:00:00Z", "p")+record("2", "2026-02-01T00:00:00Z",
			long.String())+record("3", "2026-02-01T00:00:00Z", "p")),
		text("second", "\n"+record("4", "2025-12-31T00:00:00Z", "p")+record("5", "2026-02-01T00:00:00Z", "q")),
	}, ingest.Options{Refused: func(r ingest.Refusal) error { refusals = append(refusals, r); return nil }})
	require.NoError(t, err)
	require.Equal(t, ingest.Counts{Read: 5, New: 3, Refused: 2}, summary.Total())
	slices.SortFunc(refusals, func(a, b ingest.Refusal) int { return strings.Compare(a.Source, b.Source) })
	require.Len(t, refusals, 2)
	require.Equal(t, "first", refusals[0].Source)
	require.EqualValues(t, 2, refusals[0].Line)
	require.Contains(t, refusals[0].Reason, "PostgreSQL cannot keep the record: index row")
	require.Contains(t, refusals[0].Text, long.String())
	require.Equal(t, "second", refusals[1].Source)
	require.EqualValues(t, 2, refusals[1].Line)
	require.Contains(t, refusals[1].Reason, "records of that time have been removed by retention")
}

// A file that cannot be read to its end is reported; what could be read of it, and the other files, are stored.
func TestImportOfADamagedFile(t *testing.T) {
	db := openStore(t)
	var zipped strings.Builder
	w := gzip.NewWriter(&zipped)
	fmt.Fprintln(w, `{"id":"1","createdDateTime":"2026-01-02T03:04:05Z","appId":"p","userId":"u"}`)
	require.NoError(t, w.Flush())
	missing := ingest.Source{Name: "missing", Open: func() (io.ReadCloser, error) { return nil, os.ErrNotExist }}
	summary, err := ingest.Import(t.Context(), db, []ingest.Source{
		text("cut.gz", zipped.String()), missing, text("whole",
			`{"id":"2","createdDateTime":"2026-01-02T03:04:05Z","appId":"p","userId":"u"}`),
	}, ingest.Options{})
	require.NoError(t, err)
	require.Equal(t, 2, summary.Total().New)
	require.EqualError(t, errors.Join(summary.Failures...),
		"cut.gz: line 2: the gzip file ends too early: copy it again; what came before is stored\nmissing: file does not exist")
}

func TestImportStops(t *testing.T) {
	db := openStore(t)
	ctx, cancel := context.WithCancel(t.Context())
	waiting, _ := io.Pipe()
	sources := []ingest.Source{{Name: "pipe", Open: func() (io.ReadCloser, error) { cancel(); return waiting, nil }}}
	_, err := ingest.Import(ctx, db, sources, ingest.Options{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestImportStopsWhenRefusalsCannotBeNoted(t *testing.T) {
	full := errors.New("disk full")
	_, err := ingest.Import(t.Context(), openStore(t), []ingest.Source{text("a", "{}\n{}")},
		ingest.Options{Refused: func(ingest.Refusal) error { return full }})
	require.ErrorIs(t, err, full)
}

func TestFiles(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"b/2.json", "b/1.json", "a.json", ".hidden", ".git/x", "rejects"} {
		path := filepath.Join(folder, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte("12"), 0o600))
	}
	names := func(paths ...string) (names []string, total int64) {
		sources, total, err := ingest.Files(paths, strings.NewReader("x"), filepath.Join(folder, "rejects"))
		require.NoError(t, err)
		for _, s := range sources {
			names = append(names, filepath.ToSlash(strings.TrimPrefix(s.Name, folder)))
		}
		return names, total
	}
	found, total := names(folder)
	require.Equal(t, []string{"/a.json", "/b/1.json", "/b/2.json"}, found)
	require.EqualValues(t, 6, total)
	found, total = names("-", filepath.Join(folder, ".hidden"))
	require.Equal(t, []string{"standard input", "/.hidden"}, found)
	require.Zero(t, total, "the size of what is piped in is not known")
	link := filepath.Join(t.TempDir(), "link")
	if os.Symlink(folder, link) == nil { // as everywhere but on some Windows
		require.NoError(t, os.Symlink("nowhere", filepath.Join(folder, "b", "dangling")))
		found, _ = names(link)
		require.Equal(t, []string{link + "/a.json", link + "/b/1.json", link + "/b/2.json", link + "/b/dangling"}, found)
	}
	found, _ = names(t.TempDir())
	require.Empty(t, found, "what is fetched regularly may be fetched by then")
	_, _, err := ingest.Files([]string{filepath.Join(folder, "none")}, nil, "")
	require.ErrorIs(t, err, os.ErrNotExist)
}
