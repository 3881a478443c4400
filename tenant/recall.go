package tenant

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"slices"
)

// recall remembers in bounded memory which first nodes are keys and which are
// not, so that few have to be digested. It finds them by a hash that senders cannot
// foresee. Of those that are no keys it keeps that hash alone.
type recall struct {
	edition *edition // to which all of this applies
	seed    maphash.Seed

	hints  [64]*remembered // by how lines begin: the key that was found in front last; mostly right
	hashes [32][4]uint64   // of keys
	keys   [32][4]remembered
	last   *remembered // found last
	others [512][8]uint64
	turn   uint8 // which of a set is replaced next
}

// remembered is one key as it was sent.
type remembered struct {
	holder *holder
	size   int
	text   [72]byte // longer keys are not remembered
}

// of returns the recall for e, which is r if it is for that already.
func (r *recall) of(e *edition) *recall {
	if r != nil && r.edition == e {
		return r
	}
	return &recall{edition: e, seed: maphash.MakeSeed()}
}

// find returns whose key the first node of text is, nil if it is nobody's, and its
// length.
func (r *recall) find(text []byte) (*holder, int) {
	if len(text) < 16 {
		return r.search(text)
	}
	first, second := binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[8:])
	hint := &r.hints[(first*0x9e3779b97f4a7c15^second)*0xbf58476d1ce4e5b9>>58]
	if k := *hint; k != nil && k.size < len(text) && text[k.size] == '.' && same(text[:k.size], k.text[:k.size]) {
		return k.holder, k.size
	}
	h, size := r.search(text)
	if h != nil {
		*hint = r.last
	}
	return h, size
}

// search is find for keys that are not in front all the time.
func (r *recall) search(text []byte) (*holder, int) {
	node := before(text[:min(len(text), longestKey+1)], '.')
	if len(node) < shortestKey {
		return nil, 0
	}
	hash := r.hash(node)
	if h := r.known(node, hash); h != nil {
		return h, len(node) // no known key has the ends in it that are looked for below
	}
	if cut := before(before(node, ' '), ';'); len(cut) < len(node) {
		node, hash = cut, r.hash(cut)
	}
	if len(node) < shortestKey || len(node) > longestKey {
		return nil, 0
	}
	return r.digest(node, hash), len(node)
}

func (r *recall) hash(node []byte) uint64 { return maphash.Bytes(r.seed, node) | 1 } // 0 is an empty place

// known returns whose key node is, if it is remembered.
func (r *recall) known(node []byte, hash uint64) *holder {
	set := hash >> 32 % uint64(len(r.keys))
	for i, known := range &r.hashes[set] {
		if known != hash {
			continue
		}
		if k := &r.keys[set][i]; k.size == len(node) && same(node, k.text[:k.size]) {
			r.last = k
			return k.holder
		}
	}
	return nil
}

// digest returns whose key node is, and remembers that.
func (r *recall) digest(node []byte, hash uint64) *holder {
	if h := r.known(node, hash); h != nil {
		return h
	}
	others := &r.others[hash>>32%uint64(len(r.others))]
	if slices.Contains(others[:], hash) {
		return nil
	}
	h, _ := r.edition.find(node)
	r.turn++
	if h == nil {
		others[r.turn%8] = hash
		return nil
	}
	set := hash >> 32 % uint64(len(r.keys))
	if k := &r.keys[set][r.turn%4]; len(node) <= len(k.text) {
		r.hashes[set][r.turn%4] = hash
		k.holder, k.size = h, copy(k.text[:], node)
		r.last = k
	}
	return h
}

// before returns what text has before end, or all of it.
func before(text []byte, end byte) []byte {
	if i := bytes.IndexByte(text, end); i >= 0 {
		return text[:i]
	}
	return text
}
