package carbon

import (
	"fmt"

	"github.com/plumbago/plumbago/deliver"
	"github.com/plumbago/plumbago/metric"
)

// unfit counts the points of a batch that the protocol cannot carry.
type unfit struct {
	points int
	first  string // what the first of them is
}

// reject is a protobuf.Reject.
func (u *unfit) reject(_ metric.Reason, item string) {
	if u.points == 0 {
		u.first = item
	}
	u.points++
}

// take returns what Send is to say of them, and begins anew.
func (u *unfit) take() error {
	if u.points == 0 {
		return nil
	}
	err := deliver.Refused(u.points, fmt.Errorf("protobuf has no times before 1970 or after 2106: %s", u.first))
	*u = unfit{}
	return err
}
