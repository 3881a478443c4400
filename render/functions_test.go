package render_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/render"
)

var nan = math.NaN()

// small is a store of a few series of six minutes up to second 1200.
func small() *memory {
	m := newMemory()
	for name, values := range map[string][]float64{
		"web.a.hits":              {1, 2, 3, 4, 5, 6},
		"web.b.hits":              {10, nan, 30, 40, nan, 60},
		"web.c.hits":              {nan, nan, nan, nan, nan, nan},
		"web.a.count":             {5, 7, 7, 2, 4, 4},
		"disk;host=a;mount=root":  {1, 1, 1, 1, 1, 1},
		"disk;host=b;mount=root":  {2, 2, 2, 2, 2, 2},
		"disk;host=b;mount=spare": {4, 4, 4, 4, 4, 4},
	} {
		m.put(render.Series{Name: name, From: 900, Step: 60, Values: values})
	}
	m.put(render.Series{Name: "slow", From: 840, Step: 120, Values: []float64{0, 100, 200, 300}})
	return m
}

// at is a Handler at second 1200.
func at(store render.Store, l render.Limits) *render.Handler {
	return render.New(store, render.Options{Now: func() time.Time { return time.Unix(1200, 0) }, Limits: l})
}

// TestFunctions shows what functions make of the six minutes from 900 on.
func TestFunctions(t *testing.T) {
	h := at(small(), render.Limits{})
	for _, tt := range []struct{ target, want string }{
		{"web.a.hits", "web.a.hits 900/60: 1 2 3 4 5 6"},
		{"web.{c,b}.*", "web.b.hits 900/60: 10 - 30 40 - 60; web.c.hits 900/60: - - - - - -"},
		{"sumSeries(web.*.hits)", "sumSeries(web.*.hits) 900/60: 11 2 33 44 5 66"},
		{"averageSeries(web.*.hits)", "averageSeries(web.*.hits) 900/60: 5.5 2 16.5 22 5 33"},
		{"diffSeries(web.b.hits,web.a.hits)", "diffSeries(web.b.hits,web.a.hits) 900/60: 9 2 27 36 5 54"},
		{"multiplySeries(web.a.hits,web.b.hits)", "multiplySeries(web.a.hits,web.b.hits) 900/60: 10 - 90 160 - 360"},
		{"sumSeries(web.a.hits,slow)", "sumSeries(web.a.hits,slow) 900/120: 101.5 203.5 305.5"},
		{"aggregate(web.*.hits,'sum',0.6)", "sumSeries(web.*.hits) 900/60: 11 - 33 44 - 66"},
		{"groupByNode(web.*.*,1,'sum')", "a 900/60: 6 9 10 6 9 10; b 900/60: 10 - 30 40 - 60; c 900/60: - - - - - -"},
		{"divideSeries(web.b.hits,web.a.hits)", "divideSeries(web.b.hits,web.a.hits) 900/60: 10 - 10 10 - 10"},
		{"divideSeries(web.a.hits,nothing)", "divideSeries(web.a.hits,MISSING) 900/60: - - - - - -"},
		{"asPercent(web.a.hits,50)", "asPercent(web.a.hits,50) 900/60: 2 4 6 8 10 12"},
		{"scale(web.a.hits,2.5)", "scale(web.a.hits,2.5) 900/60: 2.5 5 7.5 10 12.5 15"},
		{"perSecond(web.a.count)", "perSecond(web.a.count) 900/60: - 0.033333 0 - 0.033333 0"},
		{"nonNegativeDerivative(web.a.count,9)", "nonNegativeDerivative(web.a.count) 900/60: - 2 0 5 2 0"},
		{"integral(web.b.hits)", "integral(web.b.hits) 900/60: 10 - 40 80 - 140"},
		{"keepLastValue(web.b.hits)", "keepLastValue(web.b.hits) 900/60: 10 10 30 40 40 60"},
		{"interpolate(web.b.hits)", "interpolate(web.b.hits) 900/60: 10 20 30 40 50 60"},
		{"transformNull(web.b.hits,-1)", "transformNull(web.b.hits,-1) 900/60: 10 -1 30 40 -1 60"},
		{"summarize(web.a.hits,'2min')", `summarize(web.a.hits, "2min", "sum") 840/120: 1 5 9 6`},
		{"summarize(web.a.hits,'2min','max',true)", `summarize(web.a.hits, "2min", "max", true) 900/120: 2 4 6`},
		{"movingAverage(web.a.hits,2)", "movingAverage(web.a.hits,2) 900/60: - 1 1.5 2.5 3.5 4.5"},
		{"movingMedian(web.b.hits,'3min')", `movingMedian(web.b.hits,"3min") 900/60: - 10 10 20 35 35`},
		{"timeShift(web.a.hits,'2min')", `timeShift(web.a.hits, "-2min") 900/60: - - 1 2 3 4`},
		{"highestMax(web.*.hits,1)", "web.b.hits 900/60: 10 - 30 40 - 60"},
		{"limit(sortByName(web.*.hits,reverse=true),2)", "web.c.hits 900/60: - - - - - -; web.b.hits 900/60: 10 - 30 40 - 60"},
		{"removeAboveValue(web.a.hits,3)", "removeAboveValue(web.a.hits, 3) 900/60: 1 2 3 - - -"},
		{"aliasSub(web.a.hits,'^web\\.(.).*','<\\1>')", "<a> 900/60: 1 2 3 4 5 6"},
		{"aliasByNode(scale(web.a.hits,2),1,-1)", "a.hits 900/60: 2 4 6 8 10 12"},
		{"aliasByTags(seriesByTag('name=disk','mount=root'),'host')", "a 900/60: 1 1 1 1 1 1; b 900/60: 2 2 2 2 2 2"},
		{"groupByTags(seriesByTag('name=disk'),'sum','host')", "disk;host=a 900/60: 1 1 1 1 1 1; disk;host=b 900/60: 6 6 6 6 6 6"},
		{"constantLine(3)", "3.0 899/150: 3 3 3"},
		{"web.a.hits|scale(2)|alias('twice')", "twice 900/60: 2 4 6 8 10 12"},
		{"nothing.here", ""},
		{"group(scale(web.a.hits,2),web.a.hits)", "scale(web.a.hits,2) 900/60: 2 4 6 8 10 12; web.a.hits 900/60: 1 2 3 4 5 6"},
		{"aggregate(web.*.hits,'max',0.5)", "maxSeries(web.*.hits) 900/60: 10 - 30 40 - 60"},
		{"aggregate(web.{a,b}.hits,'max',0.5)", "maxSeries(web.{a,b}.hits) 900/60: 10 2 30 40 5 60"},
		{"aggregate(web.{a,b}.hits,'range')", "rangeSeries(web.{a,b}.hits) 900/60: 9 0 27 36 0 54"},
		{"aggregate(web.{a,b}.hits,'stddev')", "stddevSeries(web.{a,b}.hits) 900/60: 4.5 0 13.5 18 0 27"},
		{"aggregate(web.{a,b}.hits,'avg_zero')", "avg_zeroSeries(web.{a,b}.hits) 900/60: 5.5 1 16.5 22 2.5 33"},
		{"countSeries(web.*.hits)", "countSeries(web.*.hits) 900/60: 3 3 3 3 3 3"},
		{"sumSeriesWithWildcards(web.{a,b}.*,1)", "web.count 900/60: 5 7 7 2 4 4; web.hits 900/60: 11 2 33 44 5 66"},
		{"groupByNode(web.{a,b}.hits,2,'countSeries')", "hits 900/60: 2 2 2 2 2 2"},
		{"groupByNodes(web.a.*,'max',0,2)", "web.count 900/60: 5 7 7 2 4 4; web.hits 900/60: 1 2 3 4 5 6"},
		{"groupByTags(seriesByTag('name=disk'),'max','mount','host')", "disk;host=a;mount=root 900/60: 1 1 1 1 1 1; disk;host=b;mount=root 900/60: 2 2 2 2 2 2; disk;host=b;mount=spare 900/60: 4 4 4 4 4 4"},
		{"keepLastValue(web.b.hits,0)", "keepLastValue(web.b.hits) 900/60: 10 - 30 40 - 60"},
		{"keepLastValue(web.b.hits,1)", "keepLastValue(web.b.hits) 900/60: 10 10 30 40 40 60"},
		{"interpolate(removeBelowValue(web.a.count,5))", "interpolate(removeBelowValue(web.a.count, 5)) 900/60: 5 7 7 - - -"},
		{"transformNull(web.c.hits,7,web.b.hits)", "transformNull(web.c.hits,7,referenceSeries) 900/60: 7 - 7 7 - 7"},
		{"isNonNull(web.b.hits)", "isNonNull(web.b.hits) 900/60: 1 0 1 1 0 1"},
		{"timeShift(web.a.hits,'2min',false)", `timeShift(web.a.hits, "-2min") 900/60: - - 1 2 3 4`},
		{"timeShift(web.a.hits,'+2min')", `timeShift(web.a.hits, "+2min") 900/60: 3 4 5 6`},
		{"timeSlice(web.a.hits,'960','1100')", "timeSlice(web.a.hits, 960, 1100) 900/60: - - 3 4 - -"},
		{"timeStack(web.a.hits,'1min',0,2)", "timeShift(web.a.hits, -1min, 0) 900/60: 1 2 3 4 5 6; timeShift(web.a.hits, -1min, 1) 900/60: - 1 2 3 4 5"},
		{"smartSummarize(web.a.hits,'3min','max')", `smartSummarize(web.a.hits, "3min", "max") 900/180: 3 6`},
		{"smartSummarize(web.a.hits,'3min','max','hours')", `smartSummarize(web.a.hits, "3min", "max") 60/180: - - - - 1 4 6`},
		{"hitcount(web.a.hits,'2min')", `hitcount(web.a.hits, "2min") 900/120: 180 420 660`},
		{"delay(web.a.hits,2)", "delay(web.a.hits,2) 900/60: - - 1 2 3 4"},
		{"delay(web.a.hits,-2)", "delay(web.a.hits,-2) 900/60: 3 4 5 6 - -"},
		{"changed(web.b.hits)", "changed(web.b.hits) 900/60: 0 0 1 1 0 1"},
		{"derivative(web.b.hits)", "derivative(web.b.hits) 900/60: - - - 10 - -"},
		{"nonNegativeDerivative(web.a.count,minValue=1)", "nonNegativeDerivative(web.a.count) 900/60: - 2 0 1 2 0"},
		{"nonNegativeDerivative(web.a.count,6)", "nonNegativeDerivative(web.a.count) 900/60: - - - - 2 0"},
		{"asPercent(web.{a,b}.hits)", "asPercent(web.a.hits,sumSeries(web.{a,b}.hits)) 900/60: 9.09091 100 9.09091 9.09091 100 9.09091; asPercent(web.b.hits,sumSeries(web.{a,b}.hits)) 900/60: 90.9091 - 90.9091 90.9091 - 90.9091"},
		{"asPercent(web.a.*,None,0)", "asPercent(web.a.count,sumSeries(web.a.*)) 900/60: 83.3333 77.7778 70 33.3333 44.4444 40; asPercent(web.a.hits,sumSeries(web.a.*)) 900/60: 16.6667 22.2222 30 66.6667 55.5556 60"},
		{"asPercent(web.a.hits,web.b.hits,1)", "asPercent(web.a.hits,MISSING) 900/60: - - - - - -; asPercent(MISSING,web.b.hits) 900/60: - - - - - -"},
		{"sortByMaxima(web.*.hits)", "web.b.hits 900/60: 10 - 30 40 - 60; web.a.hits 900/60: 1 2 3 4 5 6; web.c.hits 900/60: - - - - - -"},
		{"sortByMinima(web.*.hits)", "web.a.hits 900/60: 1 2 3 4 5 6; web.b.hits 900/60: 10 - 30 40 - 60"},
		{"lowestCurrent(web.{a,b}.hits,1)", "web.a.hits 900/60: 1 2 3 4 5 6"},
		{"limit(web.{a,b}.hits,-1)", "web.a.hits 900/60: 1 2 3 4 5 6"},
		{"currentAbove(web.*.hits,6)", "web.b.hits 900/60: 10 - 30 40 - 60"},
		{"averageBelow(web.*.hits,3.5)", "web.a.hits 900/60: 1 2 3 4 5 6; web.c.hits 900/60: - - - - - -"},
		{"filterSeries(web.{a,b}.hits,'min','=',10)", "web.b.hits 900/60: 10 - 30 40 - 60"},
		{"removeEmptySeries(web.*.hits,0.7)", "web.a.hits 900/60: 1 2 3 4 5 6"},
		{"exclude(web.*.hits,'\\.[bc]\\.')", "web.a.hits 900/60: 1 2 3 4 5 6"},
		{"grep(web.a.*,'hit')", "web.a.hits 900/60: 1 2 3 4 5 6"},
		{"unique(web.a.hits,web.a.hits)", "web.a.hits 900/60: 1 2 3 4 5 6"},
		{"nPercentile(web.a.hits,50)", "nPercentile(web.a.hits, 50) 900/60: 4 4 4 4 4 4"},
		{"removeAbovePercentile(web.a.hits,50)", "removeAbovePercentile(web.a.hits, 50) 900/60: 1 2 3 4 - -"},
		{"percentileOfSeries(web.{a,b}.hits,50,true)", "percentileOfSeries(web.{a,b}.hits,50) 900/60: 5.5 2 16.5 22 5 33"},
		{"movingSum(web.b.hits,3,0.6)", "movingSum(web.b.hits,3) 900/60: - - - 40 70 70"},
		{"movingWindow(web.a.hits,2,'range')", "movingRange(web.a.hits,2) 900/60: - 0 1 1 1 1"},
		{"exponentialMovingAverage(web.a.hits,3)", "exponentialMovingAverage(web.a.hits,3) 900/60: 0 0.5 1.25 2.125 3.0625 4.03125 5.01562"},
		{"aggregateLine(web.a.hits,'max')", "aggregateLine(web.a.hits, 6) 899/150: 6 6 6"},
		{"fallbackSeries(nothing,web.a.hits)", "web.a.hits 900/60: 1 2 3 4 5 6"},
		{"sumSeries(setXFilesFactor(web.{a,b}.hits,0.9))", "sumSeries(web.{a,b}.hits) 900/60: 11 - 33 44 - 66"},
		{"substr(scale(web.a.hits,2),1,2)", "a 900/60: 2 4 6 8 10 12"},
		{"aliasByMetric(scale(web.a.hits,2))", "hits 900/60: 2 4 6 8 10 12"},
		{"absolute(offset(web.a.hits,-4))", "absolute(offset(web.a.hits,-4)) 900/60: 3 2 1 0 1 2"},
		{"invert(offset(web.a.hits,-4))", "invert(offset(web.a.hits,-4)) 900/60: -0.333333 -0.5 -1 - 1 0.5"},
		{"threshold(4,'high')", "high 899/150: 4 4 4"},
		{"color(web.a.hits,'red')", "web.a.hits 900/60: 1 2 3 4 5 6"},
	} {
		t.Run(tt.target, func(t *testing.T) {
			a := ask(h, get("/render", "target", tt.target, "from", "899", "until", "1200", "format", "json"))
			if a.Status != 200 {
				t.Fatalf("got status %d: %s", a.Status, a.Body)
			}
			if got := shown(t, a.Body); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// shown writes series as name from/step: values.
func shown(t *testing.T, body string) string {
	t.Helper()
	var all []string
	for _, r := range decode(t, body) {
		var b strings.Builder
		fmt.Fprintf(&b, "%s ", r.Target)
		for i, p := range r.Datapoints {
			if i == 0 {
				second, _ := r.Datapoints[min(1, len(r.Datapoints)-1)][1].Int64()
				first, _ := p[1].Int64()
				fmt.Fprintf(&b, "%d/%d:", first, second-first)
			}
			if p[0] == nil {
				b.WriteString(" -")
			} else {
				f, _ := p[0].Float64()
				fmt.Fprintf(&b, " %.6g", f)
			}
		}
		all = append(all, b.String())
	}
	return strings.Join(all, "; ")
}

// TestPointsBecomeFewer has Graphite's way of moving the beginning along.
func TestPointsBecomeFewer(t *testing.T) {
	h := at(small(), render.Limits{})
	for _, tt := range []struct {
		name, target, points, xff, want string
	}{
		{"average", "web.a.hits", "3", "0", "web.a.hits 960/120: 1.5 3.5 5.5"},
		{"sum", "consolidateBy(web.a.hits,'sum')", "3", "0", `consolidateBy(web.a.hits,"sum") 960/120: 3 7 11`},
		{"gaps", "web.b.hits", "3", "0", "web.b.hits 960/120: 10 35 60"},
		{"too many gaps", "web.b.hits", "3", "0.9", "web.b.hits 960/120: - 35 -"},
		{"one point", "web.a.hits", "1", "0", "web.a.hits 900/0: 3.5"},
		{"enough room", "web.a.hits", "6", "0", "web.a.hits 900/60: 1 2 3 4 5 6"},
		{"no number", "web.a.hits", "many", "0", "web.a.hits 900/60: 1 2 3 4 5 6"},
		{"none", "web.a.hits", "0", "0", "web.a.hits 900/60: 1 2 3 4 5 6"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := ask(h, get("/render", "target", tt.target, "from", "899", "until", "1200", "maxDataPoints", tt.points, "xFilesFactor", tt.xff))
			if got := shown(t, a.Body); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestNoNullPoints(t *testing.T) {
	a := ask(at(small(), render.Limits{}), get("/render", "target", "web.*.hits", "from", "899", "until", "1200", "noNullPoints", "true"))
	if got, want := shown(t, a.Body), "web.a.hits 900/60: 1 2 3 4 5 6; web.b.hits 900/120: 10 30 40 60"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAnswerIsJSONWhateverTheNameIs(t *testing.T) {
	m := newMemory()
	m.put(render.Series{Name: "odd\"\\\x01é", From: 900, Step: 60, Values: []float64{math.Inf(1), math.Inf(-1), 1e300, 5e-324, -0.1, 1e21}})
	a := ask(at(m, render.Limits{}), get("/render", "target", "odd*", "from", "899", "until", "1200"))
	var list []struct {
		Target     string
		Datapoints [][]json.RawMessage
	}
	if err := json.Unmarshal([]byte(a.Body), &list); err != nil || len(list) != 1 || list[0].Target != "odd\"\\\x01é" {
		t.Fatalf("got %+v, %v of %s, want the name as it is", list, err, a.Body)
	}
	var values []string
	for _, p := range list[0].Datapoints {
		values = append(values, string(p[0]))
	}
	if got, want := strings.Join(values, " "), "1e9999 -1e9999 1e+300 5e-324 -0.1 1e+21"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
