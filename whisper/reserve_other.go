//go:build !linux

package whisper

import "os"

func reserve(f *os.File, size int64) error { return fill(f, size) }
