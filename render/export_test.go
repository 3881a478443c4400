package render

import (
	"fmt"
	"strings"
)

// Internals that are tested one by one.
var (
	Repr        = repr
	Short       = short
	Round6      = round6
	RoundPlaces = roundPlaces
	Natural     = natural
	ParseOffset = parseOffset
)

// FirstPath is the pattern that a result's name begins with.
func FirstPath(name string) string { return firstPath(name, 64) }

// Shape parses a target and writes it so that its parts can be told apart.
func Shape(target string) (string, error) {
	x, err := parse(target, 64)
	if err != nil {
		return "", err
	}
	return x.shape(), nil
}

func (x *expr) shape() string {
	switch x.kind {
	case exprPath:
		return "<" + x.text + ">"
	case exprText:
		return "'" + x.text + "'"
	case exprInteger:
		return fmt.Sprintf("int %g", x.number)
	case exprFloat:
		return fmt.Sprintf("float %g", x.number)
	case exprCall:
		var parts []string
		for _, a := range x.args {
			parts = append(parts, a.shape())
		}
		for _, n := range x.named {
			parts = append(parts, n.name+"="+n.value.shape())
		}
		return x.text + "(" + strings.Join(parts, " ") + ")"
	}
	return [...]string{exprTrue: "true", exprFalse: "false", exprNone: "none"}[x.kind]
}

// Slide moves a window of n points over values, as movingWindow does; Aggregate is
// what it makes of one.
func Slide(how string, values []float64, n int) []float64 {
	e := &env{shared: &shared{points: 1 << 30}}
	made, err := e.slide(how, values, pane{n: n})
	if err != nil {
		panic(err)
	}
	return made
}

// Aggregate makes one value of those that are known.
func Aggregate(how string, values []float64) float64 {
	f, _ := aggregator(how)
	return f(appendKnown(nil, values))
}
