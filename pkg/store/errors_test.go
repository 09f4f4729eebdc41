package store_test

import (
	"context"
	"crypto/x509"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
	"github.com/stretchr/testify/require"

	"github.com/entra-activity/entra-activity-datasource/pkg/store"
)

func TestClassify(t *testing.T) {
	server := func(code pqerror.Code, message string) error { return &pq.Error{Code: code, Message: message} }
	network := func(operation string, err error) error { return &net.OpError{Op: operation, Net: "tcp", Err: err} }
	closed := sql.OpenDB(nil)
	require.NoError(t, closed.Close())
	for _, c := range []struct {
		err  error
		want store.ErrorCategory
	}{
		{nil, store.Unknown},
		{errors.New("none of the database's"), store.Unknown},
		{sql.ErrNoRows, store.Unknown},
		{fmt.Errorf("query: %w", context.Canceled), store.Canceled},
		{errors.Join(context.Canceled, server(pqerror.QueryCanceled, "")), store.Canceled},
		{context.DeadlineExceeded, store.DeadlineExceeded},

		{network("dial", &net.DNSError{Name: "nowhere", IsNotFound: true}), store.UnknownHost},
		{network("dial", &net.DNSError{Name: "nowhere", IsTimeout: true}), store.UnknownHost},
		{network("dial", os.ErrDeadlineExceeded), store.NoAnswer},
		{network("dial", syscall.ECONNREFUSED), store.Unreachable},
		{network("read", syscall.ECONNRESET), store.Unreachable},
		{net.ErrClosed, store.Unreachable},
		{io.ErrUnexpectedEOF, store.ConnectionLost},
		{driver.ErrBadConn, store.ConnectionLost},
		{closed.Ping(), store.PoolClosed},
		{pq.ErrSSLNotSupported, store.TLSNotOffered},
		{x509.UnknownAuthorityError{}, store.TLSFailed},
		{x509.HostnameError{Certificate: &x509.Certificate{}, Host: "nowhere"}, store.TLSFailed},
		{x509.CertificateInvalidError{Cert: &x509.Certificate{}, Reason: x509.Expired}, store.TLSFailed},
		{network("remote error", errors.New("tls: bad certificate")), store.TLSFailed},
		{errors.New("tls: first record does not look like a TLS handshake"), store.TLSFailed},

		{server(pqerror.InvalidPassword, ""), store.WrongPassword},
		{server(pqerror.InvalidAuthorizationSpecification, `role "nobody" does not exist`), store.UserRejected},
		{server(pqerror.InvalidAuthorizationSpecification, "no pg_hba.conf entry for host"), store.NoHostEntry},
		{server(pqerror.InvalidAuthorizationSpecification, "requires a valid client certificate"),
			store.ClientCertificateRequired},
		{server(pqerror.InvalidCatalogName, ""), store.MissingDatabase},
		{server(pqerror.InvalidSchemaName, ""), store.MissingSchema},
		{fmt.Errorf("Sign-ins: %w", server(pqerror.UndefinedTable, "")), store.MissingSchema},
		{server(pqerror.UndefinedColumn, ""), store.SchemaMismatch},
		{server(pqerror.UndefinedFunction, ""), store.SchemaMismatch},
		{server(pqerror.InsufficientPrivilege, ""), store.MissingRight},
		{server(pqerror.ReadOnlySQLTransaction, ""), store.ReadOnly},
		{server(pqerror.TooManyConnections, ""), store.TooManyConnections},
		{server(pqerror.AdminShutdown, ""), store.Restarting},
		{server(pqerror.CrashShutdown, ""), store.Restarting},
		{server(pqerror.CannotConnectNow, ""), store.Restarting},
		{server(pqerror.QueryCanceled, ""), store.QueryCanceled},
		{server(pqerror.NumericValueOutOfRange, ""), store.DataException},
		{server(pqerror.ProgramLimitExceeded, ""), store.DataException},
		{server(pqerror.SyntaxError, ""), store.InvalidStatement},
		{server(pqerror.DiskFull, ""), store.ServerError},
		{server(pqerror.CheckViolation, ""), store.ServerError},
	} {
		require.Equal(t, c.want, store.Classify(c.err), "%v", c.err)
	}
}
