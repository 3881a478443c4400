package admin

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"path/filepath"
	"time"

	"github.com/plumbago/plumbago/internal/certs"
)

// door is one way to the operators' answers.
type door struct {
	listener net.Listener
	http     *http.Server
	socket   string // removed when the door is closed
}

// errOpen says that an address is not for everybody.
var errOpen = errors.New("others than this host can reach it, and all that flows is to be read there: " +
	"it needs TLS and a token, or an address on loopback")

// open opens the doors, that of the address first.
func (o Options) open(h http.Handler) (doors []*door, err error) {
	a, log := o.Access, o.Logger
	if o.Address != "" {
		l, err := o.listen()
		if err != nil {
			return nil, err
		}
		doors = append(doors, &door{listener: l, http: newServer(a.guard(h, l.Addr()), log)})
	}
	if a.Socket == "" {
		return doors, nil
	}
	l, err := listenUnix(a.Socket, a.SocketGroup)
	switch {
	case err == nil:
		doors = append(doors, &door{listener: l, http: newServer(withProfiles(h), log), socket: a.Socket})
	case a.SocketNeeded:
		for _, d := range doors {
			err = errors.Join(err, d.close())
		}
		return nil, err
	default:
		log.Warn("no socket for operators: commands that ask a running gateway do without it", "err", err)
	}
	return doors, nil
}

// listen binds the address, unless it is bound already.
func (o Options) listen() (l net.Listener, err error) {
	if l = o.Listener; l == nil {
		if l, err = net.Listen("tcp", o.Address); err != nil {
			return nil, err
		}
	}
	if !isLoopback(l.Addr()) && (o.Access.TLS == (certs.Server{}) || o.Access.Token == "") {
		return nil, errors.Join(fmt.Errorf("on %q: %w", o.Address, errOpen), l.Close())
	}
	if o.Access.TLS == (certs.Server{}) {
		return withPlaces(l), nil
	}
	identity, err := certs.Open(o.Access.TLS)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return tls.NewListener(withPlaces(l), identity.Config()), nil
}

func newServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           patient(h),
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// stop lets answers under way finish until ctx is done.
func (d *door) stop(ctx context.Context) {
	if d.http.Shutdown(ctx) != nil {
		d.http.Close()
	}
	d.unlink()
}

func (d *door) close() error {
	d.unlink()
	return d.listener.Close()
}

func (d *door) unlink() {
	if d.socket != "" {
		_ = os.Remove(d.socket) // whoever follows removes it too
	}
}

// withProfiles adds the runtime's profiles, which tell too much for other doors.
func withProfiles(h http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", h)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	return mux
}

// listenUnix binds a unix socket. It has its mode before it has its name: nobody gets
// in between. One that a process left behind is replaced.
func listenUnix(path string, group bool) (net.Listener, error) {
	if err := removeStale(path); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(filepath.Dir(path), ".a")
	if err != nil {
		return nil, err
	}
	defer os.Remove(dir)
	begun := filepath.Join(dir, "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: begun, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false)
	mode := fs.FileMode(0o600)
	if group {
		mode = 0o660
	}
	if err = os.Chmod(begun, mode); err == nil {
		err = os.Rename(begun, path)
	}
	if err != nil {
		return nil, errors.Join(err, os.Remove(begun), l.Close())
	}
	return &named{withPlaces(l), path}, nil
}

// named is a socket under the name that it has now.
type named struct {
	net.Listener
	path string
}

// Addr is the socket's path.
func (n *named) Addr() net.Addr { return &net.UnixAddr{Name: n.path, Net: "unix"} }

// removeStale removes a socket on which nobody listens.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("%s is there, and no socket", path)
	}
	if c, err := net.Dial("unix", path); err == nil {
		c.Close()
		return fmt.Errorf("%s is in use by another process", path)
	}
	return os.Remove(path)
}
