package nats_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/plumbago/plumbago/bus/nats"
	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
)

// serverVariable makes this program a server that keeps its stream in that folder.
const serverVariable = "PLUMBAGO_BENCH_NATS"

// serveAlone is the other process of the benchmark: it ends with its standard input.
func serveAlone(dir string) {
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: dir, NoLog: true, NoSigs: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	go s.Start()
	s.ReadyForConnections(10 * time.Second)
	fmt.Println(s.ClientURL())
	io.Copy(io.Discard, os.Stdin)
	s.Shutdown()
	s.WaitForShutdown()
}

// otherProcess runs a server as a process of its own, and returns its address.
func otherProcess(b *testing.B) string {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), serverVariable+"="+b.TempDir())
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSpace(url)
}

// processor is the time that this process has used of processors.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// counting is a sink that only counts.
type counting struct{ points atomic.Int64 }

func (c *counting) Store(_ context.Context, b metric.Batch) error {
	c.points.Add(int64(b.Points))
	return nil
}

// ordinary is a block as a queue hands it out: of many hosts, at one time.
func ordinary(seed, points int) (b metric.Batch) {
	kinds := []string{"user", "system", "idle", "iowait"}
	for i := range points {
		b.Lines = fmt.Appendf(b.Lines, "servers.host-%04d.cpu.core-%02d.%s %d.%02d %d\n", (seed+i/128)%2000, i/4%32, kinds[i%4], (i*7919)%100, (i*31+seed)%100, 1700000000+seed%60)
		b.Points++
	}
	return b
}

// BenchmarkThrough takes points into a stream and out of it again. The server is another
// process, on file storage; own-ns/point is what this one uses of processors, both ways.
func BenchmarkThrough(b *testing.B) {
	for _, partitions := range []int{1, 64} {
		b.Run(fmt.Sprint(partitions, " partitions"), func(b *testing.B) { through(b, partitions) })
	}
}

func through(b *testing.B, partitions int) {
	bus := nats.Bus{Servers: []string{otherProcess(b)}, Partitions: partitions, Stream: nats.Stream{Create: true, Replicas: 1, MaxBytes: 4 << 30}}
	var blocks []metric.Batch
	for i := range 64 {
		blocks = append(blocks, ordinary(i*31, 5000))
	}
	conn := dial(b, newSender(b, nats.SenderOptions{Bus: bus}))
	var sink counting
	stop := receive(b, nats.ReceiverOptions{Bus: bus}, &sink)
	b.ReportAllocs()
	b.SetBytes(int64(len(blocks[0].Lines)))
	before, sent := processor(b), 0
	for b.Loop() {
		block := blocks[sent%len(blocks)]
		conn.(deliver.Placer).Place(uint64(sent * block.Points))
		if err := conn.Send(b.Context(), block); err != nil {
			b.Fatal(err)
		}
		sent++
	}
	if err := conn.Close(b.Context()); err != nil {
		b.Fatal(err)
	}
	points := sent * blocks[0].Points
	eventually(b, "all points", func() bool { return int(sink.points.Load()) >= points })
	used := processor(b) - before
	stop()
	b.ReportMetric(float64(used.Nanoseconds())/float64(points), "own-ns/point")
	b.ReportMetric(float64(points)/b.Elapsed().Seconds(), "points/s")
}

// BenchmarkSort is what sorting a block by partition, and compressing it, takes.
func BenchmarkSort(b *testing.B) {
	block := ordinary(1, 5000)
	b.Run("partition", func(b *testing.B) {
		name := []byte("servers.host-0042.cpu.core-03.user")
		b.ReportAllocs()
		for b.Loop() {
			nats.Partition(name, 64)
		}
	})
	b.Run("compress", func(b *testing.B) {
		b.SetBytes(int64(len(block.Lines)))
		b.ReportAllocs()
		for b.Loop() {
			nats.Compress(block.Lines)
		}
		b.ReportMetric(float64(len(nats.Compress(block.Lines)))/5000, "B/point")
	})
	b.Run("unpack", func(b *testing.B) {
		data := nats.Compress(block.Lines)
		b.SetBytes(int64(len(block.Lines)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := nats.Unpack(data, "s2"); err != nil {
				b.Fatal(err)
			}
		}
	})
}
