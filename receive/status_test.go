package receive_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/receive"
	"github.com/plumbago/plumbago/tenant"
)

func TestStatusCounts(t *testing.T) {
	p, j := newPool(), newJournal()
	o := options(j)
	o.Samples = receive.NewSamples()
	l := listen(t, o, p)
	c := dial(t, l)
	send(t, c, "a 1 1700000000\nbad\nb x 1700000000\nworse\nc 1 1700000000\n")
	p.wait(t, 2)
	s := l.Status()
	if s.Connections != 1 || s.Accepted != 1 || s.Points != 2 || s.Bytes != 55 {
		t.Errorf("got %+v, want 1 connection and 2 points of 55 bytes", s)
	}
	want := map[metric.Reason]uint64{metric.Fields: 2, metric.Value: 1}
	if diff := cmp.Diff(want, s.Rejected); diff != "" {
		t.Errorf("rejected (-want +got):\n%s", diff)
	}
	var texts []string
	for _, sample := range s.Samples {
		texts = append(texts, fmt.Sprint(sample.Reason, " ", sample.Text))
		if sample.Peer != c.LocalAddr().String() || time.Since(sample.At) > time.Minute {
			t.Errorf("got a sample from %q at %v, want one from %q now", sample.Peer, sample.At, c.LocalAddr())
		}
	}
	if diff := cmp.Diff([]string{"fields worse", "value b x 1700000000", "fields bad"}, texts); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
}

func TestStatusStartsAnewWithItsListener(t *testing.T) {
	p, j := newPool(), newJournal()
	for i := range 2 {
		l := listen(t, options(j), p)
		send(t, dial(t, l), "bad\na 1 1700000000\n")
		p.wait(t, i+1)
		l.stop()
		if s := l.Status(); s.Points != 1 || s.Rejected[metric.Fields] != 1 {
			t.Errorf("got %+v, want 1 point and 1 line rejected", s)
		}
	}
}

func TestSamplesOfAFloodAreFewAndCut(t *testing.T) {
	p, j := newPool(), newJournal()
	o := options(j)
	o.Samples = receive.NewSamples()
	l := listen(t, o, p)
	send(t, dial(t, l), strings.Repeat("first\n", 3)+strings.Repeat(strings.Repeat("\x01", 1000)+"\n", 1000)+"a 1 1700000000\n")
	p.wait(t, 1)
	s := l.Status()
	if len(s.Samples) < 5 || len(s.Samples) > 20 || s.Rejected[metric.Fields]+s.Rejected[metric.Name] != 1003 {
		t.Errorf("got %d samples of %v, want a few of 1003", len(s.Samples), s.Rejected)
	}
	for _, sample := range s.Samples {
		if len(sample.Text) > 900 {
			t.Errorf("got a sample of %d bytes, want it cut", len(sample.Text))
		}
	}
}

// TestNoKeyIsInASample sends what is not taken for its form, and what is not let in.
func TestNoKeyIsInASample(t *testing.T) {
	p, j := newPool(), newJournal()
	o := options(j)
	o.Tenants, o.Samples = tenants(t, tenant.Drop), receive.NewSamples()
	l := listen(t, o, p)
	send(t, dial(t, l), acmeKey+".m x 1\n"+acmeKey+"\n"+acmeKey+" 1\nwrong-key-secret.m 1 1700000000\n"+acmeKey+".m 1 1700000000\n")
	p.wait(t, 1)
	eventually(t, "samples of all", func() bool { return len(l.Status().Samples) >= 3 })
	for _, sample := range l.Status().Samples {
		if strings.Contains(sample.Text, "key") {
			t.Errorf("got %q of reason %q, want no key in it", sample.Text, sample.Reason)
		}
	}
}

func BenchmarkRejected(b *testing.B) {
	bad := []byte("not a line\n")
	l := listen(b, receive.Options{Protocol: "line", Address: "tcp://127.0.0.1:0"}, newPool())
	b.SetBytes(int64(len(bad)))
	b.ReportAllocs()
	for b.Loop() {
		l.Reject(metric.Fields, bad)
	}
}
