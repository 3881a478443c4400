package post

import (
	"bufio"
	"bytes"
)

// ReadAnswer reads an answer as a connection does, and reports whether that could be
// used further.
func ReadAnswer(text []byte) (a Answer, kept bool, err error) {
	s := &source{r: bytes.NewReader(text), left: maxHead}
	c := &conn{source: s, r: bufio.NewReader(s)}
	o := c.readAnswer()
	return o.answer, !o.last, o.err
}
