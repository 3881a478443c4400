package render

import (
	"math"
	"strconv"
)

func transformFunctions() []function {
	list := need("seriesList", kindSeriesList)
	limit := may("limit", kindIntOrInf, math.Inf(1))
	factor := []param{list, need("factor", kindFloat)}
	return []function{
		{"scale", groupTransform, "Multiplies every value by a factor.", factor, scale},
		{"scaleToSeconds", groupTransform, "Turns values of a step into values of so many seconds.",
			[]param{list, need("seconds", kindFloat)}, scaleToSeconds},
		{"offset", groupTransform, "Adds a number to every value.", factor, offset},
		{"add", groupTransform, "Adds a number to every value.", []param{list, need("constant", kindFloat)}, add},
		{"offsetToZero", groupTransform, "Moves each series so that its least value is zero.", []param{list}, offsetToZero},
		{"absolute", groupTransform, "Takes the sign from every value.", []param{list}, plain("absolute", math.Abs)},
		{"invert", groupTransform, "One divided by every value.", []param{list}, plain("invert", inverse)},
		{"squareRoot", groupTransform, "The square root of every value.", []param{list}, plain("squareRoot", squareRoot)},
		{"pow", groupTransform, "Raises every value to a power.", factor, pow},
		{"log", groupTransform, "The logarithm of every value.", []param{list, may("base", kindInteger, 10)}, logarithm},
		{"round", groupTransform, "Rounds every value to so many decimal places.",
			[]param{list, may("precision", kindInteger, nil)}, round},
		{"keepLastValue", groupTransform, "Fills gaps of at most limit points with the value before them.",
			[]param{list, limit}, keepLastValue},
		{"interpolate", groupTransform, "Fills gaps of at most limit points with a straight line.", []param{list, limit}, interpolate},
		{"transformNull", groupTransform, "Puts a value where none is known; only where a reference series has one, if there is a reference.",
			[]param{list, may("default", kindFloat, 0), may("referenceSeries", kindSeriesList, nil)}, transformNull},
		{"isNonNull", groupTransform, "1 where a value is known, 0 elsewhere.", []param{list}, isNonNull},
		{"minMax", groupTransform, "Stretches each series so that its values lie between 0 and 1.", []param{list}, minMax},
	}
}

// plain makes a function of one value each, without settings.
func plain(name string, f func(float64) float64) func(*call) ([]*series, error) {
	return func(c *call) ([]*series, error) {
		for _, s := range c.list(0) {
			s.tags[name] = "1"
			s.wrap(name)
			s.each(f)
		}
		return c.list(0), nil
	}
}

func inverse(v float64) float64 { return raised(v, -1) }

func squareRoot(v float64) float64 { return raised(v, 0.5) }

// raised is unknown where Python would complain: out of range, or no real number.
func raised(v, power float64) float64 {
	p := math.Pow(v, power)
	if math.IsInf(p, 0) && !math.IsInf(v, 0) && !math.IsInf(power, 0) {
		return unknown
	}
	return p
}

func scale(c *call) ([]*series, error) {
	factor := c.number(1)
	for _, s := range c.list(0) {
		s.tags["scale"] = c.text(1)
		s.rename("scale(" + s.name + "," + short(factor) + ")")
		s.each(func(v float64) float64 { return v * factor })
	}
	return c.list(0), nil
}

func scaleToSeconds(c *call) ([]*series, error) {
	seconds := c.number(1)
	for _, s := range c.list(0) {
		s.tags["scaleToSeconds"] = c.text(1)
		s.rename("scaleToSeconds(" + s.name + "," + whole(seconds) + ")")
		factor := seconds / float64(s.step)
		s.each(func(v float64) float64 { return round6(v * factor) })
	}
	return c.list(0), nil
}

// whole writes the part of f before the point.
func whole(f float64) string { return strconv.FormatFloat(math.Trunc(f)+0, 'f', 0, 64) }

func offset(c *call) ([]*series, error) {
	by := c.number(1)
	for _, s := range c.list(0) {
		s.tags["offset"] = c.text(1)
		s.rename("offset(" + s.name + "," + short(by) + ")")
		s.each(func(v float64) float64 { return v + by })
	}
	return c.list(0), nil
}

func add(c *call) ([]*series, error) {
	by := c.number(1)
	for _, s := range c.list(0) {
		s.tags["add"] = c.text(1)
		s.rename("add(" + s.name + "," + whole(by) + ")")
		s.each(func(v float64) float64 { return v + by })
	}
	return c.list(0), nil
}

func offsetToZero(c *call) ([]*series, error) {
	for _, s := range c.list(0) {
		lowest := least(s.values)
		s.tags["offsetToZero"] = "None"
		if known(lowest) {
			s.tags["offsetToZero"] = repr(lowest)
		}
		s.wrap("offsetToZero")
		s.each(func(v float64) float64 { return v - lowest })
	}
	return c.list(0), nil
}

func pow(c *call) ([]*series, error) {
	power := c.number(1)
	for _, s := range c.list(0) {
		s.tags["pow"] = c.text(1)
		s.rename("pow(" + s.name + "," + short(power) + ")")
		s.each(func(v float64) float64 { return raised(v, power) })
	}
	return c.list(0), nil
}

func logarithm(c *call) ([]*series, error) {
	base := c.number(1)
	if base <= 0 || base == 1 {
		return nil, faultf("there is no logarithm with the base %s", c.text(1))
	}
	for _, s := range c.list(0) {
		s.tags["log"] = c.text(1)
		s.rename("log(" + s.name + ", " + c.text(1) + ")")
		s.each(func(v float64) float64 {
			if v <= 0 {
				return unknown
			}
			return math.Log(v) / math.Log(base)
		})
	}
	return c.list(0), nil
}

func round(c *call) ([]*series, error) {
	places := c.integer(1)
	for _, s := range c.list(0) {
		s.tags["round"] = strconv.Itoa(places)
		if c.has(1) {
			s.rename("round(" + s.name + "," + short(float64(places)) + ")")
		} else {
			s.wrap("round")
		}
		s.each(func(v float64) float64 { return roundPlaces(v, places) })
	}
	return c.list(0), nil
}

func minMax(c *call) ([]*series, error) {
	for _, s := range c.list(0) {
		s.wrap("minMax")
		lowest, highest := least(s.values), most(s.values)
		s.each(func(v float64) float64 {
			if highest == lowest {
				return 0
			}
			return (v - lowest) / (highest - lowest)
		})
	}
	return c.list(0), nil
}
