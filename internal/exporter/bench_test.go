package exporter

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/common/promslog"
)

// BenchmarkScrape scrapes 500 applications of four kinds: 6,000 series.
func BenchmarkScrape(b *testing.B) {
	db := migrated(b)
	db.MustExec(`INSERT INTO entra.application (tenant, key, app_id, app_display_name, named_on)
		SELECT 1, i::text, i::text, 'Application ' || i, '2026-01-01' FROM generate_series(1, 500) i`)
	db.MustExec(`INSERT INTO entra.total (tenant, grouping, k1, k2, k3, variant, status, n, created, first_event, last_event)
		SELECT 1, 2, a.id, 0, 0, variant, status, 1000, now() - interval '1 day', now(), now()
		FROM entra.application a, generate_series(1, 4) variant, generate_series(1, 3) status`)
	handler, err := New(db, defaults, promslog.NewNopLogger()).Handler()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		if w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
}
