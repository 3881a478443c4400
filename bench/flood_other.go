//go:build !linux

package main

import "errors"

// hose needs sendmmsg.
type hose struct{}

func newHose(string) (*hose, error) {
	return nil, errors.New("send many datagrams at once: this needs Linux")
}
func (*hose) send([]piece) (int, error) { return 0, errors.ErrUnsupported }
func (*hose) close()                    {}
