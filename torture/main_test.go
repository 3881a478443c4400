package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// binaryVariable names the environment's variable with the binary under test.
// Where it is not set, one with levers is made.
const binaryVariable = "PLUMBAGO_BINARY"

func TestMain(m *testing.M) {
	if os.Getenv(roleVariable) != "" {
		main()
		return
	}
	flag.Parse()
	os.Exit(m.Run())
}

// TestAShortTorture is the short form of `make torture`.
func TestAShortTorture(t *testing.T) {
	if testing.Short() {
		t.Log("left out in short mode: it takes half a minute")
		return
	}
	s := settings{Time: 12 * time.Second, Round: 6 * time.Second, Seed: uint64(time.Now().UnixNano() % 1e9), Rate: 800,
		Binary: os.Getenv(binaryVariable), Dir: t.TempDir()}
	var said bytes.Buffer
	if err := launch(t.Context(), s, &said, &said); err != nil {
		t.Errorf("%v:\n%s", err, said.String())
	}
	t.Log(said.String())
	words := []string{"line ", "pickle ", "http ", " gateway: ", " configuration: ", " clients: ", " line: ", " limited: ", " pickle: ", " http: "}
	if !strings.Contains(said.String(), "left out") { // as everywhere but for root on Linux
		words = append(words, " clock: ", " disk: full", " disk below: ", " network: ")
	}
	for _, word := range words {
		if !strings.Contains(said.String(), word) || strings.Contains(said.String(), word+"  0 delivered") {
			t.Errorf("the report does not tell of %s", word)
		}
	}
}

func TestCommandLinesThatAreWrong(t *testing.T) {
	for _, test := range []struct{ name, args, want string }{
		{"an unknown flag", "-fast", "not defined: -fast"},
		{"a word", "gently", `"gently" is no flag`},
		{"no time", "-time 0s", "more than nothing"},
		{"no binary", "-plumbago ./nothing", "no such file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var said bytes.Buffer
			err := run(t.Context(), strings.Fields(test.args), &said, &said)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestTheSameSeedDrawsTheSameFaults(t *testing.T) {
	for _, f := range []fault{draw(source(7, 0, "disk"), many), draw(source(7, 0, "disk"), many)} {
		if want := draw(source(7, 0, "disk"), many); f.name != want.name {
			t.Errorf("got %s, want %s", f.name, want.name)
		}
	}
	differ := 0
	for n := range 20 {
		if draw(source(7, n, "disk"), many).name != draw(source(8, n, "disk"), many).name {
			differ++
		}
	}
	if differ == 0 {
		t.Error("another seed draws the same faults")
	}
}

var many = func() (of []fault) {
	for n := range 20 {
		of = append(of, fault{name: fmt.Sprint(n), weight: 1 + n})
	}
	return of
}()
