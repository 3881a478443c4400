//go:build !linux

package main

import (
	"context"
	"errors"
	"os"
)

func (g *growth) measureElsewhere(context.Context, *trend) error {
	return errors.New("measure a queue: this needs Linux")
}

func growthGround(_ context.Context, dir string, _ bool) (string, error) { return dir, nil }

func roomFor(string, int64, int64) error { return nil }

func cloneRange(*os.File, *os.File, span) error { return errors.ErrUnsupported }
