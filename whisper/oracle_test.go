package whisper_test

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"io"
	"math"
	"os/exec"
	"strconv"
	"sync"
	"testing"
)

// oracle is Debian's python3-whisper, in one process for all tests.
type oracle struct {
	mu  sync.Mutex
	in  io.WriteCloser
	out *bufio.Reader
}

var startOracle = sync.OnceValues(func() (*oracle, error) {
	cmd := exec.Command("/usr/bin/python3", "testdata/oracle.py")
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	return &oracle{in: in, out: bufio.NewReader(out)}, cmd.Start()
})

// scenario is what is done to a file.
type scenario struct {
	Archives [][2]int64 `json:"archives"`
	XFF      float64    `json:"xff"`
	Method   string     `json:"method"`
	Sparse   bool       `json:"sparse"`
	Updates  []update   `json:"updates"`
	Fetches  [][3]int64 `json:"fetches"` // from, until, now
}

type update struct {
	now    int64
	points []pair
}

type pair struct {
	t int64
	v float64
}

func (u update) MarshalJSON() ([]byte, error) { return json.Marshal([]any{u.now, u.points}) }

func (p pair) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{p.t, strconv.FormatFloat(p.v, 'x', -1, 64)})
}

// outcome is what comes of a scenario.
type outcome struct {
	Err     string
	File    hexBytes
	Fetched []fetched
}

type fetched struct {
	Err    bool
	Time   [3]int64
	Values []hexFloat
}

type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

// hexFloat is NaN for what is unknown.
type hexFloat float64

func (h *hexFloat) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*h = hexFloat(math.NaN())
		return nil
	}
	s, err := strconv.Unquote(string(text))
	if err != nil {
		return err
	}
	f, err := strconv.ParseFloat(s, 64)
	*h = hexFloat(f)
	return err
}

type fataler interface {
	Helper()
	Fatal(args ...any)
}

// ask has python3-whisper do it.
func ask(t fataler, s scenario) (o outcome) {
	t.Helper()
	python, err := startOracle()
	if err != nil {
		t.Fatal(err)
	}
	python.mu.Lock()
	defer python.mu.Unlock()
	if err = json.NewEncoder(python.in).Encode(s); err != nil {
		t.Fatal(err)
	}
	line, err := python.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &o)
	}
	if err != nil {
		t.Fatal("python3-whisper of Debian does not answer: ", err)
	}
	return o
}

// needOracle leaves out what needs it where the tests are to need no peers.
func needOracle(t *testing.T) {
	if testing.Short() {
		t.Skip("it needs python3-whisper")
	}
}
