package receive

import "time"

// ServeHTTP is Listen for HTTP with another time for each step of a request, ten of
// them for a body.
func ServeHTTP(o Options, sink DurableSink, each time.Duration) (*Listener, error) {
	in := newIntake(o.withDefaults(), sink)
	t, err := listenTCP(in, "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return &Listener{in, newHTTP(t.(*tcp), sink, httpTimes{each, 10 * each, each, 20 * each, each})}, nil
}

// Held is how many bytes a listener holds of its allowance.
func Held(l *Listener) int64 { return l.in.held.used.Load() }

// KeyOf returns the key that an Authorization header shows.
func KeyOf(header string) string { return string(keyOf(nil, header)) }
