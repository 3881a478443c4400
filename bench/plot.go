package main

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"os"
	"slices"
	"strconv"
)

// figure is a picture in SVG: panels beside each other under one title. It has no
// background, and colours that can be read on light and on dark ones.
type figure struct {
	title  string
	panels []panel
}

// panel is one plot. Its y axis is linear and begins at 0.
type panel struct {
	x, y   string // what the axes show, with the unit
	log    bool   // x is logarithmic; an x of 0 stands one step before the others
	curves []curve
}

// curve is a line through points, in the order in which they stand.
type curve struct {
	name   string
	points []spot
}

type spot struct{ x, y float64 }

// The frame of a panel, in units of the picture.
const (
	panelWidth, panelHeight = 400, 300
	frameLeft, frameRight   = 58, 384
	frameTop, frameBottom   = 46, 250
)

const plotStyle = `text{font:12px sans-serif;fill:#57606a}.t{font-size:14px;font-weight:bold}` +
	`.g{stroke:#8b949e;stroke-opacity:.35}.a{stroke:#8b949e}polyline{fill:none;stroke-width:2}` +
	`@media(prefers-color-scheme:dark){text{fill:#a8b1bb}}`

// plotColours are those of a panel's curves.
var plotColours = [...]string{"#2f81f7", "#d9730d", "#2da44e", "#bf4b8a"}

// write puts the picture into a file.
func (f figure) write(file string) error { return os.WriteFile(file, f.svg(), 0o644) }

func (f figure) svg() []byte {
	var b bytes.Buffer
	width := panelWidth * len(f.panels)
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`+"\n",
		width, panelHeight, width, panelHeight)
	fmt.Fprintf(&b, "<title>%s</title>\n<style>%s</style>\n", html.EscapeString(f.title), plotStyle)
	fmt.Fprintf(&b, `<text class="t" x="8" y="18">%s</text>`+"\n", html.EscapeString(f.title))
	for i, p := range f.panels {
		fmt.Fprintf(&b, `<g transform="translate(%d 0)">`+"\n", i*panelWidth)
		p.draw(&b)
		b.WriteString("</g>\n")
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func (p panel) draw(b *bytes.Buffer) {
	horizontal, vertical := p.acrossScale(), p.upScale()
	for _, t := range vertical.ticks {
		y := vertical.at(t)
		fmt.Fprintf(b, `<line class="g" x1="%d" x2="%d" y1="%.1f" y2="%.1f"/>`, frameLeft, frameRight, y, y)
		fmt.Fprintf(b, `<text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n", frameLeft-6, y+4, tickText(t))
	}
	for _, t := range horizontal.ticks {
		x := horizontal.at(t)
		fmt.Fprintf(b, `<line class="a" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`, x, x, frameBottom, frameBottom+4)
		fmt.Fprintf(b, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", x, frameBottom+18, tickText(t))
	}
	fmt.Fprintf(b, `<line class="a" x1="%d" x2="%d" y1="%d" y2="%d"/>`+"\n", frameLeft, frameRight, frameBottom, frameBottom)
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle">%s</text>`, (frameLeft+frameRight)/2, panelHeight-12, html.EscapeString(p.x))
	fmt.Fprintf(b, `<text x="%d" y="%d">%s</text>`+"\n", 8, frameTop-10, html.EscapeString(p.y))
	for i, c := range p.curves {
		c.draw(b, plotColours[i%len(plotColours)], horizontal, vertical)
		p.legend(b, i)
	}
}

// legend names a curve, where there is more than one.
func (p panel) legend(b *bytes.Buffer, i int) {
	if len(p.curves) < 2 {
		return
	}
	x := frameRight
	for _, c := range p.curves[i+1:] {
		x -= 7*len(c.name) + 24
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="end" style="fill:%s">%s</text>`+"\n", x, frameTop-10,
		plotColours[i%len(plotColours)], html.EscapeString(p.curves[i].name))
}

func (c curve) draw(b *bytes.Buffer, colour string, horizontal, vertical scale) {
	fmt.Fprintf(b, `<polyline stroke="%s" points="`, colour)
	for _, s := range c.points {
		fmt.Fprintf(b, "%.1f,%.1f ", horizontal.at(s.x), vertical.at(s.y))
	}
	b.WriteString("\"/>\n")
	if len(c.points) > 20 {
		return // a trace, not measurements one by one
	}
	for _, s := range c.points {
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`, horizontal.at(s.x), vertical.at(s.y), colour)
	}
	b.WriteByte('\n')
}

// scale places values on an axis.
type scale struct {
	at    func(v float64) float64
	ticks []float64
}

// upScale is that of y: from 0 to a round number that no point is above.
func (p panel) upScale() scale {
	top := 0.0
	for _, c := range p.curves {
		for _, s := range c.points {
			top = max(top, s.y)
		}
	}
	step := roundStep(top / 4)
	top = max(step, math.Ceil(top/step-1e-9)*step)
	s := scale{at: func(v float64) float64 { return frameBottom - v/top*(frameBottom-frameTop) }}
	for i := 0; float64(i)*step <= top*1.0001; i++ {
		s.ticks = append(s.ticks, float64(i)*step)
	}
	return s
}

// roundStep is the least of 1, 2, 2.5, 5 and their tenfolds that is not below v.
func roundStep(v float64) float64 {
	if !(v > 0) {
		return 1
	}
	ten := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if m*ten >= v*0.9999 {
			return m * ten
		}
	}
	return 10 * ten
}

// acrossScale is that of x.
func (p panel) acrossScale() scale {
	var xs []float64
	for _, c := range p.curves {
		for _, s := range c.points {
			xs = append(xs, s.x)
		}
	}
	slices.Sort(xs)
	xs = slices.Compact(xs)
	if len(xs) == 0 {
		xs = []float64{0, 1}
	}
	if p.log {
		return logScale(xs)
	}
	step := roundStep((xs[len(xs)-1] - min(0, xs[0])) / 6)
	s := between(min(0, xs[0]), xs[len(xs)-1], func(v float64) float64 { return v })
	for t := 0.0; t <= xs[len(xs)-1]*1.0001; t += step {
		s.ticks = append(s.ticks, t)
	}
	return s
}

// logScale has a tick for each of the values, if they are few.
func logScale(xs []float64) scale {
	first := xs[0]
	if first == 0 && len(xs) > 1 {
		first = xs[1]
	}
	zero := first / 10
	place := func(v float64) float64 { return math.Log10(max(v, zero)) }
	s := between(place(xs[0]), place(xs[len(xs)-1]), place)
	s.ticks = xs
	return s
}

// between places what place makes of a value so that from is at the left of the
// frame, with some room, and to at its right.
func between(from, to float64, place func(float64) float64) scale {
	span := max(to-from, 1e-9)
	const room = 14
	return scale{at: func(v float64) float64 {
		return frameLeft + room + (place(v)-from)/span*(frameRight-frameLeft-2*room)
	}}
}

// tickText writes a number as an axis shows it: 10 k, 2.5 M.
func tickText(v float64) string {
	for _, unit := range []struct {
		name string
		size float64
	}{{" G", 1e9}, {" M", 1e6}, {" k", 1e3}} {
		if v >= unit.size {
			return strconv.FormatFloat(v/unit.size, 'g', 4, 64) + unit.name
		}
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
