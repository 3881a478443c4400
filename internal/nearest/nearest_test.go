package nearest_test

import (
	"strings"
	"testing"

	"github.com/plumbago/plumbago/internal/nearest"
)

func TestWord(t *testing.T) {
	known := []string{"receive", "route", "deliver", "queue", "log", "to"}
	tests := []struct{ name, word, want string }{
		{"a letter missing", "deliver"[:6], "deliver"},
		{"two letters swapped", "recieve", "receive"},
		{"a letter too many", "routes", "route"},
		{"a wrong letter", "qieue", "queue"},
		{"a short word, one slip", "lok", "log"},
		{"a short word, two slips", "lxk", ""},
		{"case counts as a slip", "Route", "route"},
		{"nothing near", "backend", ""},
		{"the word itself", "route", "route"},
		{"empty", "", ""},
		{"far too long", strings.Repeat("receive", 1000), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := nearest.Word(tt.word, known); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestWordWithoutKnownWords(t *testing.T) {
	if got := nearest.Word("route", nil); got != "" {
		t.Errorf("got %q, want none", got)
	}
}
