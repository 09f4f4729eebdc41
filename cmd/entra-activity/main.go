// Command entra-activity is the companion of the Grafana data source: it fills and keeps the database that the data
// source reads, and serves Prometheus metrics of it.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"github.com/lib/pq"
	"github.com/prometheus/common/promslog"
	promslogflag "github.com/prometheus/common/promslog/flag"
	"github.com/prometheus/common/version"

	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// command is what one of the program's commands does.
type command func(ctx context.Context, db *store.DB, logger *slog.Logger) error

func main() {
	app := kingpin.New("entra-activity", "Import Microsoft Entra ID's records into PostgreSQL, keep them, and serve "+
		"Prometheus metrics of them.")
	app.Version(version.Print("entra-activity"))
	app.HelpFlag.Short('h')
	databaseURL := app.Flag("database-url", "PostgreSQL to work with, as postgres://user:password@host:port/database "+
		"or key=value pairs. What it leaves out comes from PGHOST, PGUSER, PGPASSWORD and so on.").
		Envar("ENTRA_ACTIVITY_DATABASE_URL").String()
	passwordFile := app.Flag("database-password-file", "File whose first line is the database's password, "+
		"such as a mounted secret. PGPASSFILE names one in the format of psql.").
		Envar("ENTRA_ACTIVITY_DATABASE_PASSWORD_FILE").String()
	logging := promslog.Config{}
	promslogflag.AddFlags(app, &logging)

	commands := map[string]command{}
	for _, add := range []func(*kingpin.Application) (*kingpin.CmdClause, command){
		migrateCommand, importCommand, groupsCommand, retentionCommand, reclassifyCommand, verifyCommand,
		exporterCommand, resetCountersCommand, backfillCommand,
	} {
		clause, run := add(app)
		commands[clause.FullCommand()] = run
	}
	chosen := kingpin.MustParse(app.Parse(os.Args[1:]))

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *databaseURL, *passwordFile, commands[chosen], promslog.New(&logging)); err != nil {
		fmt.Fprintln(os.Stderr, "entra-activity:", explain(err))
		os.Exit(1)
	}
}

func run(ctx context.Context, databaseURL, passwordFile string, run command, logger *slog.Logger) error {
	connection, err := pq.NewConfig(databaseURL)
	if err != nil {
		return fmt.Errorf("--database-url or a PG* variable is not understood: %w", err)
	}
	if !strings.Contains(databaseURL, "sslmode") && os.Getenv("PGSSLMODE") == "" {
		connection.SSLMode = pq.SSLModePrefer // as psql does
	}
	if passwordFile != "" {
		text, err := os.ReadFile(passwordFile)
		if err != nil {
			return fmt.Errorf("--database-password-file: %w", err)
		}
		connection.Password, _, _ = strings.Cut(string(text), "\n")
		connection.Password = strings.TrimSuffix(connection.Password, "\r")
	}
	if connection.ConnectTimeout == 0 {
		connection.ConnectTimeout = 10 * time.Second
	}
	if connection.ApplicationName == "" {
		connection.ApplicationName = "entra-activity"
	}
	db, err := store.Open(store.Config{Connection: &connection})
	if err != nil {
		return err
	}
	defer db.Close()
	return run(ctx, db, logger)
}

// tenantFlag adds a flag for the ID of a tenant.
func tenantFlag(clause *kingpin.CmdClause, help string) *kingpin.FlagClause {
	return clause.Flag("tenant", help).Envar("ENTRA_ACTIVITY_TENANT")
}

// checkTenant refuses what is certainly no tenant's ID: records under it would be others than those that name theirs.
func checkTenant(id string) error {
	if strings.Contains(id, ".") {
		return fmt.Errorf("--tenant: %s is a domain: give the tenant's ID, a GUID, which the overview of Entra ID's "+
			"admin center shows", id)
	}
	return nil
}

// explain adds to an error of the database what can be done about it.
func explain(err error) string {
	var message string
	if e := pq.As(err); e != nil {
		message = e.Message
	}
	switch store.Classify(err) {
	case store.Canceled:
		return "stopped"
	case store.TLSNotOffered:
		return "the database's server does not offer TLS: let it, or set sslmode=disable or PGSSLMODE"
	case store.UnknownHost, store.NoAnswer, store.Unreachable:
		if dial := (*net.OpError)(nil); errors.As(err, &dial) && dial.Op == "dial" { // rather than listen
			return fmt.Sprintf("the database cannot be reached: %v: check the host and port in --database-url or "+
				"PGHOST and PGPORT", dial)
		}
	case store.WrongPassword, store.UserRejected, store.NoHostEntry, store.ClientCertificateRequired:
		return message + ": check the user and password in --database-url or PGUSER and PGPASSWORD"
	case store.MissingDatabase:
		return message + ": create it first, for example with createdb"
	case store.MissingSchema:
		return (&store.VersionError{}).Error()
	case store.MissingRight:
		return message + ": the role needs the right to write in the schema " + store.Schema
	}
	return err.Error()
}
