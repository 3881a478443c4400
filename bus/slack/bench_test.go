package slack_test

import (
	"strings"
	"testing"

	"github.com/plumbago/plumbago/bus/slack"
)

func BenchmarkReadMessage(b *testing.B) {
	text := slack.Compose(strings.Join(numbered(0, 70), "\n") + "\n")
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if lines, _, _ := slack.Content(text); lines == "" {
			b.Fatal("got no lines")
		}
	}
}

func BenchmarkComposeMessage(b *testing.B) {
	lines := strings.Join(numbered(0, 200), "\n") + "\n"
	b.ReportAllocs()
	for b.Loop() {
		b.SetBytes(int64(len(slack.Compose(slack.FirstMessage(lines)))))
	}
}
