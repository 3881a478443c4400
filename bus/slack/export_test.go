package slack

// Plain is plain, for tests.
func Plain(text string) string { return plain(text) }

// Compare is timestamp.compare, for tests.
func Compare(a, b string) int { return timestamp(a).compare(timestamp(b)) }

// Content is what is in a text.
func Content(text string) (lines, id string, words int) {
	var r reader
	c := r.read(&message{Text: text, TS: "1700000000.000000"})
	return string(c.Lines), c.id, c.words
}

// FirstMessage is firstMessage, for tests.
func FirstMessage(lines string) string {
	part, _ := firstMessage([]byte(lines))
	return string(part)
}

// Compose is compose, for tests.
func Compose(lines string) string { return compose(newID(), []byte(lines)) }
