package receive_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/tenant"
)

// TestSamplesKeepTheLastOfEachReason: of one that comes often, and of one that came
// once, long before.
func TestSamplesKeepTheLastOfEachReason(t *testing.T) {
	s := receive.NewSamples()
	at := time.Unix(1_700_000_000, 0)
	s.Add(receive.Sample{At: at, Reason: metric.Name, Text: "once"})
	for i := range 100 {
		s.Add(receive.Sample{At: at.Add(time.Duration(1+i) * time.Second), Reason: metric.Value, Text: fmt.Sprint(i)})
	}
	var got []string
	for _, x := range s.Last() {
		got = append(got, x.Text)
	}
	s.Add(receive.Sample{At: at, Reason: metric.Name, Listener: "other", Text: "elsewhere"})
	if of := s.Of("other"); len(of) != 1 || of[0].Text != "elsewhere" {
		t.Errorf("got %v, want what the other listener has", of)
	}
	if text := strings.Join(got, " "); text != "99 98 97 96 95 94 93 92 once" {
		t.Errorf("got %s, want the last eight, newest first, and the one of the other reason", text)
	}
}

func TestSamplesCanBeForgotten(t *testing.T) {
	s := receive.NewSamples()
	s.Add(receive.Sample{Reason: metric.Name})
	s.Forget()
	if got := s.Last(); got != nil {
		t.Errorf("got %v, want none", got)
	}
}

func TestNoSamplesAreKeptWithoutAPlaceForThem(t *testing.T) {
	var s *receive.Samples
	s.Add(receive.Sample{Reason: metric.Name})
	s.Watch(func(receive.Sample) {})()
	if got := s.Last(); got != nil {
		t.Errorf("got %v, want none", got)
	}
}

func TestAWatcherIsToldUntilItStops(t *testing.T) {
	s := receive.NewSamples()
	var first, second []string
	stop := s.Watch(func(x receive.Sample) { first = append(first, x.Text) })
	s.Watch(func(x receive.Sample) { second = append(second, x.Text) })
	s.Add(receive.Sample{Text: "a"})
	stop()
	s.Add(receive.Sample{Text: "b"})
	if a, b := strings.Join(first, " "), strings.Join(second, " "); a != "a" || b != "a b" {
		t.Errorf("got %q and %q, want %q and %q", a, b, "a", "a b")
	}
}

// TestBadInputIsSampled by each door, with who sent it and why it was not taken.
func TestBadInputIsSampled(t *testing.T) {
	tests := []struct {
		protocol, in string
		reason       metric.Reason
		text         string
	}{
		{"line", acmeKey + ".servers.a x 1700000000\n", metric.Value, "***.servers.a x 1700000000"},
		{"line", "stranger-key.servers.a 1 1700000000\n", metric.UnknownTenant, "***.servers.a 1 1700000000"},
		{"pickle", frame("garbage"), metric.Pickle, "(7 bytes)"},
		{"pickle", frame(point("stranger-key.a", 0)), metric.UnknownTenant, "***.a 1 1700000001"},
	}
	for _, test := range tests {
		t.Run(test.protocol+" "+string(test.reason), func(t *testing.T) {
			o := optionsOf(newJournal(), test.protocol)
			o.Tenants, o.Samples = tenants(t, tenant.Drop), receive.NewSamples()
			_ = receive.Handle(t.Context(), o, newPool(), strings.NewReader(test.in))
			got := o.Samples.Last()
			if len(got) != 1 || got[0].Reason != test.reason || got[0].Text != test.text {
				t.Fatalf("got %+v, want one of reason %s, %q", got, test.reason, test.text)
			}
			if got[0].Peer == "" || got[0].Listener == "" || got[0].At.IsZero() {
				t.Errorf("got %+v, want to know who, where and when", got[0])
			}
		})
	}
}

// TestAFloodOfBadInputIsSampledNowAndThen, once what is kept is full: more of it while
// somebody watches.
func TestAFloodOfBadInputIsSampledNowAndThen(t *testing.T) {
	const pieces = 20
	flood := func(s *receive.Samples) {
		synctest.Test(t, func(t *testing.T) {
			o := options(newJournal())
			o.Samples = s
			for range pieces {
				_ = receive.Handle(t.Context(), o, newPool(), strings.NewReader(strings.Repeat("bad\n", 10)))
				time.Sleep(10 * time.Millisecond)
			}
		})
	}
	const kept = 8
	s := receive.NewSamples()
	flood(s)
	times := map[time.Time]bool{}
	for _, x := range s.Last() {
		times[x.At] = true
	}
	if len(s.Last()) != kept || len(times) != 4 { // three later ones have come in the place of three of the first
		t.Errorf("in 200 ms got %d samples at %d times, want %d at 4", len(s.Last()), len(times), kept)
	}
	watched := 0
	s = receive.NewSamples()
	defer s.Watch(func(receive.Sample) { watched++ })()
	if flood(s); watched != kept+pieces-1 {
		t.Errorf("in %d pieces a watcher got %d samples, want %d and one of each later piece", pieces, watched, kept)
	}
}

func BenchmarkBadLines(b *testing.B) {
	text := strings.Repeat("servers.host-0042.cpu.core-03.user x 1700000000\n", 2000)
	for _, samples := range []*receive.Samples{nil, receive.NewSamples()} {
		b.Run(fmt.Sprintf("samples=%t", samples != nil), func(b *testing.B) {
			o := options(newJournal())
			o.Samples = samples
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				_ = receive.Handle(b.Context(), o, newPool(), strings.NewReader(text))
			}
		})
	}
}
