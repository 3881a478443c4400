package blueflood_test

import (
	"github.com/plumbago/plumbago/wire/line"
)

// canonical makes a canonical line of three fields, "" if there is none.
func canonical(name, value, at string) string {
	var p line.Parser
	b := p.Parse([]byte(name+" "+value+" "+at+"\n"), now.Unix())
	if b.Points != 1 {
		return ""
	}
	return string(b.Lines[:len(b.Lines)-1])
}
