package register_test

import (
	"testing"

	"github.com/plumbago/plumbago/internal/register"
	"github.com/prometheus/client_golang/prometheus"
)

func counter(help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Name: "n", Help: help})
}

func TestOnce(t *testing.T) {
	r := prometheus.NewRegistry()
	first := register.Once(r, counter("h"))
	if again := register.Once(r, counter("h")); again != first {
		t.Error("got another counter of the same name, want the first")
	}
	if c := counter("h"); register.Once(nil, c) != c {
		t.Error("without a registerer: got another counter, want the same")
	}
}

func TestOncePanicsWhereMetricsDiffer(t *testing.T) {
	r := prometheus.NewRegistry()
	register.Once(r, counter("h"))
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	register.Once(r, counter("another"))
}
