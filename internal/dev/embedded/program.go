package embedded

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"
)

// Program is a running server of another kind, for tests: a pooler, a Prometheus. It is kept as a Server is, not as
// root, in a temporary folder of its own, and never outlives this process.
type Program struct {
	folder  *folder
	process *process
	output  serverLog
	stop    func() error
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
	p.stop = sync.OnceValue(p.stopOnce)
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
	if p.output, err = p.folder.openLog(); err != nil {
		return nil, err
	}
	p.process, err = command{
		account: account,
		dir:     p.folder.path,
		argv:    append([]string{path}, arguments...),
		output:  p.output.File,
		signal:  "TERM",
		remove:  p.folder.temporaryPath(),
	}.start()
	if err != nil {
		p.output.Close()
		return nil, fmt.Errorf("start %s: %w", path, err)
	}
	return p, nil
}

// AwaitPort returns when the program takes connections on a port of 127.0.0.1. When it ends before, the error ends with
// what it had to say.
func (p *Program) AwaitPort(ctx context.Context, port int) error {
	for {
		connection, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
		if err == nil {
			connection.Close()
			// TCP connects a socket to itself where the free port it is given is the one it asks for.
			if connection.LocalAddr().String() != connection.RemoteAddr().String() {
				return nil
			}
		}
		select {
		case <-p.process.done:
			return fmt.Errorf("it ended (%s):\n%s", p.process.ending(), p.output.tail())
		case <-ctx.Done():
			return fmt.Errorf("%w:\n%s", context.Cause(ctx), p.output.tail())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Stop ends the program and removes its folder. Further calls return what the first did.
func (p *Program) Stop() error { return p.stop() }

func (p *Program) stopOnce() error {
	p.process.letGo()
	select {
	case <-p.process.done:
	case <-time.After(stopTimeout):
		return fmt.Errorf("the program in %s has not stopped within %v", p.folder.path, stopTimeout)
	}
	p.output.Close()
	return p.folder.close()
}
