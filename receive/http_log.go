package receive

import (
	"bytes"
	"log"
)

// serverLog takes what the standard library's server has to say: of connections,
// which are the clients' affairs, and of panics, which are not.
type serverLog struct{ in *intake }

func newServerLog(in *intake) *log.Logger { return log.New(serverLog{in}, "", 0) }

// Write logs one message.
func (l serverLog) Write(text []byte) (int, error) {
	if bytes.HasPrefix(text, []byte("http: panic")) {
		l.in.log.Error("http server", "err", string(text))
	} else {
		l.in.log.Debug("http server", "err", printable(bytes.TrimSpace(text)))
	}
	return len(text), nil
}
