package config

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Size is a number of bytes.
type Size int64

var sizeUnits = []struct {
	suffix string
	bytes  int64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1}, {"", 1},
}

// String writes the size with the largest binary unit that divides it.
func (s Size) String() string {
	for i := 3; i >= 0; i-- {
		if u := sizeUnits[i]; s != 0 && int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.suffix
		}
	}
	return strconv.FormatInt(int64(s), 10) + "B"
}

func parseSize(text string) (Size, error) {
	for _, u := range sizeUnits {
		digits, ok := strings.CutSuffix(text, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(digits), 10, 63)
		if err != nil || n > uint64(math.MaxInt64/u.bytes) {
			return 0, errors.New("want a size")
		}
		return Size(int64(n) * u.bytes), nil
	}
	return 0, errors.New("want a size")
}

// parseDuration reads what time.ParseDuration does, and whole days in front.
func parseDuration(text string) (time.Duration, error) {
	const day = 24 * time.Hour
	want := errors.New("want a duration")
	if text == "0" {
		return 0, nil
	}
	var total time.Duration
	if days, rest, ok := strings.Cut(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 15)
		if err != nil {
			return 0, want
		}
		if total = time.Duration(n) * day; rest == "" {
			return total, nil
		}
		text = rest
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || total+d < total {
		return 0, want
	}
	return total + d, nil
}

// parsePrefix reads a range of addresses, or one address.
func parsePrefix(text string) (netip.Prefix, error) {
	if !strings.Contains(text, "/") {
		a, err := netip.ParseAddr(text)
		if err != nil || a.Zone() != "" {
			return netip.Prefix{}, errors.New("want an address")
		}
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil || p.Addr().Is4In6() {
		return netip.Prefix{}, errors.New("want a range of addresses")
	}
	return p, nil
}

// SyncMode says when a queue is synced to the disk.
type SyncMode string

// The ways to sync.
const (
	SyncEvery  SyncMode = "every"
	SyncAlways SyncMode = "always"
	SyncNever  SyncMode = "never"
)

// Sync is when a queue is synced to the disk.
type Sync struct {
	Mode  SyncMode
	Every time.Duration // with SyncEvery, at least a millisecond
}

// String writes s as the file does.
func (s Sync) String() string {
	if s.Mode == SyncEvery {
		return s.Every.String()
	}
	return string(s.Mode)
}

func parseSync(text string) (Sync, error) {
	if m := SyncMode(text); m == SyncAlways || m == SyncNever {
		return Sync{Mode: m}, nil
	}
	every, err := parseDuration(text)
	if err != nil || every < time.Millisecond {
		return Sync{}, errors.New("want always, never or a duration of 1ms or more")
	}
	return Sync{SyncEvery, every}, nil
}

// Rate is a number of points a second.
type Rate int

// Unlimited is no limit at all.
const Unlimited Rate = -1

// String writes r as the file does.
func (r Rate) String() string {
	if r < 0 {
		return "unlimited"
	}
	return strconv.Itoa(int(r))
}

func parseRate(text string) (Rate, error) {
	if text == "unlimited" {
		return Unlimited, nil
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || n == 0 {
		return 0, errors.New("want unlimited, or a number of points a second from 1")
	}
	return Rate(n), nil
}

func parseLevel(text string) (Level, error) {
	levels := map[string]Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	l, ok := levels[text]
	if !ok {
		return 0, errors.New("want debug, info, warn or error")
	}
	return l, nil
}

// Secret is a text that is used but never shown: however it is printed, logged or
// encoded, it is ***.
type Secret string

const hidden = "***"

// Reveal returns the text itself.
func (s Secret) Reveal() string { return string(s) }

// String hides the text.
func (s Secret) String() string { return hidden }

// GoString hides the text.
func (s Secret) GoString() string { return hidden }

// Format hides the text from every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// MarshalText hides the text from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// MarshalJSON hides the text from JSON.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// MarshalYAML hides the text from YAML.
func (s Secret) MarshalYAML() (any, error) { return hidden, nil }

// LogValue hides the text from logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }
