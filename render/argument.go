package render

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// argument is what a function is given, checked against its param.
type argument struct {
	kind   argumentKind
	text   string // of a text; of a number as Python writes it
	number float64
	list   []*series
}

type argumentKind int

const (
	argNone argumentKind = iota
	argText
	argInteger
	argFloat
	argBoolean // number is 0 or 1
	argList
)

// argument calculates what was written for an argument.
func (e *env) argument(x *expr) (argument, error) {
	switch x.kind {
	case exprNone:
		return argument{}, nil
	case exprText:
		return argument{kind: argText, text: x.text}, nil
	case exprInteger:
		return argument{kind: argInteger, text: x.text, number: x.number}, nil
	case exprFloat:
		return argument{kind: argFloat, text: repr(x.number), number: x.number}, nil
	case exprTrue:
		return argument{kind: argBoolean, text: "True", number: 1}, nil
	case exprFalse:
		return argument{kind: argBoolean, text: "False"}, nil
	}
	list, err := e.list(x)
	return argument{kind: argList, list: list}, err
}

// as makes of a what p wants, or says that it cannot.
func (p *param) as(a argument) (argument, error) {
	if a.kind == argNone {
		if p.required {
			return a, faultf("the argument %s is missing", p.name)
		}
		return a, nil
	}
	made, ok := conversions[p.kind](a)
	if !ok {
		return a, faultf("the argument %s is %s, which is no %s", p.name, a.show(), p.kind)
	}
	if p.options != nil && !slices.Contains(p.options, made.text) {
		return a, faultf("the argument %s is %s, which is none of %s", p.name, a.show(), strings.Join(p.options, ", "))
	}
	return made, nil
}

func (a argument) show() string {
	switch a.kind {
	case argList:
		return "a list of series"
	case argText:
		return strconv.Quote(a.text)
	}
	return a.text
}

// conversions make an argument of the kind that a param has.
var conversions = map[paramKind]func(argument) (argument, bool){
	kindAny:           func(a argument) (argument, bool) { return a, true },
	kindBoolean:       toBoolean,
	kindFloat:         toFloat,
	kindInteger:       toInteger,
	kindInterval:      toInterval,
	kindIntOrInterval: toIntOrInterval,
	kindIntOrInf:      toIntOrInf,
	kindNode:          toInteger,
	kindNodeOrTag:     toText,
	kindSeriesList:    func(a argument) (argument, bool) { return a, a.kind == argList },
	kindString:        toText,
	kindTag:           toText,
	kindAggFunc:       toAggregator,
	kindAggOrSeries:   toText,
}

func toBoolean(a argument) (argument, bool) {
	switch {
	case a.kind == argText && strings.EqualFold(a.text, "true"):
		return argument{kind: argBoolean, text: "True", number: 1}, true
	case a.kind == argText && strings.EqualFold(a.text, "false"):
		return argument{kind: argBoolean, text: "False"}, true
	case a.kind == argText || a.kind == argList:
		return a, false
	}
	a.kind = argBoolean
	return a, a.number == 0 || a.number == 1
}

func toFloat(a argument) (argument, bool) {
	if a.kind == argText {
		f, err := strconv.ParseFloat(strings.TrimSpace(a.text), 64)
		a.number = f
		if err != nil && !math.IsInf(f, 0) || math.IsNaN(f) {
			return a, false
		}
	} else if a.kind == argList {
		return a, false
	}
	return argument{kind: argFloat, text: repr(a.number), number: a.number}, true
}

// mostInteger bounds what counts points, series and nodes.
const mostInteger = 1 << 31

func toInteger(a argument) (argument, bool) {
	if a.kind == argText {
		n, err := strconv.ParseInt(strings.TrimSpace(a.text), 10, 64)
		if err != nil {
			return a, false
		}
		a = argument{kind: argInteger, text: strconv.FormatInt(n, 10), number: float64(n)}
	}
	ok := a.kind == argInteger || a.kind == argBoolean
	return a, ok && math.Abs(a.number) <= mostInteger
}

func toIntOrInf(a argument) (argument, bool) {
	if made, ok := toInteger(a); ok {
		return made, true
	}
	made, ok := toFloat(a)
	return made, ok && math.IsInf(made.number, 1)
}

func toInterval(a argument) (argument, bool) {
	if a.kind != argText {
		return a, false
	}
	_, err := parseOffset(a.text)
	return a, err == nil
}

func toIntOrInterval(a argument) (argument, bool) {
	if a.kind == argText {
		return toInterval(a)
	}
	return toInteger(a)
}

func toText(a argument) (argument, bool) { return a, a.kind != argList }

func toAggregator(a argument) (argument, bool) {
	_, ok := aggregator(a.text)
	return a, ok && a.kind == argText
}
