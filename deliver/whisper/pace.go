package whisper

import "time"

// pace says when rounds begin: so often that they take a fiftieth of the time, and
// within bounds.
type pace struct {
	longest time.Duration
	at      time.Time // when the next is due
}

const (
	restFactor  = 50
	oftenFactor = 30
)

// createPace is how often files are created between rounds, while some wait for it.
const createPace = time.Second

// next plans the round after one that took so long.
func (p *pace) next(took time.Duration) {
	p.at = time.Now().Add(min(max(took*restFactor, p.longest/oftenFactor), p.longest))
}

func (p *pace) due() bool { return !time.Now().Before(p.at) }

// wait is how long there is nothing to do. With creating, files wait to be created.
func (p *pace) wait(creating waitingFiles) time.Duration {
	wait := time.Until(p.at)
	if creating > 0 {
		wait = min(wait, createPace)
	}
	return max(wait, 0)
}

// waitingFiles is how many files are to be created.
type waitingFiles int
