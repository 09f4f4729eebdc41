package plugin

import (
	"crypto/x509"
	"errors"
	"net"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/entra-activity/entra-activity-datasource/pkg/query"
	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

// explained is an error in the user's words. Its cause is kept as text only: the driver's types stay here.
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

// statusCanceled is nginx's code for a client that left: nobody reads the response.
const statusCanceled = backend.Status(499)

// explanation is what a user can do about a category of errors. {host} in its message stands for the host's name.
type explanation struct {
	status  backend.Status
	message string
}

var explanations = map[store.ErrorCategory]explanation{
	store.Canceled: {statusCanceled, "The query was canceled."},
	store.DeadlineExceeded: {backend.StatusTimeout,
		"The query took too long: choose a shorter time range or fewer fields."},
	store.UnknownHost: {backend.StatusBadGateway, "The host {host} is not known: check the host of the data source."},
	store.NoAnswer:    {backend.StatusTimeout, "The database does not answer in time: check host, port and firewall."},
	store.Unreachable: {backend.StatusBadGateway,
		"The database cannot be reached: check that it runs, and the host, port and firewall."},
	store.ConnectionLost: {backend.StatusBadGateway, "The database ended the connection: try again, and see its log."},
	store.PoolClosed:     {backend.StatusBadGateway, "The settings of the data source have just changed: try again."},
	store.TLSNotOffered: {backend.StatusBadGateway,
		"The server does not offer TLS: set the TLS mode to disable, or enable TLS on the server."},
	store.TLSFailed: {backend.StatusBadGateway,
		"The server's TLS certificate is not accepted: check the TLS mode and the authority's certificate."},
	store.WrongPassword: {backend.StatusUnauthorized,
		"The password or the user is wrong: correct them in the data source."},
	store.UserRejected: {backend.StatusUnauthorized, "The server refuses this user: check the user of the data source."},
	store.NoHostEntry: {backend.StatusUnauthorized, "The server does not let this user in from Grafana's address or without TLS: " +
		"add it to pg_hba.conf, or change the TLS mode."},
	store.ClientCertificateRequired: {backend.StatusUnauthorized, "The server wants a TLS client certificate of this user: " +
		"give one that is issued to the user's name, and its key."},
	store.MissingDatabase: {backend.StatusBadRequest, "There is no such database: check the database of the data source."},
	store.MissingSchema: {backend.StatusBadRequest,
		"The database has no Entra ID activity yet: " + migrate + ", or check the database of the data source."},
	store.SchemaMismatch: {backend.StatusBadRequest,
		"The database's schema does not fit this plugin: " + migrate + ", or update the plugin."},
	store.MissingRight: {backend.StatusForbidden, "The role may not read the records: " + grants + "."},
	store.QueryCanceled: {backend.StatusTimeout,
		"The query took longer than the data source allows: choose a shorter time range, or raise the query timeout."},
	store.Restarting: {backend.StatusBadGateway, "The database is starting or shutting down: try again."},
	store.TooManyConnections: {backend.StatusTooManyRequests, "The database has no connection to spare: " +
		"lower the data source's maximum of open connections, or raise the server's."},
	store.InvalidStatement: {backend.StatusInternal, "The database does not understand the query: please report this."},
}

// explain returns an error in the user's words. All but errors of the plugin itself are the user's or the database's.
func explain(err error) *explained {
	var (
		invalid  *query.InvalidError
		unusable settingsError
		version  *store.VersionError
		dns      *net.DNSError
	)
	if errors.As(err, &invalid) || errors.As(err, &unusable) || errors.As(err, &version) {
		return &explained{err.Error(), "", backend.StatusBadRequest, backend.ErrorSourceDownstream}
	}
	category := store.Classify(err)
	e, ok := explanations[category]
	switch {
	case category == store.Unknown:
		return &explained{err.Error(), "", backend.StatusInternal, backend.ErrorSourcePlugin}
	case category == store.TLSFailed:
		e.message = explainTLS(err, e.message)
	case errors.As(err, &dns):
		e.message = strings.Replace(e.message, "{host}", dns.Name, 1)
	case !ok:
		e = explanation{backend.StatusBadGateway, "The database reports an error."}
	}
	return &explained{e.message, err.Error(), e.status, backend.ErrorSourceDownstream}
}

// explainTLS explains what is wrong with a TLS connection; fallback where no more is known.
func explainTLS(err error, fallback string) string {
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		validity  x509.CertificateInvalidError
		operation *net.OpError
	)
	switch {
	case errors.As(err, &authority):
		return "The server's TLS certificate is signed by an authority that is not trusted: " +
			"give the certificate of the authority that signed it."
	case errors.As(err, &hostname):
		return "The server's TLS certificate is not for the host " + hostname.Host + ": " +
			"use the host's name as in the certificate, or TLS mode verify-ca."
	case errors.As(err, &validity) && validity.Reason == x509.Expired:
		return "The server's TLS certificate has expired or is not valid yet: renew it, or correct the clock."
	case errors.As(err, &operation) && operation.Op == "remote error": // an alert
		return "The server refuses the TLS connection: check the client certificate, its key, and that the server knows who signed it."
	}
	return fallback
}
