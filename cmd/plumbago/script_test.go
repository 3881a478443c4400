package main

import (
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"plumbago": main})
}

// TestScript runs the command line as users type it: testdata/script/*.txtar.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               freePorts,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"wait-http": waitHTTP,
		},
	})
}

// freePorts sets PORT1 to PORT4 to ports of 127.0.0.1 that were free just now.
func freePorts(env *testscript.Env) error {
	for i := 1; i <= 4; i++ {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer l.Close()
		env.Setenv(fmt.Sprintf("PORT%d", i), fmt.Sprint(l.Addr().(*net.TCPAddr).Port))
	}
	return nil
}

// waitHTTP is `wait-http URL`: it waits until the URL answers 200.
func waitHTTP(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: wait-http URL")
	}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		answer, err := http.Get(args[0])
		if err != nil {
			continue
		}
		answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			return
		}
	}
	ts.Fatalf("%s does not answer 200", args[0])
}
