package whisper_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	store "github.com/plumbago/plumbago/deliver/whisper"
	"github.com/plumbago/plumbago/render"
)

func TestFetchLeavesOutWhatThereIsNot(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, []string{"good", "empty"})
	for name, text := range map[string]string{"damaged": "no whisper file", "short": "x", "folder/x": ""} {
		os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755)
		if err := os.WriteFile(filepath.Join(dir, name+".wsp"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "isfolder.wsp"), 0o755); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	s := open(t, store.Options{Dir: dir, FlushEvery: time.Hour, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	c := dial(t, s)
	send(t, c, batch(line("good", 1, 0), line("waiting", 2, 0)))
	ask := []string{"none", "good", "a..b", "../../etc/passwd", "x;y=z", "damaged", "short", "isfolder", "waiting", "empty", "", "good.below"}
	now := time.Now().Unix()
	for range 2 {
		got, err := s.Fetch(t.Context(), ask, render.Range{From: now - 600, Until: now, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, one := range got {
			found = append(found, fmt.Sprint(one.Name, known(one)))
		}
		slices.Sort(found)
		if want := []string{"empty[]", "good[1]", "waiting[2]"}; !slices.Equal(found, want) {
			t.Errorf("got %q, want %q", found, want)
		}
	}
	if n := strings.Count(log.String(), "cannot be used"); n != 3 {
		t.Errorf("got %d messages about unusable files, want 3: %s", n, log.String())
	}
	closeConn(t, c)
}

func TestFetchOfTimesThatThereAreNot(t *testing.T) {
	s := open(t, store.Options{FlushEvery: time.Hour})
	c := dial(t, s)
	send(t, c, batch(line("a", 1, 0)))
	now := time.Now().Unix()
	for _, r := range []render.Range{{From: now + 10, Until: now + 20, Now: now}, {From: 10, Until: 20, Now: now}, {From: now, Until: now - 1, Now: now}} {
		if got, err := s.Fetch(t.Context(), []string{"a"}, r); err != nil || len(got) > 0 {
			t.Errorf("%v: got %v and error %v, want nothing", r, got, err)
		}
	}
	closeConn(t, c)
}

func TestQuestionsEndWithTheirContext(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, tree)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, bytes := range []int64{0, 1} {
		s := open(t, store.Options{Dir: dir, IndexBytes: bytes})
		now := time.Now().Unix()
		for name, ask := range map[string]func() error{
			"fetch": func() error {
				_, err := s.Fetch(ctx, []string{"a"}, render.Range{From: 1, Until: now, Now: now})
				return err
			},
			"find":   func() error { _, err := s.Find(ctx, "*", many); return err },
			"tag":    func() error { _, err := s.Find(ctx, "tagged;a=b", many); return err },
			"names":  func() error { _, err := s.Names(ctx, many); return err },
			"tagged": func() error { _, err := s.Tagged(ctx, nil, many); return err },
			"search": func() error { _, err := s.Search(ctx, nil, many); return err },
		} {
			if err := ask(); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: got %v, want that the context is done", name, err)
			}
		}
	}
}

func TestFetchStopsBeforeThereIsTooMuch(t *testing.T) {
	dir := t.TempDir()
	fill(t, dir, []string{"a", "b", "c"})
	s := open(t, store.Options{Dir: dir})
	now := time.Now().Unix()
	for most, want := range map[int]error{0: nil, 30: nil, 29: render.ErrTooMany, 1: render.ErrTooMany} {
		got, err := s.Fetch(t.Context(), []string{"a", "b", "c"}, render.Range{From: now - 100, Until: now, Now: now, Most: most})
		if !errors.Is(err, want) || want == nil && len(got) != 3 {
			t.Errorf("at most %d: got %d series and error %v, want %v", most, len(got), err, want)
		}
	}
}
