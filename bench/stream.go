package main

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
)

// epoch is the timestamp of a series' first point, where nothing else is said; the
// next come every ten seconds.
const (
	epoch    = 1_700_000_000
	interval = 10
)

// prefix begins every name of a stream, and no name of a relay's own statistics.
const prefix = "servers."

// stream is the test stream. Its points are numbered: point n belongs to series
// n modulo the number of series and has the value n + ½, so that whoever sees a
// point knows which one it is, and whether name, value and time still belong
// together.
type stream struct {
	names []string
	epoch int
}

// newStream makes the stream of so many series: a hundred to a host, with names
// as agents make them.
func newStream(series int) stream {
	s := stream{make([]string, series), epoch}
	for i := range s.names {
		host, family, aspect := i/100, i/len(aspects)%len(families), i%len(aspects)
		s.names[i] = fmt.Sprintf("%shost-%05d.%s.%s", prefix, host, families[family], aspects[aspect])
	}
	return s
}

var families = [20]string{
	"cpu.core-00", "cpu.core-01", "cpu.core-02", "cpu.core-03", "disk.sda", "disk.sdb", "net.eth0", "net.eth1",
	"memory", "load", "df.root", "df.var_lib_postgresql", "processes", "tcp.established", "nginx.requests",
	"nginx.upstream.api.latency", "postgres.main.connections", "postgres.main.locks", "jvm.heap.used", "jvm.gc.pause",
}

var aspects = [5]string{"last", "mean", "count", "upper_90", "per_second"}

// under is the stream with front before every name.
func (s stream) under(front string) stream {
	names := make([]string, len(s.names))
	for i, name := range s.names {
		names[i] = front + name
	}
	return stream{names, s.epoch}
}

// from is the stream whose series begin at another time, if it is not 0.
func (s stream) from(epoch int) stream {
	if epoch != 0 {
		s.epoch = epoch
	}
	return s
}

func (s stream) name(n int) string { return s.names[uint32(n)%uint32(len(s.names))] }

func (s stream) time(n int) int { return s.epoch + interval*(n/len(s.names)) }

func value(n int) float64 { return float64(n) + 0.5 }

// appendLine appends point n as a line.
func (s stream) appendLine(dst []byte, n int) []byte {
	dst = append(dst, s.name(n)...)
	dst = append(dst, ' ')
	dst = strconv.AppendInt(dst, int64(n), 10)
	dst = append(dst, ".5 "...)
	dst = strconv.AppendInt(dst, int64(s.time(n)), 10)
	return append(dst, '\n')
}

// parseLine recognises a line at the start of b that is, byte for byte, a point
// of the stream: its number and its size, or size 0 where it is anything else.
func (s stream) parseLine(b []byte) (n, size int) {
	blank := bytes.IndexByte(b, ' ')
	if blank < 0 {
		return 0, 0
	}
	n, i := digits(b, blank+1)
	if i+3 > len(b) || b[i] != '.' || b[i+1] != '5' || b[i+2] != ' ' {
		return 0, 0
	}
	time, end := digits(b, i+3)
	if end == len(b) || b[end] != '\n' || time != s.time(n) || string(b[:blank]) != s.name(n) {
		return 0, 0
	}
	return n, end + 1
}

// digits reads the decimal number at b[from:] and says where it ends.
func digits(b []byte, from int) (n, end int) {
	for end = from; end < len(b) && b[end]-'0' <= 9 && end < from+15; end++ {
		n = n*10 + int(b[end]-'0')
	}
	return n, end
}

// number recognises a point of the stream by its fields, however they were
// written.
func (s stream) number(name []byte, time, v float64) (n int, ok bool) {
	if !(v >= 0.5 && v < math.MaxInt32) {
		return 0, false
	}
	n = int(v)
	return n, v == value(n) && time == float64(s.time(n)) && string(name) == s.name(n)
}
