package hashring

import (
	"crypto/md5"
	"encoding/binary"
	"math/bits"
)

// hashOf returns what a kind of ring hashes names and nodes with, or nil.
func hashOf(kind string) func(text []byte) int64 {
	switch kind {
	case CarbonCH, FastCarbonCH:
		return hashCarbon
	case FNV1aCH, FastFNV1aCH:
		return hashFNV1a
	case MMH3CH, FastMMH3CH:
		return hashMMH3
	case Jump:
		return hashJump
	}
	return nil
}

// hashCarbon is the first two bytes of the MD5.
func hashCarbon(text []byte) int64 {
	sum := md5.Sum(text)
	return int64(binary.BigEndian.Uint16(sum[:]))
}

// hashFNV1a is the 32-bit FNV-1a, folded to 16 bits.
func hashFNV1a(text []byte) int64 {
	h := fnv1a32(text)
	return int64(h>>16 ^ h&0xffff)
}

func fnv1a32(text []byte) uint32 {
	h := uint32(0x811c9dc5)
	for _, c := range text {
		h = (h ^ uint32(c)) * 0x01000193
	}
	return h
}

// hashJump is the 64-bit FNV-1a.
func hashJump(text []byte) int64 {
	h := uint64(0xcbf29ce484222325)
	for _, c := range text {
		h = (h ^ uint64(c)) * 0x100000001b3
	}
	return int64(h)
}

// The multipliers of MurmurHash3.
const (
	murmur1 = 0xcc9e2d51
	murmur2 = 0x1b873593
)

// hashMMH3 is the MurmurHash3 for 32-bit machines with the seed 0, as a signed
// number.
func hashMMH3(text []byte) int64 {
	var h uint32
	rest := text
	for ; len(rest) >= 4; rest = rest[4:] {
		h ^= murmurBlock(binary.LittleEndian.Uint32(rest))
		h = bits.RotateLeft32(h, 13)*5 + 0xe6546b64
	}
	var tail uint32
	for i, c := range rest {
		tail |= uint32(c) << (8 * i)
	}
	h ^= murmurBlock(tail) ^ uint32(len(text))
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return int64(int32(h ^ h>>16))
}

func murmurBlock(k uint32) uint32 { return bits.RotateLeft32(k*murmur1, 15) * murmur2 }
