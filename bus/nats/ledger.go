package nats

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"strings"
	"sync"

	"github.com/nats-io/nats.go/jetstream"
)

const (
	idBytes    = 16
	mostStored = 1 << 16 // ids that are remembered
	ledgerHead = "plumbago nats stored 1"
)

// id tells messages apart: by their Nats-Msg-Id, or by their place in the stream.
type id [idBytes]byte

func idOf(m jetstream.Msg) (i id) {
	text := m.Headers().Get(jetstream.MsgIDHeader)
	if len(text) == 2*idBytes {
		if _, err := hex.Decode(i[:], []byte(text)); err == nil {
			return i
		}
	}
	if text == "" {
		text = m.Reply() // which differs each time: it is never repeated
	}
	sum := sha256.Sum256([]byte(text))
	return id(sum[:idBytes])
}

// ledger remembers the last messages that were stored, so that those that come again
// because their acknowledgement was lost are not stored twice. It is noted before a
// message is acknowledged. All its methods may be called at once.
type ledger struct {
	mu    sync.Mutex
	known map[id]struct{}
	ring  []id // in order, from next on
	next  int
	notes *notes
}

// openLedger remembers in the folder dir what receiver name has stored; in memory alone
// without one.
func openLedger(dir, name string) (*ledger, error) {
	path := ""
	if dir != "" {
		path = filepath.Join(dir, name+".stored")
	}
	n, lines, err := openNotes(path, ledgerHead, mostStored)
	if err != nil {
		return nil, err
	}
	l := &ledger{notes: n, known: make(map[id]struct{}, len(lines))}
	for _, text := range lines {
		var i id
		if n, err := hex.Decode(i[:], []byte(text[:min(len(text), 2*idBytes)])); err == nil && n == idBytes {
			l.remember(i)
		}
	}
	return l, nil
}

func (l *ledger) has(i id) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.known[i]
	return ok
}

// add remembers messages. That the disk does not take it is no error: they may then be
// stored twice.
func (l *ledger) add(stored []*delivery) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var text strings.Builder
	for _, d := range stored {
		l.remember(d.id)
		text.WriteString(hex.EncodeToString(d.id[:]))
		text.WriteByte('\n')
	}
	_ = l.notes.add(text.String(), len(stored), l.lines)
}

func (l *ledger) remember(i id) {
	if _, ok := l.known[i]; ok {
		return
	}
	l.known[i] = struct{}{}
	if len(l.ring) < mostStored {
		l.ring = append(l.ring, i)
		return
	}
	delete(l.known, l.ring[l.next])
	l.ring[l.next] = i
	l.next = (l.next + 1) % mostStored
}

// lines lists what is remembered, in order.
func (l *ledger) lines() []string {
	list := make([]string, 0, len(l.ring))
	for n := range l.ring {
		i := l.ring[(l.next+n)%len(l.ring)]
		list = append(list, hex.EncodeToString(i[:]))
	}
	return list
}

func (l *ledger) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.notes.close()
}
