package receive

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/plumbago/plumbago/internal/certs"
)

// bind opens the listening socket of a tcp:// or tls:// address.
func (in *intake) bind(host string) (net.Listener, error) {
	inherited, err := in.o.Inherited.Stream(in.name, host)
	if err != nil {
		return nil, err
	}
	if inherited != nil {
		return &inheritedListener{inherited, *in.o.KeepAlive}, nil
	}
	lc := net.ListenConfig{KeepAliveConfig: *in.o.KeepAlive, KeepAlive: -1}
	return lc.Listen(context.Background(), "tcp", host)
}

// inheritedListener gives connections the keep-alive of its options, which they
// would have from a listener that was bound here.
type inheritedListener struct {
	*net.TCPListener
	keepAlive net.KeepAliveConfig
}

// Accept waits for a connection.
func (l *inheritedListener) Accept() (net.Conn, error) {
	c, err := l.AcceptTCP()
	if err != nil {
		return nil, err
	}
	_ = c.SetKeepAliveConfig(l.keepAlive) // of a connection that is gone
	return c, nil
}

// soon is how long before its end a certificate is warned of.
const soon = 14 * 24 * time.Hour

// identity is what the listener shows to TLS clients, nil if its address has no
// TLS. It is opened by the first call, and its changes are logged and counted.
func (in *intake) identity() (*certs.Identity, error) {
	if in.cert != nil || !strings.HasPrefix(in.o.Address, "tls://") {
		return in.cert, nil
	}
	files := in.o.TLS
	files.Silent = in.o.Protocol != "http"
	id, err := certs.Open(files)
	if err != nil {
		return nil, err
	}
	id.Changed = in.reloaded
	in.cert, in.sealed = id, newSealedMeter(in.o.Registerer, in.name, id)
	in.warnOfExpiry()
	return id, nil
}

// refresh reads the certificate's files again now.
func (in *intake) refresh() error {
	if in.cert == nil {
		return nil
	}
	err := in.cert.Refresh()
	in.countReload(err)
	return err
}

// end ends what is told of the certificate: nobody is shown it any more.
func (in *intake) end() {
	if in.sealed != nil {
		in.sealed.expiry.over.Store(true)
	}
}

// reloaded is told that the certificate's files have changed.
func (in *intake) reloaded(err error) {
	in.countReload(err)
	if err != nil {
		in.log.Warn("the certificate in force stays: its files changed, and cannot be used", "err", err)
	}
}

func (in *intake) countReload(err error) {
	if err != nil {
		in.sealed.reloadErrors.Inc()
		return
	}
	in.sealed.reloads.Inc()
	in.log.Info("certificate read again", "expires", in.cert.NotAfter())
	in.warnOfExpiry()
}

func (in *intake) warnOfExpiry() {
	end := in.cert.NotAfter()
	switch left := end.Sub(in.o.Now()); {
	case left <= 0:
		in.log.Warn("the certificate has expired: clients that check it will not send", "expires", end)
	case left <= soon:
		in.log.Warn("the certificate expires soon", "expires", end)
	}
}

// trusts reports whether a is a proxy that may say for whom it connects.
func (in *intake) trusts(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return slices.ContainsFunc(in.o.ProxyFrom, func(p netip.Prefix) bool { return p.Contains(a) })
}

// addrOf is the IP address of a; zero if it has none.
func addrOf(a net.Addr) netip.Addr {
	if t, ok := a.(interface{ AddrPort() netip.AddrPort }); ok {
		return t.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}
