package pickle_test

import (
	"fmt"
	"strconv"
	"syscall"
	"testing"

	"github.com/plumbago/plumbago/wire/pickle"
)

func cpuNow() int64 {
	var r syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &r)
	return r.Utime.Nano() + r.Stime.Nano()
}

func TestCPU(t *testing.T) {
	for i, f := range [][]byte{protocol0(), protocol2(), protocol4()} {
		var d pickle.Decoder
		best := int64(1 << 60)
		for range 40 {
			s := cpuNow()
			for range 100 {
				d.Decode(f, now)
			}
			best = min(best, cpuNow()-s)
		}
		fmt.Println(i, float64(best)/100/perFrame, "cpu-ns/point")
	}
	var buf []byte
	best := int64(1 << 60)
	for range 30 {
		s := cpuNow()
		for i := range 50000 {
			buf = strconv.AppendFloat(buf[:0], float64(i)*3.25+0.5, 'f', -1, 64)
		}
		best = min(best, cpuNow()-s)
	}
	fmt.Println("appendfloat", float64(best)/50000, "cpu-ns")
}
func TestP4(t *testing.T) {
	var d pickle.Decoder
	f := protocol4()
	for range 30000 {
		d.Decode(f, now)
	}
}
