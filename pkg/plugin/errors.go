package plugin

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/lib/pq"

	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// explained is an error in the user's words. Its cause is kept as text only: the types of drivers stay here.
type explained struct {
	message string // one sentence, and what to do
	cause   string
	status  backend.Status
	source  backend.ErrorSource
}

func (e *explained) Error() string {
	if e.cause == "" {
		return e.message
	}
	return e.message + " (" + e.cause + ")"
}

// settingsError is a problem of the settings, which reads well as it is.
type settingsError struct{ error }

// What to do about a role with too few or too many rights.
const (
	grants  = "GRANT USAGE ON SCHEMA entra TO the role, and GRANT SELECT ON ALL TABLES IN SCHEMA entra TO it"
	migrate = "run \"entra-activity migrate\" on the database"
)

// statusCanceled says that the asker left: nobody reads the answer.
const statusCanceled = backend.Status(499)

// explain says what an error means. All but those of the plugin itself are the user's or the database's.
func explain(err error) *explained {
	down := func(status backend.Status, message string) *explained {
		return &explained{message, err.Error(), status, backend.ErrorSourceDownstream}
	}
	var (
		invalid    *query.InvalidError
		unusable   settingsError
		version    *store.VersionError
		fromServer *pq.Error
		dns        *net.DNSError
		operation  *net.OpError
		network    net.Error
		authority  x509.UnknownAuthorityError
		hostname   x509.HostnameError
		validity   x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &invalid), errors.As(err, &unusable), errors.As(err, &version):
		return &explained{err.Error(), "", backend.StatusBadRequest, backend.ErrorSourceDownstream}
	case errors.Is(err, context.Canceled):
		return down(statusCanceled, "The query was canceled.")
	case errors.Is(err, context.DeadlineExceeded):
		return down(backend.StatusTimeout, "The query took too long: choose a shorter time range or fewer fields.")
	case errors.As(err, &fromServer):
		status, message := explainServer(fromServer)
		return down(status, message)
	case errors.As(err, &authority):
		return down(backend.StatusBadGateway, "The server's TLS certificate is signed by an authority that is not trusted: give the certificate of the authority that signed it.")
	case errors.As(err, &hostname):
		return down(backend.StatusBadGateway, "The server's TLS certificate is not for the host "+hostname.Host+": use the host's name as in the certificate, or TLS mode verify-ca.")
	case errors.As(err, &validity) && validity.Reason == x509.Expired:
		return down(backend.StatusBadGateway, "The server's TLS certificate has expired or is not valid yet: renew it, or correct the clock.")
	case errors.As(err, &operation) && operation.Op == "remote error": // an alert
		return down(backend.StatusBadGateway, "The server refuses the TLS connection: check the client certificate, its key, and that the server knows who signed it.")
	case strings.Contains(err.Error(), "tls:"), strings.Contains(err.Error(), "x509:"):
		return down(backend.StatusBadGateway, "The server's TLS certificate is not accepted: check the TLS mode and the authority's certificate.")
	case errors.Is(err, pq.ErrSSLNotSupported):
		return down(backend.StatusBadGateway, "The server does not offer TLS: set the TLS mode to disable, or enable TLS on the server.")
	case errors.As(err, &dns):
		return down(backend.StatusBadGateway, "The host "+dns.Name+" is not known: check the host of the data source.")
	case errors.As(err, &network) && network.Timeout():
		return down(backend.StatusTimeout, "The database does not answer in time: check host, port and firewall.")
	case errors.As(err, &network), errors.Is(err, net.ErrClosed):
		return down(backend.StatusBadGateway, "The database cannot be reached: check that it runs, and the host, port and firewall.")
	case strings.Contains(err.Error(), "sql: database is closed"):
		return down(backend.StatusBadGateway, "The settings of the data source have just changed: try again.")
	case strings.Contains(err.Error(), "EOF"), strings.Contains(err.Error(), "bad connection"):
		return down(backend.StatusBadGateway, "The database ended the connection: try again, and see its log.")
	}
	return &explained{err.Error(), "", backend.StatusInternal, backend.ErrorSourcePlugin}
}

// explainServer explains by SQLSTATE: https://www.postgresql.org/docs/current/errcodes-appendix.html
func explainServer(e *pq.Error) (backend.Status, string) {
	switch e.Code {
	case "28P01":
		return backend.StatusUnauthorized, "The password or the user is wrong: correct them in the data source."
	case "28000":
		if strings.Contains(e.Message, "pg_hba.conf") {
			return backend.StatusUnauthorized, "The server does not let this user in from Grafana's address or without TLS: add it to pg_hba.conf, or change the TLS mode."
		}
		if strings.Contains(e.Message, "certificate") {
			return backend.StatusUnauthorized, "The server wants a TLS client certificate of this user: give one that is issued to the user's name, and its key."
		}
		return backend.StatusUnauthorized, "The server refuses this user: check the user of the data source."
	case "3D000":
		return backend.StatusBadRequest, "There is no such database: check the database of the data source."
	case "3F000", "42P01":
		return backend.StatusBadRequest, "The database has no Entra ID activity yet: " + migrate + ", or check the database of the data source."
	case "42703", "42883":
		return backend.StatusBadRequest, "The database's schema does not fit this plugin: " + migrate + ", or update the plugin."
	case "42501":
		return backend.StatusForbidden, "The role may not read the records: " + grants + "."
	case "57014":
		return backend.StatusTimeout, "The query took longer than the data source allows: choose a shorter time range, or raise the query timeout."
	case "57P01", "57P02", "57P03":
		return backend.StatusBadGateway, "The database is starting or shutting down: try again."
	case "53300":
		return backend.StatusTooManyRequests, "The database has no connection to spare: lower the data source's maximum of open connections, or raise the server's."
	}
	if e.Code.Class() == "42" {
		return backend.StatusInternal, "The database does not understand the query: please report this."
	}
	return backend.StatusBadGateway, "The database reports an error."
}
