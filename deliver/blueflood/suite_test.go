package blueflood_test

import (
	"fmt"
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/blueflood"
	"github.com/plumbago/plumbago/deliver/blueflood/bluefloodtest"
	"github.com/plumbago/plumbago/deliver/delivertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const century = 100 * 365 * 24 * time.Hour

// secret is a key, a password or both.
const secret = "A1b2c3d4-55aa/\"4c6f"

func TestKeepsThePromises(t *testing.T) {
	delivertest.Run(t, delivertest.Harness{
		New: func(t *testing.T, address string) deliver.Destination {
			return newDestination(t, blueflood.Options{
				URL: "http://" + address, Tenant: "12345", Timeout: 2 * time.Second, Interval: 20 * time.Millisecond, Past: century,
				MaxBody: 64 << 10, // answered within Timeout on a busy machine, with the race detector on both ends
			})
		},
		Serve:   serveRequests,
		Answers: true,
	})
}

func newDestination(t testing.TB, o blueflood.Options) *blueflood.Destination {
	t.Helper()
	d, err := blueflood.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// serveRequests answers the requests of one connection as a Blueflood does.
func serveRequests(c net.Conn, take func(string)) {
	s := &bluefloodtest.Server{Past: century, Took: func(_, name, value string, at int64) {
		take(fmt.Sprint(name, " ", value, " ", at/1000))
	}}
	delivertest.ServeHTTP(c, s)
}
