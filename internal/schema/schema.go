// Package schema says how series are stored: in which steps and for how long, and
// how fine values become coarse ones. It is what storage-schemas.conf and
// storage-aggregation.conf are about.
package schema

import "github.com/plumbago/plumbago/internal/pyregex"

// Schema is how one series is stored.
type Schema struct {
	Archives     []Archive // the finest first, as Check wants them
	XFilesFactor float64   // of an interval's finer values, how many must be known for a coarse one: 0 to 1
	Method       Method    // how a coarse value is made of them
}

// Retention says for how long the series are kept that it is for.
type Retention struct {
	Name     string
	Pattern  *pyregex.Regexp // searched in the series' name; nil finds all
	Archives []Archive       // as Check wants them
}

// Aggregation says how coarse values are made for the series that it is for.
type Aggregation struct {
	Name         string
	Pattern      *pyregex.Regexp // searched in the series' name; nil finds all
	XFilesFactor float64
	Method       Method
}

// Rules give each series its schema: the first of each list that matches. They
// may be asked by many at once, and are not changed while they are.
type Rules struct {
	Retentions   []Retention
	Aggregations []Aggregation
}

// For returns the schema of a series. Where no rule matches it is what carbon does
// then: a value a minute for a week, and Whisper's own way of aggregating.
func (r *Rules) For(name []byte) Schema {
	s := Schema{Archives: []Archive{{Step: minute, Points: week / minute}}, XFilesFactor: DefaultXFilesFactor, Method: DefaultMethod}
	for _, one := range r.Retentions {
		if one.Pattern == nil || one.Pattern.Match(name) {
			s.Archives = one.Archives
			break
		}
	}
	for _, one := range r.Aggregations {
		if one.Pattern == nil || one.Pattern.Match(name) {
			s.XFilesFactor, s.Method = one.XFilesFactor, one.Method
			break
		}
	}
	return s
}

// What Whisper takes where nothing is said.
const (
	DefaultXFilesFactor = 0.5
	DefaultMethod       = Average
)

// Default returns the rules of a store that was given none: every 10 seconds for 6
// hours, every minute for 7 days, every 10 minutes for 5 years. One known value makes
// an interval known, so that series that come each minute or hour last as long.
func Default() *Rules {
	return &Rules{
		Retentions: []Retention{{Name: "default", Archives: []Archive{
			{Step: 10, Points: 6 * hour / 10},
			{Step: minute, Points: week / minute},
			{Step: 10 * minute, Points: 5 * year / (10 * minute)},
		}}},
		Aggregations: []Aggregation{
			{Name: "min", Pattern: ending("min|lower"), Method: Min},
			{Name: "max", Pattern: ending(`max|upper(_\d+)?`), Method: Max},
			{Name: "sum", Pattern: ending("count|sum"), Method: Sum},
			{Name: "counts", Pattern: must(`^stats_counts\.`), Method: Sum},
			{Name: "default", Method: Average},
		},
	}
}

// ending finds names whose last node is one of those, with or without tags.
func ending(nodes string) *pyregex.Regexp { return must(`(^|\.)(` + nodes + `)(;|$)`) }

func must(pattern string) *pyregex.Regexp {
	re, err := pyregex.Compile(pattern, pyregex.Options{})
	if err != nil {
		panic(err)
	}
	return re
}
