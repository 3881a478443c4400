package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"time"

	"github.com/plumbago/plumbago/admin"
	"github.com/plumbago/plumbago/config"
	"github.com/plumbago/plumbago/config/carbonconf"
	"github.com/plumbago/plumbago/relay"
	"github.com/plumbago/plumbago/route"
)

// defaultDataDir is where data goes without a configuration file.
const defaultDataDir = "plumbago-data"

// setup is what a configuration comes to, of whichever kind its files are.
type setup struct {
	file    string // "" for the default configuration
	dataDir string
	admin   string // tcp://host:port of the operators' door beside the socket; "" for none
	access  admin.Access
	maxAge  time.Duration // of points that wait, for the gateway to be ready; 0: any
	log     config.Log
	relay   relay.Options

	database *database // where series are read from

	pidFile, logDir string // as carbon's files say

	certificates []certificate // that it shows

	flaws error              // what a person should mend, and carbon starts with all the same
	notes []carbonconf.Note  // what is accepted without effect
	lists []*carbonconf.List // are read again when they change
}

// source reads a configuration anew each time.
type source func() (*setup, error)

// readInstance reads a configuration file of either kind. The instance is that
// of one of the relays that carbon.conf may describe.
func readInstance(file, instance string) (*setup, error) {
	if isCarbons(file) {
		return fromCarbon(oneFile(file, instance))
	}
	return fromYML(file, &database{})
}

// oneFile is a carbon relay's files where only carbon.conf is named.
func oneFile(file, instance string) carbonFiles {
	return carbonFiles{Options: carbonconf.Options{Path: file, Instance: instance, Env: os.Getenv}}
}

// dataDirOf returns the data folder that a configuration file names. Keys that
// the file takes from elsewhere need not be there: who looks at queues need not
// hold the gateway's secrets.
func dataDirOf(file, instance string) (string, error) {
	if isCarbons(file) {
		running, err := oneFile(file, instance).running()
		return running.dir, err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", usageError{fmt.Errorf("read %s: %w", file, err)}
	}
	dir, err := config.DataDir(file, data, config.Lookup{})
	if err != nil {
		return "", usageError{fmt.Errorf("read %s: %w", file, layOut(err))}
	}
	return dir, nil
}

// isCarbons reports whether file is carbon's kind: sections in brackets.
func isCarbons(file string) bool {
	switch filepath.Ext(file) {
	case ".yml", ".yaml", "":
		return false
	case ".conf":
		return true
	}
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		text := strings.TrimSpace(lines.Text())
		if text != "" && !strings.HasPrefix(text, "#") && !strings.HasPrefix(text, ";") {
			return strings.HasPrefix(text, "[")
		}
	}
	return false
}

// table compiles the routing of s.
func (s *setup) table() (*route.Table, error) {
	t, err := route.New(route.Options{
		Rules: s.relay.Rules, Destinations: s.destinations(),
		Pools: s.relay.Pools, Waiting: func(int) int { return 0 },
		Blacklist: s.relay.Blacklist, Whitelist: s.relay.Whitelist, Quarantine: s.relay.Quarantine,
	})
	if err != nil {
		return nil, usageError{fmt.Errorf("%s: route: %w", s.file, err)}
	}
	return t, nil
}

func (s *setup) running() runningFiles { return runningFiles{dir: s.dataDir} }

// laterThan names what fresh has changed that a reload does not take up.
func (s *setup) laterThan(fresh *setup) (list []string) {
	if s.admin != fresh.admin || s.maxAge != fresh.maxAge || !reflect.DeepEqual(s.access, fresh.access) {
		list = append(list, "admin")
	}
	if s.log != fresh.log {
		list = append(list, "log")
	}
	if s.relay.Own != fresh.relay.Own || s.relay.Dynamic != fresh.relay.Dynamic {
		list = append(list, "the relay's own metrics, and DYNAMIC_ROUTER")
	}
	if !reflect.DeepEqual(s.relay.OwnMetrics, fresh.relay.OwnMetrics) {
		list = append(list, "own")
	}
	return list
}

// operators is who may reach the operators' doors, and how.
func (s *setup) operators() admin.Access {
	a := s.access
	if a.Socket == "" {
		a.Socket = socketIn(s.dataDir)
	}
	return a
}

// keepsTags says whether names go on with their tags as they came.
func (s *setup) keepsTags() bool {
	return len(s.relay.Receivers) > 0 && s.relay.Receivers[0].KeepTags
}

func (s *setup) destinations() []string {
	var names []string
	for _, d := range s.relay.Destinations {
		names = append(names, d.Name)
	}
	return names
}

// layOut puts the errors of files on lines of their own: each has its place.
func layOut(err error) error {
	var ours config.Errors
	var carbons carbonconf.Errors
	switch {
	case errors.As(err, &ours):
		return fmt.Errorf("%s\n%w", plural(len(ours), "mistake"), ours)
	case errors.As(err, &carbons):
		return fmt.Errorf("%s\n%w", plural(len(carbons), "mistake"), carbons)
	}
	return err
}

// plural is a count of things.
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func logger(l config.Log, w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: l.Level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// hostPort is the part of a tcp:// address that a listener takes.
func hostPort(address string) string { return strings.TrimPrefix(address, "tcp://") }
