package nats_test

import (
	"testing"
	"time"

	"github.com/plumbago/plumbago/bus/nats"
	"github.com/plumbago/plumbago/deliver"
)

// dial connects a sender.
func dial(t testing.TB, s *nats.Sender) deliver.Conn {
	t.Helper()
	c, err := s.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPointsGoThrough(t *testing.T) {
	bus := single(startServer(t, nil))
	var sink store
	c := dial(t, newSender(t, nats.SenderOptions{Bus: bus, Interval: 20 * time.Millisecond}))
	receive(t, nats.ReceiverOptions{Bus: bus}, &sink)
	const blocks, points = 50, 1000
	for i := range blocks {
		if err := c.Send(t.Context(), batch(i*points, points)); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := c.Acked(); got != blocks {
		t.Errorf("got %d of %d blocks acknowledged", got, blocks)
	}
	eventually(t, "all points", func() bool { return sink.distinct() == blocks*points })
	if n := sink.all(); n != blocks*points {
		t.Errorf("got %d points, want each of %d once", n, blocks*points)
	}
}
