package slack

import (
	"context"
	"errors"
	"slices"

	"github.com/plumbago/plumbago/metric"
)

const (
	// heldBytes is how much text is held to be sorted while pages are read. Beyond it
	// what was read is stored in the order in which it came: points carry their time.
	heldBytes = 16 << 20
	// storeBytes is how many bytes of points are stored at a time.
	storeBytes = 256 << 10
)

// catchUp reads history from the cursor to its last page, stores the points of what
// it finds, the oldest first, and moves the cursor when all is stored. Whatever the
// order of pages, and wherever it is interrupted, no message is passed over.
func (r *Receiver) catchUp(ctx context.Context, sink Sink) error {
	var h harvest
	from := span{oldest: r.ledger.start()}
	for cursor := ""; ; {
		p, err := r.page(ctx, from, cursor)
		if code(err) == "invalid_cursor" && cursor != "" {
			cursor, h.held, h.size = "", nil, 0 // it has expired; what is stored is known
			continue
		}
		if err != nil {
			return err
		}
		r.gather(&h, p)
		next := p.Metadata.NextCursor
		end := next == "" || next == cursor
		if end || h.size > heldBytes {
			if err := r.take(ctx, sink, h.held); err != nil {
				return err
			}
			h.held, h.size = nil, 0
		}
		if end {
			return r.moved(h.last)
		}
		cursor = next
	}
}

// harvest is what was read and is not stored.
type harvest struct {
	held []message
	size int       // of their texts
	last timestamp // of all messages read
}

func (r *Receiver) gather(h *harvest, p page) {
	for _, m := range p.Messages {
		if m.TS.valid() && m.TS.compare(h.last) > 0 {
			h.last = m.TS
		}
		if r.wanted(&m) {
			h.held, h.size = append(h.held, m), h.size+len(m.Text)
		}
	}
}

func (r *Receiver) moved(last timestamp) error {
	if last == "" {
		return nil
	}
	r.metrics.behind.Set(float64(last.unix()))
	return r.ledger.advance(last)
}

// page reads a page when its turn has come: none while too many messages wait to be
// acknowledged.
func (r *Receiver) page(ctx context.Context, s span, cursor string) (page, error) {
	for r.ledger.unacknowledged() >= mostUnacknowledged {
		if err := sleep(ctx, r.o.CallEvery); err != nil {
			return page{}, err
		}
	}
	if err := r.reading.Wait(ctx); err != nil {
		return page{}, err
	}
	p, err := r.client.history(ctx, r.channel, s, cursor)
	if r.limits.watch(p, err) {
		r.log.Warn("Slack limits this app to 15 messages of history a minute, as it does with apps that are distributed and not in its Marketplace: "+
			"make an app of your own in your own workspace (docs/slack.md says how), or points come late", "channel", r.channel)
	}
	return p, err
}

// wanted reports whether a message is one to be looked into.
func (r *Receiver) wanted(m *message) bool {
	switch {
	case !m.spoken(), r.o.SkipEdited && m.Edited != nil, r.ledger.has(m.TS):
		return false
	case r.o.Ack == React && m.reacted(r.self.User, r.o.Reaction):
		return false
	}
	return true
}

// errNotStored says that the sink did not store what it was given.
var errNotStored = errors.New("points are not stored")

// take stores the points of messages, the oldest first, and enters the messages into
// the ledger. Messages without points are left alone.
func (r *Receiver) take(ctx context.Context, sink Sink, list []message) error {
	r.taking.Lock()
	defer r.taking.Unlock()
	slices.SortFunc(list, func(a, b message) int { return a.TS.compare(b.TS) })
	var b batch
	for i := range list {
		if r.ledger.has(list[i].TS) {
			continue // it came by the socket meanwhile
		}
		r.add(&b, &list[i])
		if len(b.Lines) >= storeBytes {
			if err := r.store(ctx, sink, &b); err != nil {
				return err
			}
		}
	}
	return r.store(ctx, sink, &b)
}

// batch is the points of some messages.
type batch struct {
	metric.Batch
	entries []entry
	ids     map[string]bool
}

func (r *Receiver) add(b *batch, m *message) {
	c := r.reader.read(m)
	if c.Points == 0 {
		r.metrics.left.Inc()
		return
	}
	e := entry{ts: m.TS, id: c.id, owe: r.acks() && (r.o.Ack == React || m.bus(c))}
	b.entries = append(b.entries, e)
	if c.id != "" && (b.ids[c.id] || r.ledger.knows(c.id)) {
		r.metrics.repeated.Inc()
		return
	}
	if b.ids == nil {
		b.ids = map[string]bool{}
	}
	b.ids[c.id] = c.id != ""
	b.Lines = append(b.Lines, c.Lines...)
	b.Points += c.Points
	r.metrics.read.Inc()
	r.metrics.badLines.Add(float64(c.words))
}

func (r *Receiver) store(ctx context.Context, sink Sink, b *batch) error {
	if len(b.entries) == 0 {
		return nil
	}
	if b.Points > 0 {
		if err := sink.Store(ctx, b.Batch); err != nil {
			return errors.Join(errNotStored, err)
		}
	}
	r.metrics.points.Add(float64(b.Points))
	err := r.ledger.enter(b.entries)
	r.metrics.unacknowledged.Set(float64(r.ledger.unacknowledged()))
	*b = batch{Batch: metric.Batch{Lines: b.Lines[:0]}}
	return err
}
