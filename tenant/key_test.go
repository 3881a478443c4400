package tenant_test

import (
	"bytes"
	"testing"

	"github.com/plumbago/plumbago/tenant"
)

func TestSameSeesEveryBit(t *testing.T) {
	for n := 8; n < 80; n++ {
		a := bytes.Repeat([]byte{0x5a}, n)
		if !tenant.Same(a, bytes.Clone(a)) {
			t.Errorf("%d equal bytes: got different", n)
		}
		for bit := range 8 * n {
			b := bytes.Clone(a)
			b[bit/8] ^= 1 << (bit % 8)
			if tenant.Same(a, b) {
				t.Errorf("%d bytes that differ in bit %d: got equal", n, bit)
			}
		}
	}
}

func BenchmarkSame(b *testing.B) {
	x, y := []byte(keyOf(1)), []byte(keyOf(1))
	b.SetBytes(int64(len(x)))
	b.ReportAllocs()
	for b.Loop() {
		tenant.Same(x, y)
	}
}
