// Package register registers metrics that several parts of a program share.
package register

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

// Once registers c and returns it, or what was registered of that name before. With
// a nil registerer c is counted and not shown. It panics if two metrics of one name
// differ.
func Once[C prometheus.Collector](r prometheus.Registerer, c C) C {
	if r == nil {
		return c
	}
	var already prometheus.AlreadyRegisteredError
	err := r.Register(c)
	if errors.As(err, &already) {
		return already.ExistingCollector.(C)
	}
	if err != nil {
		panic(err)
	}
	return c
}
