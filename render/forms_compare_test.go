package render_test

import (
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// TestGraphiteReadsTimesAlike asks for a line whose ends are those of the time.
func TestGraphiteReadsTimesAlike(t *testing.T) {
	if testing.Short() {
		t.Log("left out in short mode, as it needs Debian's graphite-web")
		return
	}
	t.Parallel()
	o, h := both(t)
	c := comparison{t: t}
	for _, text := range moments() {
		for _, zone := range []string{"UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Nowhere/Land"} {
			for _, end := range []string{"until", "from"} {
				q := get("/render", "target", "constantLine(1)", "format", "json", "now", fmt.Sprint(oracleNow), "tz", zone, end, text)
				if end == "until" {
					q.Values = append(q.Values, [2]string{"from", "01:00_20150101"})
				}
				want, got := o.ask(q), ask(h, q)
				if want.Status == 400 && got.Status == 400 {
					c.compared++
					continue
				}
				c.compare(fmt.Sprintf("%s=%q in %s", end, text, zone), want, got)
			}
		}
	}
	if c.errors > 0 {
		t.Errorf("Graphite has no answer to %d questions", c.errors)
	}
	t.Logf("%d times compared", c.compared)
}

// moments are times in all forms, some of which are none.
func moments() []string {
	return []string{
		"now", "", "-1h", "-1hours", "-2d3h", "now-1d", "now+1h", "-30s", "-90seconds", "-5min", "-5minutes", "-1w", "-3mon", "-2months", "-1y", "-1years",
		"1759990000", "1500000000", "20250601", "19991231", "20251301", "12:30_20250601", "12:30 20250601", "06:15_20251008", "6:15pm_20251008",
		"12pm_20251008", "12am_20251008", "12:30pm_20251008", "noon", "noon_yesterday", "noon yesterday", "midnight", "midnight_today", "teatime",
		"teatime tomorrow", "today", "yesterday", "tomorrow", "6am", "6pm", "6pm_today", "11pm yesterday", "8am+1h", "noon+30min", "midnight-1d",
		"06/01/25", "06/01/2025", "6/1/25", "12:00_06/01/25", "06/01/75", "06/01/37", "jan1", "january 5", "march_15", "Mar 30", "noon_march 9", "dec 25",
		"monday", "noon_monday", "thursday", "fri", "sunday-1w", "8:05_sat", "Saturday",
		"02:30_20250309", "01:30_20251102", "02:30_20250330", "02:30_20241027", "03:00_20250330",
		"gestern", "10m", "-1x", "-", "--1h", "-h", "25:00", "12:60", "12:", ":30", "5:3", "feb30", "feb 29", "02/30/2025", "a/b/c", "1/2/3/4",
		"jan", "mon1", "13pm", "xam", "1am2pm", "100000000000", "99999999999999999999", "-1h1", "+1h+1h", "now-1h-1h", "-1.5h", "2025-06-01",
	}
}

// TestGraphiteWritesTheSame compares what is not JSON.
func TestGraphiteWritesTheSame(t *testing.T) {
	if testing.Short() {
		t.Log("left out in short mode, as it needs Debian's graphite-web")
		return
	}
	t.Parallel()
	o, h := both(t)
	for _, target := range []string{
		"servers.*.load", "gaps.*", "values.*", "alias(both,'a, \"b\"')", "scale(both,1e-9)", "sumSeries(steps.*)", "nothing", "summarize(both,'1h')",
	} {
		for _, form := range []string{"raw", "csv"} {
			q := get("/render", "target", target, "target", "both", "format", form, "now", fmt.Sprint(oracleNow), "from", "-3h", "tz", "Asia/Kolkata")
			want, got := o.ask(q), ask(h, q)
			if got.Status != want.Status || !sameWords(t, form, got.Body, want.Body) {
				t.Errorf("%s as %s: got %d %.300q, want %d %.300q", target, form, got.Status, got.Body, want.Status, want.Body)
			}
		}
	}
}

// sameWords compares word by word, and numbers but for their rounding.
func sameWords(t *testing.T, form, got, want string) bool {
	t.Helper()
	a, b := words(t, form, got), words(t, form, want)
	for i := range min(len(a), len(b)) {
		x, errX := strconv.ParseFloat(a[i], 64)
		y, errY := strconv.ParseFloat(b[i], 64)
		if a[i] != b[i] && (errX != nil || errY != nil || !closeTo(x, y)) {
			t.Logf("word %d: got %q, want %q", i, a[i], b[i])
			return false
		}
	}
	return len(a) == len(b)
}

func words(t *testing.T, form, text string) (words []string) {
	t.Helper()
	if form == "raw" {
		return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",|\n", r) })
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Error(err)
	}
	for _, row := range rows {
		words = append(words, row...)
	}
	return words
}

// TestGraphiteRefusesTheSame compares what neither answers.
func TestGraphiteRefusesTheSame(t *testing.T) {
	if testing.Short() {
		t.Log("left out in short mode, as it needs Debian's graphite-web")
		return
	}
	t.Parallel()
	o, h := both(t)
	for _, target := range []string{
		"nothingKnown(both)", "sumSeries(nothingKnown(both))", "both|nothingKnown()", "aggregate(both,'noSuch')", "divideSeries(both,steps.*)",
		"divideSeriesLists(both,steps.*)", "asPercent(servers.*.load,natural.*)", "filterSeries(both,'max','~',3)", "legend(both)",
	} {
		q := get("/render", "target", target, "format", "json", "now", fmt.Sprint(oracleNow))
		if want, got := o.ask(q), ask(h, q); got.Status != 400 || want.Status != 400 {
			t.Errorf("%s: got status %d (%.200s), want 400, and %d (%.200s) is what Graphite answers", target, got.Status, got.Body, want.Status, want.Body)
		}
	}
}
