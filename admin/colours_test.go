package admin_test

import (
	"fmt"
	"math"
	"regexp"
	"testing"
)

// TestContrast holds the colours to what can be read: text 4.5 to its ground, lines 3.
func TestContrast(t *testing.T) {
	pairs := []struct {
		text, ground string
		least        float64
	}{
		{"ink", "panel", 7}, {"ink", "ground", 7}, {"ink", "sunken", 7}, {"ink", "hover", 7},
		{"soft", "panel", 4.5}, {"soft", "ground", 4.5}, {"soft", "hover", 4.5}, {"soft", "bad-ground", 4.5},
		{"accent", "panel", 4.5}, {"accent", "ground", 4.5}, {"accent", "accent-ground", 4.5},
		{"good", "panel", 3}, {"warn", "panel", 4.5}, {"warn", "bad-ground", 4.5},
		{"bad", "panel", 4.5}, {"bad", "ground", 4.5}, {"bad", "bad-ground", 4.5},
		{"ink", "mark", 4.5}, {"flow", "panel", 2.9}, {"edge-strong", "panel", 3}, {"ink", "bad-ground", 7},
	}
	for i := 1; i <= 8; i++ {
		pairs = append(pairs, struct {
			text, ground string
			least        float64
		}{fmt.Sprint("series-", i), "panel", 3})
	}
	colours := map[string][2]string{}
	for _, m := range regexp.MustCompile(`--([a-z0-9-]+): light-dark\((#\w{6}), (#\w{6})\)`).FindAllStringSubmatch(read(t, "page/style/tokens.css"), -1) {
		colours[m[1]] = [2]string{m[2], m[3]}
	}
	for _, p := range pairs {
		for theme, name := range []string{"light", "dark"} {
			text, ground := colours[p.text][theme], colours[p.ground][theme]
			if text == "" || ground == "" {
				t.Fatalf("there is no colour %s or %s", p.text, p.ground)
			}
			if got := contrast(text, ground); got < p.least {
				t.Errorf("%s on %s when %s: got a contrast of %.2f, want %v", p.text, p.ground, name, got, p.least)
			}
		}
	}
}

// contrast is the ratio of two colours' luminances, as WCAG 2 defines it.
func contrast(a, b string) float64 {
	lighter, darker := luminance(a), luminance(b)
	if lighter < darker {
		lighter, darker = darker, lighter
	}
	return (lighter + 0.05) / (darker + 0.05)
}

func luminance(colour string) (l float64) {
	var rgb [3]int
	fmt.Sscanf(colour, "#%02x%02x%02x", &rgb[0], &rgb[1], &rgb[2])
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		c := float64(rgb[i]) / 255
		if c <= 0.04045 {
			l += weight * c / 12.92
		} else {
			l += weight * math.Pow((c+0.055)/1.055, 2.4)
		}
	}
	return l
}
