// Command fakeblueflood is a Blueflood to try things with: ingest and views in
// memory, with faults on demand, and a login of Rackspace's kind.
//
//	go run ./deliver/blueflood/fakeblueflood -user demo:k-123 -token-life 1m
//	curl -X POST 'http://127.0.0.1:19000/fault?status=429&retry_after=5&times=3'
//	curl -X POST 'http://127.0.0.1:19000/fault?stale=true'
//	curl 'http://127.0.0.1:19000/v2.0/12345/views/a.b?from=0&to=9999999999999&resolution=FULL'
//
// A fault has status, retry_after, reset, silent, slow, max_body, refuse and times;
// without any there is none any more.
package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/plumbago/plumbago/deliver/blueflood/bluefloodtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "fakeblueflood: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("fakeblueflood", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:19000", "where to listen")
	user := flags.String("user", "", "who can log in, `name:key`; without it there is no login")
	life := flags.Duration("token-life", 24*time.Hour, "how long tokens live")
	quiet := flags.Bool("quiet", false, "do not print points")
	if err := flags.Parse(args); err != nil {
		return err
	}
	s := &bluefloodtest.Server{TokenLife: *life}
	if name, key, ok := strings.Cut(*user, ":"); ok {
		s.Users = map[string]string{name: key}
	}
	if !*quiet {
		s.Took = func(tenant, name, value string, at int64) { fmt.Println(tenant, name, value, at) }
	}
	ln, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "a fake Blueflood listens on http://%s\n", ln.Addr())
	return serve(ctx, &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}, ln)
}

// serve serves until ctx is done.
func serve(ctx context.Context, s *http.Server, ln net.Listener) error {
	defer context.AfterFunc(ctx, func() { s.Close() })()
	if err := s.Serve(ln); ctx.Err() == nil {
		return err
	}
	return nil
}
