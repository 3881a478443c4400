package schema

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/plumbago/plumbago/internal/space"
)

// Archive is values of one step for some time.
type Archive struct {
	Step   int64 // seconds from one value to the next
	Points int64 // how many values
}

// Span is the time that the values cover, in seconds.
func (a Archive) Span() int64 { return a.Step * a.Points }

// Seconds in the units of time.
const (
	minute = 60
	hour   = 60 * minute
	day    = 24 * hour
	week   = 7 * day
	year   = 365 * day
)

var units = map[byte]int64{'s': 1, 'm': minute, 'h': hour, 'd': day, 'w': week, 'y': year}

// ParseArchive reads STEP:LENGTH as carbon does: a step in seconds or with one of
// the units s m h d w y, a length in values or with a unit. It is not checked
// whether the values make sense: Check does that.
func ParseArchive(text string) (Archive, error) {
	step, length, ok := strings.Cut(strings.TrimFunc(text, space.Is), ":")
	if !ok || strings.Contains(length, ":") {
		return Archive{}, fmt.Errorf("%q is no retention; write STEP:LENGTH, as in 10s:6h or 60:1440", text)
	}
	var a Archive
	var err error
	if a.Step, _, err = parseSpan(step); err != nil {
		return Archive{}, err
	}
	points, timed, err := parseSpan(length)
	switch {
	case err != nil:
		return Archive{}, err
	case !timed:
		a.Points = points
	case a.Step == 0:
		return Archive{}, fmt.Errorf("%q has a step of 0", text)
	default:
		a.Points = points / a.Step
	}
	return a, nil
}

// parseSpan reads digits and perhaps a unit.
func parseSpan(text string) (n int64, timed bool, err error) {
	unit := int64(1)
	digits := text
	if len(text) > 0 {
		if unit, timed = units[text[len(text)-1]]; timed {
			digits = text[:len(text)-1]
		} else {
			unit = 1
		}
	}
	n, ok := wholeNumber(digits)
	if !ok || n > math.MaxInt64/unit {
		return 0, false, fmt.Errorf("%q is no span of time; write digits, and perhaps one of s m h d w y behind them", text)
	}
	return n * unit, timed, nil
}

// Check reports why Whisper cannot store a series in these archives, which are in
// the order of their steps.
func Check(archives []Archive) error {
	if len(archives) == 0 {
		return errors.New("there is no retention")
	}
	for i, a := range archives {
		if a.Step < 1 || a.Points < 1 || a.Step > math.MaxUint32/a.Points {
			return fmt.Errorf("%d seconds in %d values: a file holds at least one value, a step is at least a second, and no more than 136 years are kept", a.Step, a.Points)
		}
		if i > 0 {
			if err := checkPair(archives[i-1], a); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkPair(fine, coarse Archive) error {
	switch {
	case fine.Step >= coarse.Step:
		return fmt.Errorf("two retentions have a step of %d seconds", coarse.Step)
	case coarse.Step%fine.Step != 0:
		return fmt.Errorf("a step of %d seconds is no multiple of the %d before it", coarse.Step, fine.Step)
	case coarse.Span() <= fine.Span():
		return fmt.Errorf("the values of %d seconds cover no more time than those of %d", coarse.Step, fine.Step)
	case fine.Points < coarse.Step/fine.Step:
		return fmt.Errorf("there are too few values of %d seconds to make one of %d", fine.Step, coarse.Step)
	}
	return nil
}

// Sort puts archives in the order of their steps.
func Sort(archives []Archive) {
	slices.SortStableFunc(archives, func(a, b Archive) int { return cmp.Compare(a.Step, b.Step) })
}

// String is how ParseArchive reads it.
func (a Archive) String() string {
	return strconv.FormatInt(a.Step, 10) + ":" + strconv.FormatInt(a.Points, 10)
}
