package route_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/plumbago/plumbago/route"
)

// TestExpressionsThatAreTooLong: one as long as may be is taken apart soon, a longer one
// is refused at once.
func TestExpressionsThatAreTooLong(t *testing.T) {
	var long strings.Builder
	for i := 0; long.Len() < 1<<20; i++ {
		fmt.Fprintf(&long, "a%d.*b.*c|", i)
	}
	for length, want := range map[int]string{60_000: "", 1 << 20: "more than 65536"} {
		began := time.Now()
		expr := long.String()[:length-length%7] + "x"
		_, err := route.New(route.Options{Rules: []route.Rule{{Match: expr, To: []string{"a"}}}, Destinations: []string{"a"}})
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("%d bytes: got an answer after %v, want it soon", length, took)
		}
		if got := fmt.Sprint(err); (err == nil) != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%d bytes: got error %v, want %q in it", length, err, want)
		}
	}
}
