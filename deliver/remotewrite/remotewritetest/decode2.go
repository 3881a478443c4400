package remotewritetest

import (
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// v2 reads io.prometheus.write.v2.Request.
func (d *decoder) v2(message []byte) (all []Series, err error) {
	var series [][]byte
	err = fields(message, func(n protowire.Number, v value) error {
		switch {
		case n == 4 && v.kind == protowire.BytesType:
			d.symbols = append(d.symbols, string(v.bytes))
		case n == 5 && v.kind == protowire.BytesType:
			series = append(series, v.bytes)
		default:
			return unknown("Request", n, v)
		}
		return nil
	})
	if err == nil {
		err = d.checkSymbols()
	}
	for _, one := range series {
		if err != nil {
			break
		}
		var s Series
		s, err = d.one(one)
		all = append(all, s)
	}
	return all, err
}

func (d *decoder) checkSymbols() error {
	if len(d.symbols) == 0 || d.symbols[0] != "" {
		return errors.New("the first symbol is not the empty one")
	}
	seen := map[string]bool{}
	for _, s := range d.symbols {
		if seen[s] {
			return fmt.Errorf("the symbol %q is there twice", s)
		}
		seen[s] = true
	}
	return nil
}

// one reads TimeSeries of 2.0.
func (d *decoder) one(message []byte) (s Series, err error) {
	err = fields(message, func(n protowire.Number, v value) error {
		switch {
		case n == 1 && v.kind == protowire.BytesType:
			return d.labels(&s, v.bytes)
		case n == 2 && v.kind == protowire.BytesType:
			return s.sample(v.bytes)
		case n == 5 && v.kind == protowire.BytesType:
			return d.metadata(&s, v.bytes)
		}
		return unknown("TimeSeries", n, v)
	})
	return s, err
}

func (d *decoder) labels(s *Series, packed []byte) error {
	var refs []string
	for len(packed) > 0 {
		ref, n := protowire.ConsumeVarint(packed)
		if n < 0 {
			return protowire.ParseError(n)
		}
		packed = packed[n:]
		text, err := d.symbol(ref)
		if err != nil {
			return err
		}
		refs = append(refs, text)
	}
	if len(refs)%2 != 0 {
		return fmt.Errorf("got %d references, want pairs", len(refs))
	}
	for i := 0; i < len(refs); i += 2 {
		s.Labels = append(s.Labels, [2]string{refs[i], refs[i+1]})
	}
	return nil
}

func (d *decoder) symbol(ref uint64) (string, error) {
	if ref >= uint64(len(d.symbols)) {
		return "", fmt.Errorf("there is no symbol %d", ref)
	}
	return d.symbols[ref], nil
}

func (d *decoder) metadata(s *Series, message []byte) error {
	return fields(message, func(n protowire.Number, v value) (err error) {
		switch {
		case n == 1 && v.kind == protowire.VarintType:
			s.Type = v.number
		case n == 3 && v.kind == protowire.VarintType:
			s.Help, err = d.symbol(v.number)
		default:
			err = unknown("Metadata", n, v)
		}
		return err
	})
}
