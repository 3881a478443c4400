package route

// foldBuffer has room for the names that are folded.
type foldBuffer [256]byte

// folded returns name in lower case: itself, or in buf. It returns nil for names
// that are not ASCII, where more than capitals and small letters are alike (k
// and the sign for kelvin, s and the long s), and for very long ones.
func folded(name []byte, buf *foldBuffer) []byte {
	for i, c := range name {
		switch {
		case c >= 0x80:
			return nil
		case 'A' <= c && c <= 'Z':
			return fold(buf[:0], name, i)
		}
	}
	return name
}

// fold appends a name in lower case, whose first capital is at from.
func fold(buf, name []byte, from int) []byte {
	if len(name) > cap(buf) {
		return nil
	}
	buf = append(buf, name[:from]...)
	for _, c := range name[from:] {
		if c >= 0x80 {
			return nil
		}
		buf = append(buf, lowerByte(c))
	}
	return buf
}

func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
