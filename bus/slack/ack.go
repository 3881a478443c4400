package slack

import (
	"context"
)

// acks reports whether messages are to be acknowledged in the channel.
func (r *Receiver) acks() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.o.Ack != Cursor && !r.fallback
}

// acknowledge acknowledges messages until ctx is done.
func (r *Receiver) acknowledge(ctx context.Context) {
	if !r.acks() {
		r.giveUp()
		return
	}
	for {
		ts, ok := r.ledger.next()
		if !ok {
			select {
			case <-r.ledger.owing:
				continue
			case <-ctx.Done():
				return
			}
		}
		if r.acking.Wait(ctx) != nil {
			return
		}
		if !r.insist(ctx, "acknowledge", func(ctx context.Context) error { return r.acknowledgeOne(ctx, ts) }) {
			return
		}
		r.metrics.unacknowledged.Set(float64(r.ledger.unacknowledged()))
		if !r.acks() {
			return
		}
	}
}

// acknowledgeOne acknowledges a message. Where that is not possible, it says so and
// gives up acknowledging.
func (r *Receiver) acknowledgeOne(ctx context.Context, ts timestamp) error {
	var err error
	if r.o.Ack == React {
		err = r.client.react(ctx, r.channel, ts, r.o.Reaction)
	} else {
		err = r.client.delete(ctx, r.channel, ts)
	}
	if undeletable(err) {
		r.log.Warn("messages cannot be deleted here: from now on the cursor alone says what was read, and they stay in the channel",
			"err", err, "channel", r.channel)
		r.giveUp()
		return nil
	}
	if err != nil {
		r.metrics.failed.Inc()
		return err
	}
	r.metrics.acked.Inc()
	return r.ledger.acknowledged(ts)
}

// giveUp goes over to the cursor alone.
func (r *Receiver) giveUp() {
	r.mu.Lock()
	r.fallback = true
	r.mu.Unlock()
	if err := r.ledger.forgive(); err != nil {
		r.log.Error("the record of what was read is not on disk", "err", err)
	}
	r.metrics.unacknowledged.Set(0)
}
