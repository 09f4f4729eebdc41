package store

import (
	"context"
	"errors"
	"net"
	"strings"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

// ErrorCategory is what an error of the database means to whoever has to do something about it.
type ErrorCategory int

// The categories of errors.
const (
	Unknown  ErrorCategory = iota // not the database's, as far as can be seen
	Canceled                      // the caller no longer wants the result
	DeadlineExceeded

	// Errors on the way to the server.
	UnknownHost
	NoAnswer
	Unreachable
	ConnectionLost
	PoolClosed
	TLSNotOffered
	TLSFailed

	// Errors that the server reports.
	WrongPassword
	UserRejected
	NoHostEntry // in pg_hba.conf
	ClientCertificateRequired
	MissingDatabase
	MissingSchema
	SchemaMismatch
	MissingRight
	ReadOnly
	TooManyConnections
	Restarting
	QueryCanceled // by the statement timeout, say
	DataException // a value that its column cannot hold, or a text too long for an index
	InvalidStatement
	ServerError
)

// https://www.postgresql.org/docs/current/errcodes-appendix.html
var (
	categories = map[pqerror.Code]ErrorCategory{
		pqerror.InvalidPassword:                   WrongPassword,
		pqerror.InvalidAuthorizationSpecification: UserRejected,
		pqerror.InvalidCatalogName:                MissingDatabase,
		pqerror.InvalidSchemaName:                 MissingSchema,
		pqerror.UndefinedTable:                    MissingSchema,
		pqerror.UndefinedColumn:                   SchemaMismatch,
		pqerror.UndefinedFunction:                 SchemaMismatch,
		pqerror.InsufficientPrivilege:             MissingRight,
		pqerror.ReadOnlySQLTransaction:            ReadOnly,
		pqerror.TooManyConnections:                TooManyConnections,
		pqerror.AdminShutdown:                     Restarting,
		pqerror.CrashShutdown:                     Restarting,
		pqerror.CannotConnectNow:                  Restarting,
		pqerror.QueryCanceled:                     QueryCanceled,
		pqerror.ProgramLimitExceeded:              DataException,
	}
	classCategories = map[pqerror.Class]ErrorCategory{
		pqerror.ClassDataException:                    DataException,
		pqerror.ClassSyntaxErrorOrAccessRuleViolation: InvalidStatement,
	}
)

// Classify returns the category of an error of the database, or of the way to it.
func Classify(err error) ErrorCategory {
	var (
		dns     *net.DNSError
		network net.Error
	)
	says := func(text string) bool { return strings.Contains(err.Error(), text) }
	switch {
	case err == nil:
		return Unknown
	case errors.Is(err, context.Canceled):
		return Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return DeadlineExceeded
	case pq.As(err) != nil:
		return classifyServer(pq.As(err))
	case says("tls:"), says("x509:"): // as all errors of crypto/tls and crypto/x509 do
		return TLSFailed
	case errors.Is(err, pq.ErrSSLNotSupported):
		return TLSNotOffered
	case errors.As(err, &dns):
		return UnknownHost
	case errors.As(err, &network) && network.Timeout():
		return NoAnswer
	case errors.As(err, &network), errors.Is(err, net.ErrClosed):
		return Unreachable
	case says("sql: database is closed"):
		return PoolClosed
	case says("EOF"), says("bad connection"):
		return ConnectionLost
	}
	return Unknown
}

func classifyServer(e *pq.Error) ErrorCategory {
	category, ok := categories[e.Code]
	if !ok {
		category, ok = classCategories[e.Code.Class()]
	}
	switch {
	case !ok:
		return ServerError
	case category == UserRejected && strings.Contains(e.Message, "pg_hba.conf"):
		return NoHostEntry
	case category == UserRejected && strings.Contains(e.Message, "certificate"):
		return ClientCertificateRequired
	}
	return category
}
