package remotewrite

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"unicode"
	"unicode/utf8"

	"github.com/plumbago/plumbago/internal/mapping"
	"github.com/plumbago/plumbago/internal/post"
	wire "github.com/plumbago/plumbago/wire/remotewrite"
)

func (o *Options) check() error {
	switch {
	case o.Version != wire.V1 && o.Version != wire.V2:
		return fmt.Errorf("version %d: there are 1 and 2", o.Version)
	case o.Shards < 1 || o.Shards > mostShards:
		return fmt.Errorf("shards: want 1 to %d, got %d", mostShards, o.Shards)
	case o.Cache < 0 || o.MaxBatch < 0 || o.Interval < 0 || o.Timeout < 0:
		return errors.New("cache, batch, interval, timeout: none can be negative")
	case o.Tenant != "" && o.Tenants:
		return errors.New("tenant: the points are those of many, and it names one for all")
	case !isValue(o.Tenant):
		return errors.New("tenant: it has a character that no header can hold")
	}
	return nil
}

// readRules reads the file of rules and tells what does nothing in it.
func readRules(o Options) (*mapping.Rules, error) {
	if o.Mapping == "" {
		return &mapping.Rules{}, nil
	}
	info, err := os.Stat(o.Mapping)
	if err == nil && info.Size() > mostMappingBytes {
		err = fmt.Errorf("%q has more than %d bytes", o.Mapping, mostMappingBytes)
	}
	var data []byte
	if err == nil {
		data, err = os.ReadFile(o.Mapping)
	}
	if err != nil {
		return nil, fmt.Errorf("mapping: %w", err)
	}
	rules, err := mapping.Parse(data)
	if err != nil {
		return nil, fmt.Errorf("mapping: %q: %w", o.Mapping, err)
	}
	for _, note := range rules.Notes {
		o.Logger.Info("mapping file", "note", note)
	}
	return rules, nil
}

// isValue reports whether a header can hold text.
func isValue(text string) bool {
	for _, r := range text {
		if r < ' ' || r == utf8.RuneError || unicode.IsControl(r) {
			return false
		}
	}
	return true
}

// warn tells of what leaves points or secrets open to others.
func warn(o Options) {
	u, err := url.Parse(o.URL)
	if err != nil {
		return
	}
	switch {
	case o.TLS.InsecureSkipVerify:
		o.Logger.Warn("the far end's certificate is not verified: whoever gets between can read and change everything", "addr", u.Host)
	case o.Access.shows() && u.Scheme == "http" && !post.IsLocal(u.Hostname()):
		o.Logger.Warn("what shows who sends goes without TLS: whoever gets between can read it", "addr", u.Host)
	}
}
