package tidy

import "fmt"

// Action is what a policy does about a fault.
type Action uint8

// The actions, in the order of severity: of two faults in a line the graver
// action counts.
const (
	Pass Action = iota
	Fix
	Quarantine
	Drop
)

var actionTexts = [...]string{"pass", "fix", "quarantine", "drop"}

// String is the action as configurations write it: pass, fix, quarantine, drop.
func (a Action) String() string {
	if int(a) < len(actionTexts) {
		return actionTexts[a]
	}
	return fmt.Sprintf("action %d", uint8(a))
}
