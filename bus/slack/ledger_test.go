package slack_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plumbago/plumbago/bus/slack"
	"github.com/plumbago/plumbago/bus/slack/slacktest"
	"github.com/plumbago/plumbago/internal/durable/durabletest"
)

func TestADamagedRecordIsPutAside(t *testing.T) {
	s := newSlack(t, slacktest.Options{Unlimited: true})
	dir := t.TempDir()
	file := filepath.Join(dir, metrics+".json")
	if err := os.WriteFile(file, []byte(`{"cursor": 17`), 0o600); err != nil {
		t.Fatal(err)
	}
	s.Put(metrics, slacktest.Message{User: "U0BOT", BotID: "B0BOT", Text: "a 1 1"})
	var sink store
	stop := receive(t, slack.ReceiverOptions{Account: fast(s, slack.Account{}), Dir: dir}, &sink)
	eventually(t, "the point", func() bool { return len(sink.got()) == 1 })
	stop()
	if _, err := os.Stat(file + ".damaged"); err != nil {
		t.Error(err)
	}
	var record struct{ Cursor string }
	data, err := os.ReadFile(file)
	if err != nil || json.Unmarshal(data, &record) != nil || !strings.Contains(record.Cursor, ".") {
		t.Errorf("got %q and %v, want a record with a cursor that is text", data, err)
	}
}

// Where the record cannot be written, nothing is acknowledged that a restart would
// take for new.
func TestADiskThatFailsHoldsUpAcknowledging(t *testing.T) {
	s := newSlack(t, slacktest.Options{Unlimited: true})
	disk := durabletest.New()
	disk.Fail(func(op durabletest.Op, name string) (int, error) {
		if op == durabletest.Sync {
			return 0, errors.New("bad disk")
		}
		return 0, nil
	})
	s.Put(metrics, slacktest.Message{User: "U0BOT", BotID: "B0BOT", Text: "a 1 1"})
	var sink store
	stop := receive(t, slack.ReceiverOptions{Account: fast(s, slack.Account{}), FS: disk}, &sink)
	eventually(t, "the point", func() bool { return len(sink.got()) > 0 })
	disk.Fail(nil)
	eventually(t, "the message deleted", func() bool { return len(s.Deleted(metrics)) == 1 })
	stop()
	if got := sink.got(); len(got) != 1 {
		t.Errorf("got %q, want the point once", got)
	}
}
