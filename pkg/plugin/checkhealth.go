package plugin

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/jmoiron/sqlx"

	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// CheckHealth returns one sentence: that the data source works, or what is wrong and what to do.
func (d *DataSource) CheckHealth(ctx context.Context, req *backend.CheckHealthRequest) (*backend.CheckHealthResult, error) {
	message, err := d.check(ctx)
	if err == nil {
		return &backend.CheckHealthResult{Status: backend.HealthStatusOk, Message: message}, nil
	}
	e := explain(cancellation(ctx, err))
	result := &backend.CheckHealthResult{Status: backend.HealthStatusError, Message: e.message}
	// Viewers can check, too: what the server says about itself is for administrators.
	if user := req.PluginContext.User; user != nil && user.Role == "Admin" && e.cause != "" {
		result.JSONDetails, _ = json.Marshal(map[string]string{"verboseMessage": e.cause})
	}
	return result, nil
}

func (d *DataSource) check(ctx context.Context) (string, error) {
	if d.problem != nil {
		return "", d.problem
	}
	var state struct {
		Server   string `db:"server"`
		MayWrite bool   `db:"may_write"`
		Tenants  int    `db:"tenants"`
	}
	err := d.store.DB.Snapshot(ctx, d.store.Timeout, func(tx *sqlx.Tx) error {
		if err := store.CheckVersion(ctx, tx); err != nil {
			return err
		}
		return tx.GetContext(ctx, &state, `SELECT current_setting('server_version') AS server,
  (SELECT bool_or(has_table_privilege(oid, 'INSERT, UPDATE, DELETE, TRUNCATE')) FROM pg_class
    WHERE relnamespace = 'entra'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition) AS may_write,
  (SELECT count(*) FROM entra.tenant) AS tenants
FROM (SELECT FROM entra.sign_in LIMIT 1) AS readable RIGHT JOIN (SELECT) AS one ON true`)
	})
	switch {
	case err != nil:
		return "", err
	case state.MayWrite:
		message := "The role %q may change the records: use one that can only read. CREATE ROLE one with LOGIN, then %s."
		return "", settingsError{fmt.Errorf(message, d.settings.User, grants)} //nolint:staticcheck // a sentence for the user
	}
	return fmt.Sprintf("Connected to PostgreSQL %s; %s.", state.Server, tenants(state.Tenants)), nil
}

func tenants(n int) string {
	switch n {
	case 0:
		return "no records yet, import some with \"entra-activity import\""
	case 1:
		return "records of one tenant"
	}
	return fmt.Sprintf("records of %d tenants", n)
}
