package slack

import (
	"regexp"
	"slices"
	"strings"

	"github.com/plumbago/plumbago/metric"
	"github.com/plumbago/plumbago/wire/line"
)

// message is one as Slack shows it.
type message struct {
	Type      string    `json:"type"`
	Subtype   string    `json:"subtype"`
	User      string    `json:"user"`
	BotID     string    `json:"bot_id"`
	AppID     string    `json:"app_id"`
	Username  string    `json:"username"`
	Text      string    `json:"text"`
	TS        timestamp `json:"ts"`
	ThreadTS  timestamp `json:"thread_ts"`
	Edited    *struct{} `json:"edited"`
	Reactions []struct {
		Name  string   `json:"name"`
		Users []string `json:"users"`
	} `json:"reactions"`
}

// speaks are the subtypes of messages that somebody wrote; the others tell of what
// happened in the channel.
var speaks = []string{"", "bot_message", "thread_broadcast", "file_share"}

// spoken reports whether m is what somebody wrote into the channel itself.
func (m *message) spoken() bool {
	reply := m.ThreadTS != "" && m.ThreadTS != m.TS && m.Subtype != "thread_broadcast"
	return m.Type == "message" && slices.Contains(speaks, m.Subtype) && !reply && m.TS.valid()
}

// reacted reports whether a user has put a reaction beside m.
func (m *message) reacted(user, name string) bool {
	for _, r := range m.Reactions {
		if r.Name == name && slices.Contains(r.Users, user) {
			return true
		}
	}
	return false
}

// content is what is in a message.
type content struct {
	metric.Batch
	id    string // of the batch; "" if it has none
	words int    // lines that are no points
}

// idLine is the line that carries a batch id.
var idLine = regexp.MustCompile(`^# b=([a-z0-9]{1,64})$`)

// reader reads messages. It keeps its memory, and serves one goroutine at a time.
type reader struct {
	parser line.Parser
	text   []byte
}

// read returns what is in m. The batch is valid until the next call.
func (r *reader) read(m *message) content {
	var c content
	r.text = r.text[:0]
	lines := 0
	for l := range strings.Lines(plain(m.Text)) {
		l = unfenced(l)
		fields := strings.Fields(l)
		if id := idLine.FindStringSubmatch(l); id != nil {
			c.id = id[1]
			continue
		}
		switch len(fields) {
		case 0:
		case 3:
			lines++
			r.text = append(append(r.text, strings.Join(fields, " ")...), '\n')
		default:
			c.words++
		}
	}
	c.Batch = r.parser.Parse(r.text, m.TS.unix())
	c.words += lines - c.Points
	return c
}

// bus reports whether m was made for the bus, and is not what a person wrote around
// some lines.
func (m *message) bus(c content) bool {
	return c.words == 0 || c.id != "" || m.BotID != "" || m.AppID != ""
}
