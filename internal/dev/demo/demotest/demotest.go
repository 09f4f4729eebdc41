// Package demotest fills databases of tests with invented tenants, among them the one that the documentation asks
// about.
package demotest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/entra-activity/entra-activity-datasource/internal/dev/demo"
	"github.com/entra-activity/entra-activity-datasource/internal/dev/embedded/pgtest"
	"github.com/entra-activity/entra-activity-datasource/internal/ingest"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// The three weeks of the tenant that the documentation asks about. It asks about the last of them, which begins with
// Week.
var (
	Start = time.Date(2026, 3, 9, 0, 0, 0, 0, time.UTC)
	Week  = time.Date(2026, 3, 23, 0, 0, 0, 0, time.UTC)
	End   = time.Date(2026, 3, 30, 0, 0, 0, 0, time.UTC)
)

// Store returns a store with the records of the documentation's tenant, which are of every kind, and its address. See
// pgtest.Store.
func Store(t testing.TB) (*store.DB, string) {
	t.Helper()
	db, address := pgtest.Store(t)
	Fill(t, db, demo.New(demo.Options{Seed: 1, Start: Start, End: End, SignIns: 4000}))
	return db, address
}

// Sources are all records of a tenant, by kind.
func Sources(tenant *demo.Tenant) []ingest.Source {
	return []ingest.Source{
		{Name: "sign-ins", Objects: tenant.SignIns()},
		{Name: "audit events", Objects: tenant.AuditEvents()},
		{Name: "provisioning events", Objects: tenant.ProvisioningEvents()},
		{Name: "risk detections", Objects: tenant.RiskDetections()},
		{Name: "risky users", Objects: tenant.RiskyUsers()},
	}
}

// Fill imports all records of a tenant, of which none may be refused.
func Fill(t testing.TB, db *store.DB, tenant *demo.Tenant) {
	t.Helper()
	summary, err := ingest.Import(t.Context(), db, Sources(tenant), ingest.Options{
		Tenant: tenant.ID(), Writers: 1, // so that what is counted alike comes in the same order
		Refused: func(r ingest.Refusal) error { return fmt.Errorf("%s: %s", r.Reason, r.Text) },
	})
	if err = errors.Join(append(summary.Failures, err)...); err == nil {
		_, err = db.ExecContext(t.Context(), "ANALYZE")
	}
	if err != nil {
		t.Fatal(err)
	}
}
