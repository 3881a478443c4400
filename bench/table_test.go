package main

import (
	"strings"
	"testing"
	"time"
)

func TestTable(t *testing.T) {
	flat := scenario{name: plainest, title: "as fast as it goes"}
	low := scenario{name: "low", title: "low", times: true}
	flood := scenario{name: "flood", title: "flood", in: "udp", chunk: 10}
	rest := scenario{name: "rest", title: "rest", rest: 10 * time.Second}
	lossy := made("flood", "b", 300*time.Millisecond, 250_000)
	lossy.Dropped = 24_000
	results := []result{
		made(plainest, "a", 200*time.Millisecond, 0), made(plainest, "a", 100*time.Millisecond, 0), made(plainest, "a", 900*time.Millisecond, 0),
		made(plainest, "b", 600*time.Millisecond, 250_000), made(plainest, floorRole, 100*time.Millisecond, 0),
		made(plainest, "plumbago", 50*time.Millisecond, 0), lossy,
		{Scenario: "rest", Peer: "a", Came: count{Unique: 4}, Rested: usage{CPU: 25 * time.Millisecond, RSS: 7 << 20}},
		{Scenario: "low", Peer: "a", Came: count{Unique: 4, Twice: 1234}, Took: time.Second, Latencies: []int64{4e6, 1e6, 3e6, 2e6, 5e6}},
	}
	var b strings.Builder
	table{[]scenario{flat, flood, low, rest}, []string{"plumbago", "a", "b", floorRole}, results}.print(&b)
	want := `| scenario | relay | s/M | points/s | RSS MB | lost | ÷ best | ÷ floor |
| --- | --- | --: | --: | --: | --: | --: | --: |
| as fast as it goes | plumbago | 0.050 | 1,000,000 | 5 | 0 | 0.25 | 0.50 |
|  | a | 0.200 | 1,000,000 | 5 | 0 | 1.00 | 2.00 |
|  | b | 0.800 | 750,000 | 5 | 250,000 (25 %) | 4.00 | 8.00 |
|  | floor | 0.100 | 1,000,000 | 5 | 0 | 0.50 | 1.00 |
| flood | b | 0.400 | 750,000 | 5 | 250,000 (25 %) | 1.00 | 4.00 |

| milliseconds | median | 99 % | longest |
| --- | --: | --: | --: |
| low: a | 3.0 | 4.0 | 5.0 |

| at rest | RSS MB | ms of processor a second |
| --- | --: | --: |
| rest: a | 7 | 2.50 |

| datagrams | sent a second | dropped by the kernel | by the relay |
| --- | --: | --: | --: |
| flood: b | 100,000 | 24,000 (24 %) | 1,000 (1 %) |

- low, a: 1,234 points came twice, 0 damaged ` + "\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &b, want)
	}
}

func made(scenario, peer string, cpu time.Duration, lost int64) result {
	return result{Scenario: scenario, Peer: peer, Sent: sent{Points: 1_000_000, Took: time.Second}, Came: count{Unique: 1_000_000 - lost},
		Lost: lost, Took: time.Second, Used: usage{CPU: cpu, Peak: 5 << 20}}
}

func TestThousands(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234", -123: "-123"} {
		if got := thousands(n); got != want {
			t.Errorf("thousands(%d): got %q, want %q", n, got, want)
		}
	}
}
