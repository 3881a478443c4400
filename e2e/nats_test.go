package e2e_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const busPassword = "hunter2-of-the-bus"

// natsServer is Debian's nats-server, with JetStream on disk.
type natsServer struct {
	*process
	t       *testing.T
	address string
	config  string
}

func startNATS(t *testing.T) *natsServer {
	t.Helper()
	dir := t.TempDir()
	s := &natsServer{t: t, address: freeAddress(t), config: filepath.Join(dir, "nats.conf")}
	writeFile(t, s.config, fmt.Sprintf("listen: %q\njetstream {store_dir: %q}\n%s",
		s.address, filepath.Join(dir, "js"), users(t)))
	s.start()
	return s
}

// users is the part of contrib/cluster/nats.conf that says who may do what.
func users(t *testing.T) string {
	text, err := os.ReadFile("../contrib/cluster/nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\nauthorization")
	return "authorization" + strings.NewReplacer("$EDGE_PASSWORD", busPassword, "$WORKER_PASSWORD", busPassword).Replace(section)
}

func (s *natsServer) start() {
	s.t.Helper()
	s.process = start(s.t, exec.Command(program(s.t, "nats-server", "nats-server"), "-c", s.config))
	eventually(s.t, 10*time.Second, "nats-server", func() bool { return answers(s.address) })
}

// section is the bus in a configuration.
func (s *natsServer) section(user string) string {
	return fmt.Sprintf(`nats: {servers: ["nats://%s"], login: {user: %s, password: "${env:BUS_PASSWORD}"}, partitions: 8, create: true, replicas: 1, max_bytes: 256MiB}`, s.address, user)
}

// An edge and a worker with Debian's nats-server between them: it is killed and comes
// back, the edge and the worker too, and no point is lost.
func TestNATSBetweenTwoGateways(t *testing.T) {
	t.Parallel()
	server, far := startNATS(t), newSink(t, "line")
	secret := "BUS_PASSWORD=" + busPassword
	edge := startGateway(t, destinations(fmt.Sprintf(`{name: bus, type: nats, %s}`, server.section("edge"))), secret)
	worker := startGatewayWith(t, fmt.Sprintf("  - {protocol: nats, %s, worker: 1 of 1, ack_wait: 1s}\n", server.section("worker")), destinations(fmt.Sprintf(`{name: sink, type: carbon, address: "tcp://%s", protocol: line, replay_margin: 100ms}`, far.address)), secret)

	points := stream{name: "bus"}
	send := func(n int) {
		t.Helper()
		c, err := net.Dial("tcp", edge.line)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if err := points.write(c, n); err != nil {
			t.Fatal(err)
		}
	}
	all := func() bool { return far.distinct() == points.next }
	send(20_000)
	eventually(t, 20*time.Second, "the first points", all)
	server.kill()
	send(20_000)
	eventually(t, 5*time.Second, "the edge knows", func() bool { return strings.Contains(edge.said(), "destination down") })
	server.start()
	eventually(t, 30*time.Second, "the points of the outage", all)
	worker.kill()
	send(20_000)
	edge.awaitDrained("bus", 20*time.Second)
	worker.start()
	eventually(t, 20*time.Second, "what waited in the stream", all)
	edge.stop()
	edge.start()
	send(1000)
	eventually(t, 20*time.Second, "the last points", all)

	edge.awaitDrained("bus", 20*time.Second)
	worker.awaitDrained("sink", 20*time.Second)
	edge.checkIdentity("bus")
	worker.checkIdentity("sink")
	far.checkUndamaged()
	t.Logf("%d of %d points came twice", far.repeated(), points.next)
	checkConnected(t, edge, server)
	checkHidden(t, busPassword, map[string]string{
		"edge": edge.said(), "worker": worker.said(), "metrics": edge.page("/metrics"), "page": edge.page("/status"),
	})
}

// checkConnected compares what is there with the configuration, with the server and
// without.
func checkConnected(t *testing.T, g *gateway, server *natsServer) {
	t.Helper()
	check := func(status int, want string) {
		t.Helper()
		cmd := plumbago(filepath.Dir(g.config), "check", "--connect", g.config)
		cmd.Env = append(cmd.Environ(), g.environment...)
		out, _ := cmd.CombinedOutput()
		if got := cmd.ProcessState.ExitCode(); got != status || !strings.Contains(string(out), want) || strings.Contains(string(out), busPassword) {
			t.Errorf("check --connect: got status %d and %s, want %d and %q", got, out, status, want)
		}
	}
	check(0, "connect: destination bus: as configured")
	server.kill()
	check(1, "connection refused")
}

// The configuration of the servers in contrib/cluster is one that Debian's takes, and
// its users may do what edges and workers do.
func TestTheClustersServerIsGood(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(program(t, "nats-server", "nats-server"), "-t", "-c", "../contrib/cluster/nats.conf")
	cmd.Env = append(cmd.Environ(), "EDGE_PASSWORD="+busPassword, "WORKER_PASSWORD="+busPassword)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("got %v: %s", err, out)
	}
}
