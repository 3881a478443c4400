package whisper_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/delivertest"
	store "github.com/plumbago/plumbago/deliver/whisper"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/whisper"
)

// TestKeepsThePromises has a store whose disk is at the far end of a connection: to
// sync it is to tell the far end what is in files, and to wait for its answer.
func TestKeepsThePromises(t *testing.T) {
	delivertest.Run(t, delivertest.Harness{
		New:       newFarDisk,
		Serve:     serveDisk,
		Answers:   true,
		Stateless: true,
	})
}

// farDisk is a store of which batches are told to the far end when they are in files.
type farDisk struct {
	*store.Store
	t       *testing.T
	address string
	began   int64

	mu     sync.Mutex
	places map[string]place // of each point that came
	unsure [][]string       // batches that were sent and not told
	peer   net.Conn
}

// place is where a point is kept: a few series hold all, each point in a second of its
// own.
type place struct {
	name string
	at   int64
}

func newFarDisk(t *testing.T, address string) deliver.Destination {
	d := &farDisk{t: t, address: address, began: time.Now().Unix() - 3000, places: map[string]place{}}
	o := store.Options{FlushEvery: 30 * time.Millisecond, Schemas: seconds()}
	d.Store = open(t, o)
	store.OnSync(d.Store, d.sync)
	return d
}

// Dial implements deliver.Destination.
func (d *farDisk) Dial(ctx context.Context) (deliver.Conn, error) {
	var dialer net.Dialer
	peer, err := dialer.DialContext(ctx, "tcp", d.address)
	if err != nil {
		return nil, err
	}
	c, err := d.Store.Dial(ctx)
	if err != nil {
		peer.Close()
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.peer, d.unsure = peer, nil
	return &farConn{c, d, peer}, nil
}

// farConn is a Conn of the store.
type farConn struct {
	deliver.Conn
	d    *farDisk
	peer net.Conn
}

// Send brings the points to their places.
func (c *farConn) Send(ctx context.Context, b metric.Batch) error {
	return c.Conn.Send(ctx, c.d.translate(b))
}

// Close implements deliver.Conn.
func (c *farConn) Close(ctx context.Context) error {
	defer c.peer.Close()
	return c.Conn.Close(ctx)
}

func (d *farDisk) translate(b metric.Batch) metric.Batch {
	const series = 8
	d.mu.Lock()
	defer d.mu.Unlock()
	var points, lines []string
	for point := range strings.Lines(string(b.Lines)) {
		p, ok := d.places[point]
		if !ok {
			n := len(d.places)
			p = place{fmt.Sprint("s.n", n%series), d.began + int64(n/series)}
			d.places[point] = p
		}
		points, lines = append(points, point), append(lines, fmt.Sprintf("%s %d %d", p.name, 1, p.at))
	}
	d.unsure = append(d.unsure, points)
	return batch(lines...)
}

// sync tells of the batches that are in files, as far as all before them are.
func (d *farDisk) sync() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := d.read()
	for len(d.unsure) > 0 {
		for _, point := range d.unsure[0] {
			if !known[d.places[point]] {
				return nil
			}
		}
		if err := d.tell(d.unsure[0]); err != nil {
			return err
		}
		d.unsure = d.unsure[1:]
	}
	return nil
}

// read returns the places that hold a value.
func (d *farDisk) read() map[place]bool {
	found := map[place]bool{}
	for i := range 8 {
		name := fmt.Sprint("s.n", i)
		f, err := whisper.Open(store.Dir(d.Store) + "/" + store.PathOf(d.Store, name))
		if err != nil {
			continue
		}
		now := time.Now().Unix()
		got, err := f.Fetch(whisper.Range{From: d.began - 1, Until: now, Now: now})
		if f.Close(); err != nil {
			d.t.Error(err)
		}
		for n, v := range got.Values {
			if v == 1 {
				found[place{name, got.From + int64(n)}] = true
			}
		}
	}
	return found
}

// tell waits for the far end's answer for a second.
func (d *farDisk) tell(points []string) error {
	d.peer.SetDeadline(time.Now().Add(time.Second))
	_, err := io.WriteString(d.peer, strings.Join(points, "")+"\n")
	if err == nil {
		_, err = d.peer.Read(make([]byte, 1))
	}
	return err
}

// serveDisk takes batches, each with an empty line behind, and answers.
func serveDisk(c net.Conn, take func(string)) {
	lines := bufio.NewReader(c)
	var points []string
	for {
		text, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		if text != "\n" {
			points = append(points, strings.TrimSuffix(text, "\n"))
			continue
		}
		for _, p := range points {
			take(p)
		}
		points = nil
		if _, err := c.Write([]byte{'.'}); err != nil {
			return
		}
	}
}
