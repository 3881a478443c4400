//go:build !linux && !darwin

package carbon

import (
	"net"
	"syscall"
	"time"
)

// endOfStream is what the end of the stream counts for in unacknowledged.
const endOfStream = 0

// unacknowledged knows nothing here: what is written counts as arrived, and the
// replay margin is all that protects it.
func unacknowledged(syscall.RawConn) (uint64, error) { return 0, nil }

// setUserTimeout does nothing: dead peers are left to keepalive.
func setUserTimeout(*net.TCPConn, time.Duration) error { return nil }
