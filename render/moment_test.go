package render_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/render"
)

// TestTimes reads times on Thursday, 9 October 2025, at 08:53:37 in Greenwich.
func TestTimes(t *testing.T) {
	h := render.New(newMemory(), render.Options{Now: func() time.Time { return time.Unix(oracleNow, 0) }})
	for _, tt := range []struct{ text, zone, want string }{
		{"now", "UTC", "2025-10-09 08:53:37"},
		{"-1h", "UTC", "2025-10-09 07:53:37"},
		{"now-1d12h", "UTC", "2025-10-07 20:53:37"},
		{"1500000000", "UTC", "2017-07-14 02:40:00"},
		{"20250601", "UTC", "2025-06-01 00:00:00"},
		{"12:30_20250601", "UTC", "2025-06-01 12:30:00"},
		{"6pm yesterday", "UTC", "2025-10-08 18:00:00"},
		{"noon", "Europe/Berlin", "2025-10-09 12:00:00"},
		{"midnight tomorrow", "UTC", "2025-10-10 00:00:00"},
		{"teatime+30min", "UTC", "2025-10-09 16:30:00"},
		{"monday", "UTC", "2025-10-06 00:00:00"},
		{"noon thursday", "UTC", "2025-10-09 12:00:00"},
		{"midnight friday", "UTC", "2025-10-03 00:00:00"},
		{"noon march 9", "America/New_York", "2025-03-09 12:00:00"},
		{"noon 02/28/24", "UTC", "2024-02-28 12:00:00"},
		{"12am", "UTC", "2025-10-09 12:00:00"}, // as Graphite has it
		{"02:30_20250330", "Europe/Berlin", "2025-03-30 03:30:00"},
		{"02:30_20241027", "Europe/Berlin", "2024-10-27 02:30:00"},
	} {
		a := ask(h, get("/render", "target", "constantLine(1)", "from", tt.text, "until", "01:00_20300101", "tz", tt.zone, "format", "csv"))
		if a.Status != 200 || !strings.HasPrefix(a.Body, "1.0,"+tt.want+",") {
			t.Errorf("%s in %s: got %d %.60s, want %s", tt.text, tt.zone, a.Status, a.Body, tt.want)
		}
	}
	for _, text := range []string{"gestern", "-1m", "25:00", "12:60", "feb 30", "2/30/2025", "jan", "a:b", "99999999999999", "13pm14", "1/2/3/4"} {
		if a := ask(h, get("/render", "target", "constantLine(1)", "from", text, "until", "2030010101")); a.Status != 400 {
			t.Errorf("%s: got %d %.60s, want 400", text, a.Status, a.Body)
		}
	}
}

// TestHoursThatClocksShowTwice are those of winter time.
func TestHoursThatClocksShowTwice(t *testing.T) {
	h := render.New(newMemory(), render.Options{Now: func() time.Time { return time.Unix(oracleNow, 0) }})
	a := ask(h, get("/render", "target", "constantLine(1)", "from", "02:30_20241027", "tz", "Europe/Berlin", "format", "raw"))
	if want := time.Date(2024, 10, 27, 1, 30, 0, 0, time.UTC).Unix(); !strings.HasPrefix(a.Body, fmt.Sprintf("1.0,%d,", want)) {
		t.Errorf("got %.60s, want it to begin at %d", a.Body, want)
	}
}
