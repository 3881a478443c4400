// Package floors_test holds the house to its plan: imports go strictly down,
// and rooms on one floor never know of each other (see ARCHITECTURE.md).
package floors_test

import (
	"encoding/json"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/plumbago/plumbago"

// floors lists the rooms from the ground up. A pattern is a path below the
// module, as path.Match reads it.
var floors = [][]string{
	{"metric", "internal/*", "internal/*/*"},
	{"wire/*", "tenant", "route", "queue", "whisper", "config/carbonconf", "config/crelayconf", "config/crngconf", "config/stunnelconf"},
	{"receive", "deliver", "config", "render", "deliver/*/*test", "bus/*/*test"},
	{"relay", "deliver/*", "deliver/*/*", "bus/*", "bus/*/*"},
	{"admin"},
	{"cmd/plumbago"},
}

type pkg struct {
	ImportPath string
	Imports    []string
	Module     struct{ Path string }
}

func TestImportsGoStrictlyDown(t *testing.T) {
	for _, p := range list(t) {
		room := strings.TrimPrefix(p.ImportPath, module+"/")
		from, ok := floor(room)
		if slices.Contains(outside, room) {
			from, ok = -1, true
		}
		if !ok {
			t.Errorf("%s stands on no floor: give it one in %s and in ARCHITECTURE.md", room, t.Name())
			continue
		}
		for _, imported := range p.Imports {
			to, ours := strings.CutPrefix(imported, module+"/")
			if !ours || mechanism(room, to) {
				continue
			}
			if below, _ := floor(to); below >= from {
				t.Errorf("%s (floor %d) imports %s (floor %d): imports go strictly down", room, from, to, below)
			}
		}
	}
}

func TestOnlyTheCommandKnowsTheConfiguration(t *testing.T) {
	for _, p := range list(t) {
		room := strings.TrimPrefix(p.ImportPath, module+"/")
		for _, imported := range p.Imports {
			if imported == module+"/config" && !strings.HasPrefix(room, "cmd/") {
				t.Errorf("%s imports config: only cmd may see both configuration and parts", room)
			}
		}
	}
}

// list returns the module's packages without their tests.
func list(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,Module", module+"/...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var pkgs []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p pkg
		if err := d.Decode(&p); err != nil {
			t.Fatalf("go list: %v", err)
		}
		if len(p.Imports) > 0 || p.ImportPath != module {
			pkgs = append(pkgs, p)
		}
	}
	if len(pkgs) < 3 {
		t.Fatalf("got %d packages, want the whole module", len(pkgs))
	}
	return pkgs
}

// outside are rooms that look at the house from outside: they may import
// nothing of it.
var outside = []string{"bench", "e2e", "torture", "contrib", "packaging", "packaging/installed"}

// mechanism reports whether room is a mechanism that stands on a smaller one, or
// on the shape in the middle: on the ground floor that is allowed, since the
// compiler forbids circles.
func mechanism(room, imported string) bool {
	at, _ := floor(imported)
	return strings.HasPrefix(room, "internal/") && at == 0
}

func floor(room string) (int, bool) {
	for n, rooms := range floors {
		for _, pattern := range rooms {
			if ok, _ := path.Match(pattern, room); ok {
				return n, true
			}
		}
	}
	return 0, false
}
