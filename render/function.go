package render

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/plumbago/plumbago/internal/nearest"
)

// function is one that targets can call.
type function struct {
	name   string
	group  string // under which editors show it
	about  string
	params []param
	run    func(*call) ([]*series, error)
}

// param is an argument as a function wants it.
type param struct {
	name      string
	kind      paramKind
	required  bool
	many      bool // takes all arguments that are left; only the last can
	otherwise any  // what holds if it is not given: nil, or a float64, int, bool or string
	options   []string
}

// paramKind says what an argument can be, in the words that editors know.
type paramKind string

const (
	kindAny           paramKind = "any"
	kindBoolean       paramKind = "boolean"
	kindFloat         paramKind = "float"
	kindInteger       paramKind = "integer"
	kindInterval      paramKind = "interval"
	kindIntOrInterval paramKind = "intOrInterval"
	kindIntOrInf      paramKind = "intOrInf"
	kindNode          paramKind = "node"
	kindNodeOrTag     paramKind = "nodeOrTag"
	kindSeriesList    paramKind = "seriesList"
	kindString        paramKind = "string"
	kindTag           paramKind = "tag"
	kindAggFunc       paramKind = "aggFunc"
	kindAggOrSeries   paramKind = "aggOrSeriesFunc"
)

// need is a param that must be given.
func need(name string, kind paramKind) param { return param{name: name, kind: kind, required: true} }

// may is a param that can be left out.
func may(name string, kind paramKind, otherwise any) param {
	return param{name: name, kind: kind, otherwise: otherwise}
}

// many is a last param that can be given several times, or not at all.
func many(name string, kind paramKind) param { return param{name: name, kind: kind, many: true} }

// some is a last param that can be given several times, and must be once.
func some(name string, kind paramKind) param {
	return param{name: name, kind: kind, many: true, required: true}
}

// The groups of functions.
const (
	groupAlias     = "Alias"
	groupCalculate = "Calculate"
	groupCombine   = "Combine"
	groupData      = "Filter Data"
	groupFilter    = "Filter Series"
	groupGraph     = "Graph"
	groupSorting   = "Sorting"
	groupSpecial   = "Special"
	groupTransform = "Transform"
)

// functions are all that targets can call, by name.
func functions() map[string]*function {
	all := map[string]*function{}
	for _, family := range [][]function{
		aliasFunctions(), combineFunctions(), listFunctions(), groupFunctions(), transformFunctions(), rateFunctions(),
		bucketFunctions(), windowFunctions(), shiftFunctions(), filterFunctions(), dataFunctions(),
		percentileFunctions(), sortFunctions(), specialFunctions(), graphFunctions(),
	} {
		for _, f := range family {
			all[f.name] = &f
		}
	}
	return all
}

func lookup(all map[string]*function, name string) (*function, error) {
	if f, ok := all[name]; ok {
		return f, nil
	}
	if meant := nearest.Word(name, slices.Sorted(maps.Keys(all))); meant != "" {
		return nil, faultf("unknown function: %s (did you mean %s?)", name, meant)
	}
	return nil, faultf("unknown function: %s", name)
}

// inFunction says in which function a question's mistake lies.
func inFunction(name string, err error) error {
	var f *fault
	if errors.As(err, &f) && !f.placed {
		return &fault{text: fmt.Sprintf("%s: %s", name, f.text), placed: true}
	}
	return err
}
