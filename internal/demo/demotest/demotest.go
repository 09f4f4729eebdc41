// Package demotest fills databases of tests with the invented tenant that the documentation asks about.
package demotest

import (
	"errors"
	"testing"
	"time"

	"github.com/entra-activity/entra-activity-datasource/internal/demo"
	"github.com/entra-activity/entra-activity-datasource/internal/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/internal/ingest"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// The tenant's three weeks. The documentation asks about the last of them, which begins with Week.
var (
	Start = time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)
	Week  = time.Date(2026, 3, 23, 0, 0, 0, 0, time.UTC)
	End   = time.Date(2026, 3, 30, 0, 0, 0, 0, time.UTC)
)

// Store returns a store with the tenant's records, which are of every kind, and its address. See pgtest.Store.
func Store(t testing.TB) (*store.DB, string) {
	t.Helper()
	db, address := pgtest.Store(t)
	tenant := demo.New(demo.Options{Seed: 1, Start: Start, End: End, SignIns: 4000})
	summary, err := ingest.Import(t.Context(), db, []ingest.Source{
		{Name: "sign-ins", Objects: tenant.SignIns()}, {Name: "audit events", Objects: tenant.AuditEvents()}, {Name: "provisioning events", Objects: tenant.ProvisioningEvents()},
		{Name: "risk detections", Objects: tenant.RiskDetections()}, {Name: "risky users", Objects: tenant.RiskyUsers()},
	}, ingest.Options{Tenant: tenant.ID(), Writers: 1}) // one, so that what is counted alike comes in the same order
	if err = errors.Join(append(summary.Failures, err)...); err == nil {
		_, err = db.ExecContext(t.Context(), "ANALYZE")
	}
	if err != nil {
		t.Fatal(err)
	}
	return db, address
}
