package remotewrite

import (
	"cmp"
	"slices"
	"strings"

	"github.com/plumbago/plumbago/internal/mapping"
	wire "github.com/plumbago/plumbago/wire/remotewrite"
)

// namer says which series a name of Graphite's means.
type namer struct {
	rules   *mapping.Rules
	strict  bool
	tenants bool
}

// identity is a series, or why there is none.
type identity struct {
	tenant string
	labels []wire.Label // sorted by name, with that of the metric
	help   string
	scale  float64
	fate   reason // "": the point is to be sent
}

// identify applies the rules and the policy for characters to a name with its tags.
func (n namer) identify(name string) identity {
	id := identity{scale: 1}
	if n.tenants {
		var ok bool
		if id.tenant, name, ok = cutTenant(name); !ok {
			return identity{fate: noTenant}
		}
	}
	metric, tags, _ := strings.Cut(name, ";")
	o := n.rules.Map(metric)
	switch {
	case o.Drop:
		return identity{fate: dropped}
	case !o.Matched && n.strict:
		return identity{fate: unmatched}
	case o.Matched:
		metric, id.help, id.scale = o.Name, o.Help, o.Scale
	}
	if metric = clean(metric, isNameByte); metric == "" {
		return identity{fate: unnamed}
	}
	id.labels = merge(labelsOf(tags), o)
	id.labels = append(id.labels, wire.Label{Name: "__name__", Value: metric})
	slices.SortFunc(id.labels, byName)
	return id
}

func byName(a, b wire.Label) int { return cmp.Compare(a.Name, b.Name) }

// cutTenant splits a name behind its first node, which needs another.
func cutTenant(name string) (tenant, rest string, ok bool) {
	tenant, rest, ok = strings.Cut(name, ".")
	return tenant, rest, ok && tenant != "" && rest != "" && !strings.Contains(tenant, ";")
}

// labelsOf makes labels of tags. Those without a name or value are left out. Values of
// tags whose names become the same are joined, so that series stay apart.
func labelsOf(tags string) (labels []wire.Label) {
	if tags == "" {
		return nil
	}
	for tag := range strings.SplitSeq(tags, ";") {
		name, value, _ := strings.Cut(tag, "=")
		if name == "" || value == "" {
			continue
		}
		if name = clean(name, isLabelByte); strings.HasPrefix(name, "__") {
			name = "tag" + name // those are Prometheus' own
		}
		at := slices.IndexFunc(labels, func(l wire.Label) bool { return l.Name == name })
		if at >= 0 {
			labels[at].Value += ";" + value
			continue
		}
		labels = append(labels, wire.Label{Name: name, Value: value})
	}
	return labels
}

// merge adds the labels of a rule, which win over those of tags unless the rule says
// otherwise. A label without a value is none.
func merge(labels []wire.Label, o mapping.Outcome) []wire.Label {
	for _, l := range o.Labels {
		at := slices.IndexFunc(labels, func(one wire.Label) bool { return one.Name == l.Name })
		switch {
		case at < 0:
			labels = append(labels, wire.Label(l))
		case !o.Honor:
			labels[at].Value = l.Value
		}
	}
	return slices.DeleteFunc(labels, func(l wire.Label) bool { return l.Value == "" })
}

// clean puts an underscore in the place of each character that is not allowed, and
// before a digit in front.
func clean(text string, allowed func(byte) bool) string {
	good := text != "" && !isDigit(text[0])
	for i := 0; i < len(text) && good; i++ {
		good = allowed(text[i])
	}
	if good || text == "" {
		return text
	}
	out := make([]byte, 0, len(text)+1)
	if isDigit(text[0]) {
		out = append(out, '_')
	}
	for _, r := range text {
		if r < 0x80 && allowed(byte(r)) {
			out = append(out, byte(r))
		} else {
			out = append(out, '_')
		}
	}
	return string(out)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isLabelByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || isDigit(c)
}

func isNameByte(c byte) bool { return isLabelByte(c) || c == ':' }
