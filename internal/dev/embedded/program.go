package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"
)

// running is a program in a folder of its own.
type running struct {
	folder  *folder
	process *process
}

// await returns when ready does. When the program ends before, the error ends with what it had to say.
func (r running) await(ctx context.Context, ready func() bool) error {
	for !ready() {
		select {
		case <-r.process.done:
			return fmt.Errorf("it ended (%s):\n%s", r.process.ending(), r.process.said())
		case <-ctx.Done():
			return fmt.Errorf("%w:\n%s", context.Cause(ctx), r.process.said())
		case <-time.After(10 * time.Millisecond):
		}
	}
	return nil
}

// end stops the program and gives its folder back.
func (r running) end() error {
	r.process.letGo()
	select {
	case <-r.process.done:
		return r.folder.close()
	case <-time.After(stopTimeout):
		// Its folder is still in use, so it stays.
		return fmt.Errorf("the program in %s has not stopped within %v", r.folder.path, stopTimeout)
	}
}

// Program is a running server of another kind, for tests: a pooler, a Prometheus. It is kept as a Server is, not as
// root, in a temporary folder of its own, and never outlives this process.
type Program struct {
	running
	stop func() error
}

// Run starts a program in a temporary folder that holds the files given: text by name.
func Run(path string, files map[string]string, arguments ...string) (_ *Program, err error) {
	account, err := serverAccount()
	if err != nil {
		return nil, err
	}
	p := &Program{}
	if p.folder, err = openFolder("", account); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			p.folder.close() //nolint:errcheck // the first problem is the one to tell
		}
	}()
	for name, text := range files {
		if err := p.folder.write(name, text); err != nil {
			return nil, err
		}
	}
	if p.process, err = p.folder.start("TERM", append([]string{path}, arguments...)...); err != nil {
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	p.stop = sync.OnceValue(p.end)
	return p, nil
}

// Serve runs a program that listens on a free port of 127.0.0.1, and returns its address once it does.
func Serve(ctx context.Context, path string, files map[string]string, arguments func(address string) []string) (
	_ *Program, address string, err error,
) {
	port, err := FreePort()
	if err != nil {
		return nil, "", err
	}
	address = net.JoinHostPort(host, strconv.Itoa(port))
	p, err := Run(path, files, arguments(address)...)
	if err != nil {
		return nil, "", err
	}
	if err := p.AwaitPort(ctx, port); err != nil {
		return nil, "", fmt.Errorf("start %s: %w", path, errors.Join(err, p.Stop()))
	}
	return p, address, nil
}

// AwaitPort returns when the program takes connections on a port of 127.0.0.1. When it ends before, the error ends with
// what it had to say.
func (p *Program) AwaitPort(ctx context.Context, port int) error {
	return p.await(ctx, func() bool {
		connection, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err != nil {
			return false
		}
		connection.Close()
		// TCP connects a socket to itself where the free port it is given is the one it asks for.
		return connection.LocalAddr().String() != connection.RemoteAddr().String()
	})
}

// Stop ends the program and removes its folder. Further calls return what the first did.
func (p *Program) Stop() error { return p.stop() }
