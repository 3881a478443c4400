package blueflood_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plumbago/plumbago/deliver/blueflood"
	"github.com/plumbago/plumbago/internal/logtest"
)

// logins is an identity service whose answers the test decides.
type logins struct {
	life  time.Duration
	takes time.Duration
	fail  error

	count int
	log   logtest.Journal
}

func (l *logins) tokens() blueflood.Tokens {
	return blueflood.NewTokens(func(ctx context.Context) (string, time.Duration, error) {
		select {
		case <-time.After(l.takes):
		case <-ctx.Done():
			return "", 0, ctx.Err()
		}
		l.count++
		return fmt.Sprint("token-", l.count), l.life, l.fail
	}, l.log.Logger())
}

func checkToken(t *testing.T, tokens blueflood.Tokens, want string) {
	t.Helper()
	got, err := tokens.Get(t.Context())
	if err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestATokenIsRenewedBeforeItExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{life: 100 * time.Minute}
		tokens := l.tokens()
		checkToken(t, tokens, "token-1")
		time.Sleep(90*time.Minute - 1)
		checkToken(t, tokens, "token-1")
		time.Sleep(time.Nanosecond)
		checkToken(t, tokens, "token-2")
		time.Sleep(100 * time.Hour) // nobody needed one
		checkToken(t, tokens, "token-3")
	})
}

func TestOneLoginServesAllWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{life: time.Hour, takes: time.Second}
		tokens := l.tokens()
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() { checkToken(t, tokens, "token-1") })
		}
		all.Wait()
		tokens.Reject("token-1")
		for range 20 {
			all.Go(func() {
				tokens.Reject("token-1") // of which each has heard
				checkToken(t, tokens, "token-2")
			})
		}
		all.Wait()
	})
}

func TestAFailedLoginIsThatOfAllWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{fail: errors.New("503"), takes: time.Second}
		tokens := l.tokens()
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if _, err := tokens.Get(t.Context()); !errors.Is(err, l.fail) {
					t.Errorf("got %v, want %v", err, l.fail)
				}
			})
		}
		all.Wait()
		if l.count != 1 {
			t.Errorf("got %d logins, want 1", l.count)
		}
		l.fail, l.life = nil, time.Hour
		checkToken(t, tokens, "token-2") // it is not stuck
	})
}

func TestWhoGivesUpFailsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{life: time.Hour, takes: 2 * time.Second}
		tokens := l.tokens()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var all sync.WaitGroup
		all.Go(func() {
			if _, err := tokens.Get(ctx); err == nil {
				t.Error("got a token after the context was done")
			}
		})
		synctest.Wait()
		all.Go(func() { checkToken(t, tokens, "token-1") })
		all.Wait()
	})
}

func TestAnOldTokenServesWhileLoginsFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &logins{life: 100 * time.Minute}
		tokens := l.tokens()
		checkToken(t, tokens, "token-1")
		l.fail = errors.New("503")
		time.Sleep(90 * time.Minute)
		checkToken(t, tokens, "token-1")
		checkToken(t, tokens, "token-1")
		if l.count != 2 || !strings.Contains(l.log.String(), "token not renewed") {
			t.Errorf("got %d logins and log %q, want one that failed, and a warning", l.count, l.log.String())
		}
		time.Sleep(time.Minute)
		checkToken(t, tokens, "token-1")
		if l.count != 3 {
			t.Errorf("got %d logins, want another after a minute", l.count)
		}
		tokens.Reject("token-1")
		if got, err := tokens.Get(t.Context()); err == nil {
			t.Errorf("got %q, which was rejected", got)
		}
		l.fail = nil
		checkToken(t, tokens, "token-5")
	})
}
