package bench

import (
	"context"
	"embed"
	"fmt"
	"slices"
	"strings"

	"github.com/entra-activity/entra-activity-datasource/pkg/activity"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// reportFields are what the portal's report shows and filters by: the columns that somebody makes who keeps sign-ins in
// a table of their own.
var reportFields = fieldsByName(
	"createdDateTime", "id", "tenantId", "signInEventTypes", "status", "errorCode", "failureReason",
	"userId", "userPrincipalName", "userDisplayName", "userType", "appId", "appDisplayName", "resourceId", "resourceDisplayName",
	"ipAddress", "city", "state", "countryOrRegion", "clientAppUsed", "operatingSystem", "browser",
	"conditionalAccessStatus", "authenticationRequirement", "riskLevelDuringSignIn", "correlationId",
)

func fieldsByName(names ...string) []*activity.Field {
	fields := make([]*activity.Field, len(names))
	for i, name := range names {
		fields[i] = activity.SignIn.Field(name)
	}
	return fields
}

// wideColumn is a field's column in a wide table.
func wideColumn(f *activity.Field) string {
	var b strings.Builder
	for _, c := range f.Name {
		if 'A' <= c && c <= 'Z' {
			b.WriteByte('_')
		}
		b.WriteRune(c)
	}
	return strings.ToLower(b.String())
}

// selectWide is the SELECT that makes a wide table's rows of the store's.
func selectWide(fields []*activity.Field) string {
	var columns []string
	from := store.Table(activity.SignIn) + " r"
	join := func(table, alias string) {
		if sql := fmt.Sprintf(" LEFT JOIN %s %s ON %[2]s.id = r.%[2]s", table, alias); !strings.Contains(from, sql) {
			from += sql
		}
	}
	for _, f := range fields {
		column := store.Column(activity.SignIn, f)
		switch {
		case f == activity.SignIn.Time():
			column = "r.time"
		case column == "tenant":
			join(store.Schema+".tenant", "tenant")
			column = "tenant.tenant_id"
		case column == "status":
			column = named("r.status", activity.AllStatuses)
		case column == "variant":
			column = named("r.variant", activity.SignInEventTypes)
		case f.Of != nil:
			join(store.EntityTable(f.Of), store.Reference(f.Of))
			column = store.Reference(f.Of) + "." + column + "::text"
		case f.Type == activity.Address:
			column = "host(r." + column + ")"
		default:
			column = "r." + column + "::text"
		}
		columns = append(columns, column)
	}
	return fmt.Sprintf("SELECT %s FROM %s", strings.Join(columns, ", "), from)
}

// named is the text that a code stands for.
func named(code string, texts []string) string {
	return fmt.Sprintf("('{%s}'::text[])[%s]", strings.Join(texts, ","), code)
}

// makeWide keeps the store's sign-ins in a table as somebody would write it by hand, in the order in which they
// happened, with an index on their time.
func makeWide(ctx context.Context, db *store.DB) error {
	var columns []string
	for _, f := range reportFields {
		sqlType := "text"
		if f == activity.SignIn.Time() {
			sqlType = "timestamptz"
		}
		columns = append(columns, wideColumn(f)+" "+sqlType)
	}
	return execute(ctx, db,
		fmt.Sprintf("CREATE TABLE wide (%s)", strings.Join(columns, ", ")),
		"INSERT INTO wide "+selectWide(reportFields)+" ORDER BY r.time",
		"CREATE INDEX ON wide (created_date_time)",
		"VACUUM (ANALYZE) wide")
}

//go:embed sql
var files embed.FS

// statement returns the SQL in a file of the folder sql, with arguments in place.
func statement(name string, args ...any) string {
	text, err := files.ReadFile("sql/" + name + ".sql")
	if err != nil {
		panic("bench: " + err.Error()) // impossible: the files are compiled in
	}
	return fmt.Sprintf(string(text), args...)
}

// execute executes statements one after the other.
func execute(ctx context.Context, db *store.DB, statements ...string) error {
	for _, statement := range statements {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// prepareWide gives the wide table the indexes that the store's rows have, and columns for all that a record may say.
func prepareWide(ctx context.Context, db *store.DB) error {
	var statements []string
	for _, columns := range rowIndexes[1:] {
		statements = append(statements, fmt.Sprintf("CREATE INDEX ON wide (%s)", columns))
	}
	for _, f := range allFields {
		statements = append(statements, fmt.Sprintf("ALTER TABLE wide ADD COLUMN IF NOT EXISTS %s text", wideColumn(f)))
	}
	return execute(ctx, db, append(statements, "ALTER TABLE wide ADD COLUMN record jsonb")...)
}

// rowIndexes are the columns of the indexes that the store's rows have; that by the time is the wide table's, too, and
// the store has one more by what no wide table knows: when a record arrived.
var rowIndexes = []string{"created_date_time", "id", "user_id, created_date_time", "app_id, created_date_time",
	"ip_address, created_date_time", "correlation_id",
	"status, created_date_time"}

// allFields are those that a record has a value for, in the catalog's order: neither what follows from others nor what
// other records say.
var allFields = slices.DeleteFunc(slices.Clone(activity.SignIn.Fields), func(f *activity.Field) bool {
	return f.Name == "clientAppClass" || f.Of != nil && f.Of.Through != nil
})
