package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/plumbago/plumbago/internal/handover"
)

// fakeVariable makes the test's binary a new version of plumbago that ends in the
// middle of an upgrade: when it should "prepare", or "take over"; or that says
// nothing at all, "never".
const fakeVariable = "PLUMBAGO_FAKE_SUCCESSOR"

// fakeSuccessor speaks as a successor does, as far as it gets.
func fakeSuccessor(until string) error {
	line, err := handover.Predecessor()
	if err != nil || line == nil {
		return fmt.Errorf("no predecessor: %v", err)
	}
	var names []string
	for {
		m, err := line.Receive()
		if err != nil {
			return err
		}
		switch m.Kind {
		case until:
			os.Exit(3)
		case "listener":
			names = append(names, m.Name)
		case "prepare":
			if until == "never" {
				fmt.Fprintln(os.Stderr, "the successor waits")
				continue
			}
			text, err := json.Marshal(names)
			if err != nil {
				return err
			}
			if err := line.Send(handover.Message{Kind: "prepared", Data: text}, nil); err != nil {
				return err
			}
		}
	}
}
