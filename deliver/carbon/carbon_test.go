package carbon_test

import (
	"context"
	"io"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/deliver/carbon"
	"github.com/plumbago/plumbago/deliver/delivertest"
	"github.com/plumbago/plumbago/metric"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestKeepsThePromises(t *testing.T) {
	tests := []struct {
		protocol string
		serve    delivertest.Serve
	}{
		{"line", serveLines},
		{"pickle", servePickles},
	}
	for _, tt := range tests {
		t.Run(tt.protocol, func(t *testing.T) {
			delivertest.Run(t, delivertest.Harness{
				New: func(t *testing.T, address string) deliver.Destination {
					return newDestination(t, carbon.Options{Address: "tcp://" + address, Protocol: tt.protocol})
				},
				Serve: tt.serve,
			})
		})
	}
}

func TestNewChecksItsOptions(t *testing.T) {
	tests := []struct {
		name string
		o    carbon.Options
		want string // part of the error; "" for none
	}{
		{"host", carbon.Options{Address: "tcp://carbon.example.net:2003"}, ""},
		{"IPv6", carbon.Options{Address: "tcp://[2001:db8::1]:2003", Protocol: "pickle"}, ""},
		{"IPv6 with a zone", carbon.Options{Address: "tcp://[fe80::1%eth0]:2003"}, ""},
		{"nothing", carbon.Options{}, `address "" has no scheme: write tcp://host:port`},
		{"no scheme", carbon.Options{Address: "localhost:2003"}, `address "localhost:2003" has no scheme`},
		{"other scheme", carbon.Options{Address: "http://localhost:2003"}, `carbon is reached by tcp, tls or udp, not "http"`},
		{"UDP", carbon.Options{Address: "udp://localhost:2003"}, ""},
		{"no port", carbon.Options{Address: "tcp://localhost"}, "the port is missing"},
		{"empty port", carbon.Options{Address: "tcp://localhost:"}, `port "" is not a number`},
		{"port 0", carbon.Options{Address: "tcp://localhost:0"}, `port "0" is not a number from 1 to 65535`},
		{"port too high", carbon.Options{Address: "tcp://localhost:65536"}, `port "65536" is not`},
		{"path", carbon.Options{Address: "tcp://localhost:2003/"}, `port "2003/" is not`},
		{"IPv6 without brackets", carbon.Options{Address: "tcp://::1:2003"}, "goes in brackets"},
		{"IPv6 without port", carbon.Options{Address: "tcp://[::1]"}, "the port is missing"},
		{"no host", carbon.Options{Address: "tcp://:2003"}, "names no host"},
		{"protocol", carbon.Options{Address: "tcp://a:1", Protocol: "carrier"}, `protocol "carrier": carbon speaks line, pickle and protobuf`},
		{"TLS", carbon.Options{Address: "tls://carbon.example.net:2003"}, ""},
		{"line end", carbon.Options{Address: "tcp://a:1", LineEnd: "\r"}, `line end "\r": lines end with \n or \r\n`},
		{"prefix with a blank", carbon.Options{Address: "tcp://a:1", Prefix: "s3cret key"}, "prefix: a metric name"},
		{"prefix that is not UTF-8", carbon.Options{Address: "tcp://a:1", Prefix: "s3cret\xff"}, "prefix: a metric name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := carbon.New(tt.o)
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("got %v, want no error", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want %q in it", err, tt.want)
			case err != nil && strings.Contains(err.Error(), "s3cret"):
				t.Errorf("got %v, which shows the prefix", err)
			}
		})
	}
}

// exchange sends batches over one connection, ends it in good order and returns
// what the far end read.
func exchange(t *testing.T, network string, o carbon.Options, batches ...metric.Batch) string {
	t.Helper()
	ln := listen(t, network)
	read := make(chan string, 1)
	go func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		all, _ := io.ReadAll(c)
		read <- string(all)
	}()
	o.Address = "tcp://" + ln.Addr().String()
	conn, err := newDestination(t, o).Dial(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		if err := conn.Send(context.Background(), b); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.Close(context.Background()); err != nil {
		t.Errorf("Close: got %v, want nil", err)
	}
	if got := conn.Acked(); got != uint64(len(batches)) {
		t.Errorf("got %d batches acknowledged, want %d", got, len(batches))
	}
	return <-read
}

func TestSendWritesWhatCarbonReads(t *testing.T) {
	one := metric.Batch{Lines: []byte("a.b 1.50 1700000000\nc;t=1 2 1700000000\n"), Points: 2}
	two := metric.Batch{Lines: []byte("d 3 1700000000.25\n"), Points: 1}
	tests := []struct {
		name, network string
		o             carbon.Options
		want          string
	}{
		{"lines", "tcp4", carbon.Options{}, "a.b 1.50 1700000000\nc;t=1 2 1700000000\nd 3 1700000000.25\n"},
		{"lines over IPv6", "tcp6", carbon.Options{Protocol: "line"}, "a.b 1.50 1700000000\nc;t=1 2 1700000000\nd 3 1700000000.25\n"},
		{"prefix", "tcp4", carbon.Options{Prefix: "key"}, "key.a.b 1.50 1700000000\nkey.c;t=1 2 1700000000\nkey.d 3 1700000000.25\n"},
		{"CR LF", "tcp4", carbon.Options{LineEnd: "\r\n"}, "a.b 1.50 1700000000\r\nc;t=1 2 1700000000\r\nd 3 1700000000.25\r\n"},
		{"CR LF and prefix", "tcp4", carbon.Options{LineEnd: "\r\n", Prefix: "key"}, "key.a.b 1.50 1700000000\r\nkey.c;t=1 2 1700000000\r\nkey.d 3 1700000000.25\r\n"},
		{"LF", "tcp4", carbon.Options{LineEnd: "\n"}, "a.b 1.50 1700000000\nc;t=1 2 1700000000\nd 3 1700000000.25\n"},
		{"prefix with a dot", "tcp4", carbon.Options{Prefix: "key."}, "key.a.b 1.50 1700000000\nkey.c;t=1 2 1700000000\nkey.d 3 1700000000.25\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := exchange(t, tt.network, tt.o, one, two); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestSendPicklesWithThePrefix(t *testing.T) {
	b := metric.Batch{Lines: []byte("a.b 1.5 1700000000\nc 2 1700000000\n"), Points: 2}
	got := exchange(t, "tcp6", carbon.Options{Protocol: "pickle", Prefix: "key"}, b, b)
	var points []string
	readPickles(strings.NewReader(got), func(p string) { points = append(points, p) })
	want := "key.a.b 1.5 1700000000,key.c 2 1700000000"
	if joined := strings.Join(points, ","); joined != want+","+want {
		t.Errorf("got %q, want %q twice", joined, want)
	}
}
