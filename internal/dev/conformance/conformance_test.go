package conformance

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/demo"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/demo/demotest"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/internal/ingest"
	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// families are the counters compared: labels and what they are in the store, in that order.
var families = []struct {
	metric string
	labels []string
	counts string // SQL: the labels' values and how many records have them
}{
	{"entra_signins_total", []string{"app_id", "kind", "status"}, `
		SELECT coalesce(a.app_id, ''), (ARRAY['interactive', 'noninteractive', 'service_principal', 'managed_identity'])[r.variant],
			` + status + `, count(*)
		FROM entra.sign_in r LEFT JOIN entra.application a ON a.id = r.application GROUP BY 1, 2, 3`},
	{"entra_signin_failures_total", []string{"error_code"}, `
		SELECT error_code, count(*) FROM entra.sign_in r WHERE ` + status + ` = 'failure' GROUP BY 1`},
	{"entra_signins_by_client_app_total", []string{"client_app", "status"}, `
		SELECT coalesce(nullif(c.client_app_used, ''), 'unknown'), ` + status + `, count(*)
		FROM entra.sign_in r LEFT JOIN entra.client c ON c.id = r.client GROUP BY 1, 2`},
	{"entra_audit_events_total", []string{"service", "category", "result"}, `
		SELECT a.logged_by_service, a.category, ` + status + `, count(*)
		FROM entra.audit_event r JOIN entra.activity a ON a.id = r.activity GROUP BY 1, 2, 3`},
	{"entra_provisioning_events_total", []string{"service", "status"}, `
		SELECT s.service_principal_name, ` + status + `, count(*)
		FROM entra.provisioning_event r JOIN entra.service_principal s ON s.id = r.service_principal GROUP BY 1, 2`},
	{"entra_risk_detections_total", []string{"type", "level"}, `
		SELECT k.risk_event_type, k.risk_level, count(*) FROM entra.risk_detection r JOIN entra.risk k ON k.id = r.risk GROUP BY 1, 2`},
}

// status is a record's status, in SQL.
var status = "(ARRAY['" + strings.Join(activity.AllStatuses, "', '") + "'])[r.status]"

// While records come in, the exporter is restarted, and old records are removed, both servers see exactly the records
// that the store got.
func TestIncreaseIsWhatTheStoreGot(t *testing.T) {
	db, address := pgtest.Store(t)

	companion := filepath.Join(t.TempDir(), "entra-activity")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", companion, "../../../cmd/entra-activity").CombinedOutput()
	require.NoError(t, err, "%s", out)
	exporter := freeAddress(t)
	serve := func() (stop func()) {
		return start(t, companion, "--database-url="+address, "exporter", "--web.listen-address="+exporter,
			"--zero-hold="+zeroHold.String())
	}
	stop := serve()
	servers := startServers(t, exporter)
	p := &proof{t: t, db: db, servers: servers}

	now := time.Now()
	tenant := demo.New(demo.Options{Seed: 1, Start: now.AddDate(0, 0, -12), End: now, SignIns: 6000})
	var parts [3][][]byte
	for _, source := range demotest.Sources(tenant) {
		records := firstSights(source.Objects)
		for i, r := range records {
			part := i * len(parts) / len(records)
			parts[part] = append(parts[part], r)
		}
	}

	p.mark()
	for _, step := range []struct {
		name    string
		records [][]byte
		during  func()
	}{
		{"the first records", parts[0], nil},
		{"the exporter is restarted", parts[1], func() { stop(); stop = serve() }},
		{"old records are removed", parts[2], func() {
			before := total(p.stored()[0])
			retain := exec.CommandContext(t.Context(), companion, "--database-url="+address, "retention", "--keep=6d")
			out, err := retain.CombinedOutput()
			require.NoError(t, err, "%s", out)
			require.Less(t, total(p.stored()[0]), before)
		}},
	} {
		p.window(step.name, func() {
			for chunk := range slices.Chunk(step.records, len(step.records)/5+1) {
				p.imports(tenant.ID(), chunk)
				p.scrapes() // while new counters are still held at 0, which a restart could last longer than
				if step.during != nil {
					step.during()
					step.during = nil
				}
			}
		})
	}

	t.Run("the rules' names", func(t *testing.T) { namesExist(t, servers[0]) })
	t.Run("the rules", func(t *testing.T) { rulesWork(t, servers[0], servers[1]) })
}

// firstSights leaves out the records that come again, which count where they were counted first.
func firstSights(records iter.Seq[[]byte]) (list [][]byte) {
	seen := map[string]bool{}
	for r := range records {
		var record struct{ ID string }
		if json.Unmarshal(r, &record) == nil && !seen[record.ID] {
			seen[record.ID] = true
			list = append(list, bytes.Clone(r))
		}
	}
	return list
}

// proof compares servers with a store.
type proof struct {
	t       *testing.T
	db      *store.DB
	servers []server
	got     []counts    // what the store has got until now, by family
	marks   []time.Time // when each server last scraped just that
}

// counts is a number of records by values of labels.
type counts map[string]float64

func total(c counts) (n float64) {
	for _, x := range c {
		n += x
	}
	return n
}

func key(values []string) string { return strings.Join(values, " | ") }

// imports stores records, and counts what the store got by them.
func (p *proof) imports(tenant string, records [][]byte) {
	p.t.Helper()
	before := p.stored()
	_, err := ingest.Import(p.t.Context(), p.db, []ingest.Source{{Name: "demo", Objects: slices.Values(records)}}, ingest.Options{
		Tenant: tenant, Refused: func(r ingest.Refusal) error { return fmt.Errorf("%s: %s", r.Reason, r.Text) },
	})
	require.NoError(p.t, err)
	for i, after := range p.stored() {
		for k, n := range after {
			p.got[i][k] += n - before[i][k]
		}
	}
}

// stored counts what the store holds.
func (p *proof) stored() (list []counts) {
	p.t.Helper()
	for _, f := range families {
		list = append(list, p.count(f.counts, len(f.labels)))
	}
	return list
}

// count reads rows of labels and a number.
func (p *proof) count(sql string, labels int) counts {
	p.t.Helper()
	rows, err := p.db.QueryContext(p.t.Context(), sql)
	require.NoError(p.t, err)
	defer rows.Close()
	c := counts{}
	for rows.Next() {
		values, n := make([]string, labels), 0.0
		var targets []any
		for i := range values {
			targets = append(targets, &values[i])
		}
		require.NoError(p.t, rows.Scan(append(targets, &n)...))
		c[key(values)] = n
	}
	require.NoError(p.t, rows.Err())
	return c
}

// mark waits until every server has scraped all that the store has got, and notes the time of a scrape after that.
func (p *proof) mark() {
	p.t.Helper()
	if p.got == nil {
		for range families {
			p.got = append(p.got, counts{})
		}
	}
	p.wait("has not scraped all that the store got", p.complete)
	p.marks = p.scrapes()
}

// wait waits until every server is done with something.
func (p *proof) wait(problem string, done func(s server) bool) {
	p.t.Helper()
	deadline := time.Now().Add(patience)
	for _, s := range p.servers {
		for ; !done(s); time.Sleep(scrapeInterval / 4) {
			require.True(p.t, time.Now().Before(deadline), "%s %s", s.name, problem)
		}
	}
}

// scrapes waits until every server has scraped once more, and returns when.
func (p *proof) scrapes() (times []time.Time) {
	p.t.Helper()
	before := time.Now()
	p.wait("does not scrape", func(s server) bool {
		scraped, err := s.query(p.t, "timestamp(entra_exporter_up) and (entra_exporter_up == 1)", time.Now())
		if err != nil || len(scraped) != 1 {
			return false
		}
		at := time.UnixMilli(int64(scraped[0].value*1000 + 0.5))
		if !at.After(before) {
			return false
		}
		times = append(times, at)
		return true
	})
	return times
}

// complete reports whether a server's counters are at what the store got.
func (p *proof) complete(s server) bool {
	if up, err := s.query(p.t, "entra_exporter_up == 1", time.Now()); err != nil || len(up) == 0 {
		return false
	}
	for i, f := range families {
		var sum float64
		samples, err := s.query(p.t, f.metric, time.Now())
		for _, x := range samples {
			sum += x.value
		}
		if err != nil || sum != total(p.got[i]) {
			return false
		}
	}
	return true
}

// window compares what the servers see in a window with what the store gets in it. The window begins and ends with a
// scrape: of what lies between a border and the next scrape, Prometheus makes an estimate.
func (p *proof) window(name string, work func()) {
	p.t.Run(name, func(t *testing.T) {
		outer := p.t
		p.t = t
		defer func() { p.t = outer }()

		before := make([]counts, len(families))
		for i := range families {
			before[i] = maps.Clone(p.got[i])
		}
		from := p.marks
		work()
		p.mark()
		for i, f := range families {
			want := counts{}
			for k, n := range p.got[i] {
				if n > before[i][k] {
					want[k] = n - before[i][k]
				}
			}
			require.NotEmpty(t, want)
			for n, s := range p.servers {
				expr := fmt.Sprintf("sum by (%s) (increase(%s[%dms]))", strings.Join(f.labels, ", "), f.metric,
					p.marks[n].Sub(from[n]).Milliseconds())
				samples, err := s.query(t, expr, p.marks[n])
				require.NoError(t, err)
				got := counts{}
				for _, x := range samples {
					values := make([]string, len(f.labels))
					for i, label := range f.labels {
						values[i] = x.labels[label]
					}
					if x.value != 0 {
						got[key(values)] = x.value
					}
				}
				assert.Equal(t, want, got, "%s: %s", s.name, expr)
			}
			t.Logf("%s: %v records in %d series, the same in %d servers", f.metric, total(want), len(want), len(p.servers))
		}
	})
}
