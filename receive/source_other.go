//go:build !unix

package receive

import "net"

func newSource(c net.Conn) source { return readerSource{c} }
