package remotewrite

import (
	"hash/maphash"

	wire "github.com/plumbago/plumbago/wire/remotewrite"
)

// series is one at the far end. Names that mean the same share it.
type series struct {
	wire.Series
	key    string // of the cache: the tenant and the labels
	tenant string
	shard  int

	turn  uint64 // of its shard, in which it was met last
	place int32  // among those of that turn
}

// meaning is what a name stands for.
type meaning struct {
	series *series
	scale  float64
	fate   reason // "": the point is to be sent
}

// cache remembers what names mean, in two generations: when the younger has half of
// the bytes it takes the place of the older, which is forgotten but for what is asked
// for again.
type cache struct {
	namer   namer
	version wire.Version
	shards  int
	seed    maphash.Seed
	bound   int // of a generation, in bytes
	metrics metrics

	young, old generation
	labels     []byte // being written
}

type generation struct {
	names   map[string]meaning
	series  map[string]*series
	symbols []map[string]*wire.Symbol // of each shard
	bytes   int
}

// What an entry takes, about, besides its texts: itself and its place in a map that is
// not full.
const (
	perName   = 112
	perSeries = 208
	perSymbol = 104
	perRef    = 8
)

func newCache(o Options, n namer, m metrics) *cache {
	c := &cache{namer: n, version: o.Version, shards: o.Shards, seed: maphash.MakeSeed(), bound: o.Cache / 2, metrics: m}
	c.young, c.old = c.empty(), c.empty()
	return c
}

func (c *cache) empty() generation {
	g := generation{names: map[string]meaning{}, series: map[string]*series{}, symbols: make([]map[string]*wire.Symbol, c.shards)}
	for i := range g.symbols {
		g.symbols[i] = map[string]*wire.Symbol{}
	}
	return g
}

// turn forgets if there is too much. It is called between batches only: within one, a
// series and a symbol is there once.
func (c *cache) turn() {
	if c.young.bytes > c.bound {
		c.old, c.young = c.young, c.empty()
	}
	c.metrics.cache.Set(float64(c.young.bytes + c.old.bytes))
}

// find returns what a name means.
func (c *cache) find(name []byte) meaning {
	if m, ok := c.young.names[string(name)]; ok {
		return m
	}
	return c.learn(string(name))
}

func (c *cache) learn(name string) meaning {
	m, ok := c.old.names[name]
	if !ok {
		m = c.mean(name)
	} else if m.series != nil {
		m.series = c.keep(m.series)
	}
	c.young.names[name] = m
	c.young.bytes += len(name) + perName
	return m
}

// mean applies the rules.
func (c *cache) mean(name string) meaning {
	c.metrics.mapped.Inc()
	id := c.namer.identify(name)
	if id.fate != "" {
		return meaning{fate: id.fate}
	}
	c.labels = append(append(c.labels[:0], id.tenant...), 0)
	c.labels = wire.AppendLabels(c.labels, id.labels)
	m := meaning{scale: id.scale}
	if m.series = c.young.series[string(c.labels)]; m.series != nil {
		return m
	}
	if m.series = c.old.series[string(c.labels)]; m.series == nil {
		m.series = c.make(id, string(c.labels))
	}
	m.series = c.keep(m.series)
	return m
}

func (c *cache) make(id identity, key string) *series {
	s := &series{key: key, tenant: key[:len(id.tenant)], shard: int(maphash.String(c.seed, key) % uint64(c.shards))}
	s.Labels = key[len(id.tenant)+1:]
	if c.version == wire.V1 {
		return s
	}
	for _, l := range id.labels {
		s.Refs = append(s.Refs, wire.NewSymbol(l.Name), wire.NewSymbol(l.Value))
	}
	if id.help != "" {
		s.Help = wire.NewSymbol(id.help)
	}
	return s
}

// keep puts a series and its symbols into the young generation.
func (c *cache) keep(s *series) *series {
	if c.young.series[s.key] == s {
		return s
	}
	c.young.series[s.key] = s
	c.young.bytes += len(s.key) + perSeries + len(s.Refs)*perRef
	for i, symbol := range s.Refs {
		s.Refs[i] = c.symbol(s.shard, symbol)
	}
	if s.Help != nil {
		s.Help = c.symbol(s.shard, s.Help)
	}
	return s
}

// symbol returns the one that stands for its text in a shard.
func (c *cache) symbol(shard int, s *wire.Symbol) *wire.Symbol {
	text := s.Text()
	known, ok := c.young.symbols[shard][text]
	if ok {
		return known
	}
	if known, ok = c.old.symbols[shard][text]; !ok {
		known = s
	}
	c.young.symbols[shard][text] = known
	c.young.bytes += len(text) + perSymbol
	return known
}
