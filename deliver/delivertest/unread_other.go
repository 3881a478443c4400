//go:build !linux

package delivertest

import "net"

// unread returns how many bytes the kernel holds that c has not read; !ok where
// there is no way to know.
func unread(*net.TCPConn) (n int, ok bool) { return 0, false }
