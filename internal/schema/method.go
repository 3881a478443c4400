package schema

// Method is how a coarse value is made of fine ones. The numbers are those of
// Whisper's files.
type Method uint32

// The methods that there are.
const (
	Average Method = 1 + iota // of the known values
	Sum                       // of the known values
	Last                      // known value
	Max                       // known value
	Min                       // known value
	AvgZero                   // average of all values, an unknown one being 0
	AbsMax                    // known value farthest from 0
	AbsMin                    // known value nearest to 0
)

var methods = [...]string{"average", "sum", "last", "max", "min", "avg_zero", "absmax", "absmin"}

// ParseMethod reads a method's name.
func ParseMethod(name string) (Method, bool) {
	for i, one := range methods {
		if one == name {
			return Method(i + 1), true
		}
	}
	return 0, false
}

// Valid reports whether there is such a method.
func (m Method) Valid() bool { return m >= 1 && int(m) <= len(methods) }

// String is the method's name.
func (m Method) String() string {
	if !m.Valid() {
		return "unknown"
	}
	return methods[m-1]
}

// Methods lists the names of all methods.
func Methods() []string { return methods[:] }
