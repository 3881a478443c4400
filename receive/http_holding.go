package receive

import (
	"errors"
	"io"
)

// holding is the memory of one body. It grows with what has come, never with what
// is announced alone, and is charged to the listener's allowance.
type holding struct {
	rooms   *rooms
	held    *share
	buf     []byte
	charged int
}

// share is what one request has of the listener's allowance.
type share struct {
	of   *allowance
	size int
}

// change moves a part of the share from one size to another. More than there will
// ever be is errTooLarge.
func (s *share) change(from, to int) error {
	size := s.size + to - from
	if to > from && int64(size) > s.of.most {
		return errTooLarge
	}
	if err := s.of.change(from, to); err != nil {
		return err
	}
	s.size = size
	return nil
}

// fill reads src to its end, of which claimed bytes are announced; -1 if that is
// not known. More than most bytes are errTooLarge.
func (h *holding) fill(src io.Reader, claimed int64, most int) error {
	for {
		if len(h.buf) == cap(h.buf) {
			if err := h.grow(claimed); err != nil {
				return err
			}
		}
		n, err := src.Read(h.buf[len(h.buf):cap(h.buf)])
		h.buf = h.buf[:len(h.buf)+n]
		switch {
		case len(h.buf) > most:
			return errTooLarge
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// How much more room a body gets than it has filled.
const (
	growth      = 8
	largeGrowth = 2
	largeBody   = 256 << 10
)

func (h *holding) grow(claimed int64) error {
	size := growth * len(h.buf)
	if len(h.buf) >= largeBody {
		size = largeGrowth * len(h.buf)
	}
	if whole := int(claimed) + 2; claimed >= 0 && whole > len(h.buf) { // a line end and the end fit too
		size = min(size, whole)
	}
	size = roomSize(max(size, 1))
	if err := h.held.change(h.charged, size); err != nil {
		return err
	}
	h.charged = size
	old := h.buf
	h.buf = append(h.rooms.take(size), old...)
	h.rooms.leave(old)
	return nil
}

// release forgets the body.
func (h *holding) release() {
	_ = h.held.change(h.charged, 0)
	h.rooms.leave(h.buf)
	h.buf, h.charged = nil, 0
}

// rooms lends memory for bodies, and keeps a bounded amount of what nobody uses.
type rooms [len(roomSizes)]chan []byte

// roomSizes are the sizes that are kept, and keptRooms how many of each.
var (
	roomSizes = [...]int{4 << 10, 32 << 10, 256 << 10}
	keptRooms = [...]int{64, 64, 16}
)

func newRooms() *rooms {
	r := new(rooms)
	for i, n := range keptRooms {
		r[i] = make(chan []byte, n)
	}
	return r
}

// roomSize returns the size of room that something of this size gets.
func roomSize(size int) int {
	for _, s := range roomSizes {
		if size <= s {
			return s
		}
	}
	return size
}

// take lends empty room of a size that roomSize has returned.
func (r *rooms) take(size int) []byte {
	for i, s := range roomSizes {
		if s != size {
			continue
		}
		select {
		case room := <-r[i]:
			return room
		default:
		}
	}
	return make([]byte, 0, size)
}

func (r *rooms) leave(room []byte) {
	for i, s := range roomSizes {
		if s != cap(room) {
			continue
		}
		select {
		case r[i] <- room[:0]:
		default:
		}
	}
}
