package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// far is a destination: what is promised for it.
type far struct {
	*sink
	limited bool // it may drop for want of room, and what is too old
	comes   bool // reloads add and remove it
}

// draft is a configuration of the gateway, drawn anew for each reload.
type draft struct {
	doors, admin, disk string
	fars               []*far
	with               bool // the destinations that come and go
	rng                *rand.Rand
	broken             bool // it has a mistake, and must be refused
}

// text writes it. What it draws changes nothing that is promised.
func (d draft) text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "data_dir: %q\nreceive:\n%sadmin: {listen: \"tcp://%s\"}\n", d.disk, d.doors, d.admin)
	fmt.Fprintf(&b, "log: {level: %s}\n", one(d.rng, "info", "warn", "debug"))
	fmt.Fprintf(&b, "queue: {sync: %s, replay_rate: %s}\n", one(d.rng, "1s", "100ms", "always", "never"), one(d.rng, "unlimited", "100000"))
	var names []string
	for _, f := range d.fars {
		if !f.comes || d.with {
			names = append(names, f.name)
		}
	}
	fmt.Fprintf(&b, "route:\n  - {to: [%s]}\ndeliver:\n", strings.Join(names, ", "))
	for _, f := range d.fars {
		if !f.comes || d.with {
			fmt.Fprintf(&b, "  - {name: %s, %s}\n", f.name, d.destination(f))
		}
	}
	if d.broken {
		b.WriteString("rout: [nowhere\n")
	}
	return b.String()
}

func (d draft) destination(f *far) string {
	queue := "{when_full: block, max_bytes: 1GiB}"
	if f.limited {
		queue = fmt.Sprintf("{when_full: %s, max_bytes: %d, max_age: 10m}", one(d.rng, "drop_oldest", "drop_oldest", "reject"), limitedBytes)
	}
	if f.protocol == "http" {
		return fmt.Sprintf(`type: hostedgraphite, address: "http://%s", key: torture-key, timeout: 3s, interval: %s, batch: %s, compress: %s, queue: %s`,
			f.address, one(d.rng, "50ms", "500ms"), one(d.rng, "32KiB", "512KiB"), one(d.rng, "true", "false"), queue)
	}
	return fmt.Sprintf(`type: carbon, address: "tcp://%s", protocol: %s, max_connection_age: %s, user_timeout: %s, replay_margin: %s, queue: %s`,
		f.address, f.protocol, one(d.rng, "0", "2s", "20s"), one(d.rng, "3s", "10s"), one(d.rng, "5s", "5s", "8s"), queue)
}

// write puts the configuration in the place of the one before, as a whole.
func (d draft) write(path string) error {
	if err := os.WriteFile(path+".new", []byte(d.text()), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func one(rng *rand.Rand, of ...string) string { return of[rng.IntN(len(of))] }

// freeAddress returns an address on loopback that is free for TCP and UDP, below
// the range that the kernel gives to outgoing connections.
func freeAddress(rng *rand.Rand) string {
	for {
		address := fmt.Sprintf("127.0.0.1:%d", 10_000+rng.IntN(22_000))
		l, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		l.Close()
		if p, err := net.ListenPacket("udp", address); err == nil {
			p.Close()
			return address
		}
	}
}

// configPath is where the gateway's configuration is.
func configPath(dir string) string { return filepath.Join(dir, "plumbago.yml") }
