package name

import "bytes"

// isOpenMetrics reports whether carbon takes name for one in the notation of
// OpenMetrics.
func isOpenMetrics(name []byte) bool {
	return bytes.HasSuffix(name, []byte(`"}`)) && bytes.IndexByte(name, '{') >= 0
}

// splitOpenMetrics splits name{tag="value",tag="value"}. What stands before the
// brace is the metric, even if it has tags of the other notation.
func splitOpenMetrics(tags []tag, name []byte) (metric []byte, _ []tag, err error) {
	metric, rest, _ := bytes.Cut(name[:len(name)-1], []byte{'{'})
	if bytes.IndexByte(rest, '{') >= 0 {
		return nil, nil, ErrBrace
	}
	if bytes.IndexByte(rest, ';') >= 0 {
		return nil, nil, ErrTag
	}
	memory := make([]byte, 0, len(rest)) // of all tags: each is shorter here than there
	for len(rest) > 0 {
		start := len(memory)
		if memory, rest, err = appendTag(memory, rest); err != nil {
			return nil, nil, err
		}
		if tags, err = add(tags, memory[start:]); err != nil {
			return nil, nil, err
		}
	}
	return metric, tags, nil
}

// appendTag takes tag="value" and the comma behind it off the front of text, and
// appends tag=value.
func appendTag(dst, text []byte) (_, rest []byte, err error) {
	key, rest, quoted := bytes.Cut(text, []byte(`=`))
	if !quoted || len(rest) == 0 || rest[0] != '"' {
		return dst, nil, ErrTag
	}
	dst = append(append(dst, key...), '=')
	if dst, rest, err = appendQuoted(dst, rest[1:]); err != nil || len(rest) == 0 {
		return dst, rest, err
	}
	rest = bytes.TrimPrefix(rest, []byte{':'}) // carbon lets a colon stand before the comma
	if len(rest) == 0 || rest[0] != ',' {
		return dst, nil, ErrTag
	}
	return dst, rest[1:], nil
}

// appendQuoted appends text up to its closing quote, which it takes off too,
// without the backslashes before quotes and backslashes.
func appendQuoted(dst, text []byte) (_, rest []byte, err error) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			return dst, text[i+1:], nil
		case c != '\\':
			dst = append(dst, c)
		case i+1 < len(text) && (text[i+1] == '"' || text[i+1] == '\\'):
			i++
			dst = append(dst, text[i])
		default:
			return dst, nil, ErrTag
		}
	}
	return dst, nil, ErrTag
}
