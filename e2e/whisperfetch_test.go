package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// whisperData is what whisper-fetch prints of a file.
type whisperData struct {
	Start, Step int64
	Values      []*float64
}

// whisperFetch reads values by second, from one time up to another, of a name
// in a carbon cache's database. A name without a file has no values.
func whisperFetch(t *testing.T, database, name string, from, until int64) map[int64]float64 {
	t.Helper()
	file := filepath.Join(database, strings.ReplaceAll(name, ".", "/")+".wsp")
	if _, err := os.Stat(file); err != nil {
		return nil
	}
	fetch := program(t, "whisper-fetch", "python3-whisper")
	out, err := exec.Command(fetch, "--json", fmt.Sprintf("--from=%d", from), fmt.Sprintf("--until=%d", until), file).CombinedOutput()
	if err != nil {
		t.Fatalf("whisper-fetch %s: %v\n%s", file, err, out)
	}
	var w whisperData
	if err := json.Unmarshal(out, &w); err != nil {
		t.Fatalf("whisper-fetch %s: %v in %q", file, err, out)
	}
	return w.bySecond()
}

func (w whisperData) bySecond() map[int64]float64 {
	values := map[int64]float64{}
	for i, v := range w.Values {
		if v != nil {
			values[w.Start+int64(i)*w.Step] = *v
		}
	}
	return values
}
