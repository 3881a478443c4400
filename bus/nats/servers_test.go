package nats_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/plumbago/plumbago/bus/nats"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(serverVariable); dir != "" {
		serveAlone(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

// startServer runs a server with JetStream, or as change says.
func startServer(t testing.TB, change func(*server.Options)) *server.Server {
	t.Helper()
	o := &server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true}
	if change != nil {
		change(o)
	}
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	go s.Start()
	t.Cleanup(func() { stopServer(s) })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server does not get ready")
	}
	return s
}

func stopServer(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

// cluster is some servers with JetStream.
type cluster struct {
	t       testing.TB
	options []*server.Options
	servers []*server.Server
}

func startCluster(t testing.TB, n int) *cluster {
	c := &cluster{t: t, servers: make([]*server.Server, n)}
	ports := freePorts(t, 2*n)
	routes := ""
	for _, p := range ports[n:] {
		routes += fmt.Sprintf("nats://127.0.0.1:%d,", p)
	}
	for i := range n {
		c.options = append(c.options, &server.Options{
			ServerName: fmt.Sprintf("n%d", i), Host: "127.0.0.1", Port: ports[i], JetStream: true,
			StoreDir: filepath.Join(t.TempDir(), "js"), NoLog: true, NoSigs: true,
			Cluster: server.ClusterOpts{Name: "c", Host: "127.0.0.1", Port: ports[n+i]}, Routes: server.RoutesFromStr(routes[:len(routes)-1]),
		})
		c.start(i)
	}
	t.Cleanup(func() {
		for i := range c.servers {
			c.stop(i)
		}
	})
	c.await()
	return c
}

func (c *cluster) start(i int) {
	o := c.options[i].Clone()
	s, err := server.NewServer(o)
	if err != nil {
		c.t.Fatal(err)
	}
	c.servers[i] = s
	go s.Start()
}

func (c *cluster) stop(i int) {
	if c.servers[i] != nil {
		stopServer(c.servers[i])
		c.servers[i] = nil
	}
}

// await waits until there is a leader, and all servers that run are up to date.
func (c *cluster) await() {
	eventually(c.t, "a cluster with a leader", func() bool {
		leader, current := false, true
		for _, s := range c.servers {
			if s == nil {
				continue
			}
			leader = leader || s.JetStreamIsLeader()
			current = current && s.JetStreamIsCurrent()
		}
		return leader && current
	})
}

func (c *cluster) urls() (list []string) {
	for _, o := range c.options {
		list = append(list, fmt.Sprintf("nats://127.0.0.1:%d", o.Port))
	}
	return list
}

func freePorts(t testing.TB, n int) (ports []int) {
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

// single is a bus on one server, with a stream of its own.
func single(s *server.Server) nats.Bus {
	return nats.Bus{Servers: []string{s.ClientURL()}, Partitions: 8, Timeout: 5 * time.Second,
		Stream: nats.Stream{Create: true, Replicas: 1, MaxBytes: 1 << 28}}
}

// connect is a plain client's connection.
func connect(t testing.TB, url string) (*natsgo.Conn, jetstream.JetStream) {
	t.Helper()
	nc, err := natsgo.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return nc, js
}

// eventually waits until something is so.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for range 4000 {
		if is() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("not so after 20 s: %s", what)
}

func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
