package slack

import (
	"context"
	"strconv"
	"time"
)

// cleanEvery is how often old messages are looked for.
const cleanEvery = 10 * time.Minute

// clean deletes the sender's own old messages from time to time, until ctx is done.
func (s *Sender) clean(ctx context.Context) {
	if s.o.CleanAfter <= 0 {
		return
	}
	for {
		n, err := s.Clean(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			s.log.Warn("old messages not deleted", "err", err)
		case n > 0:
			s.log.Debug("old messages deleted", "messages", n)
		}
		if sleep(ctx, min(cleanEvery, s.o.CleanAfter)) != nil {
			return
		}
	}
}

// Clean deletes the messages with points that the sender's own token has posted and
// that are older than CleanAfter, and returns how many there were. Others' are left
// alone, as is what holds anything but points.
func (s *Sender) Clean(ctx context.Context) (deleted int, err error) {
	if err := s.Connect(ctx); err != nil {
		return 0, err
	}
	s.mu.Lock()
	self := s.self
	s.mu.Unlock()
	channel := s.channelID()
	until := timestamp(strconv.FormatInt(time.Now().Add(-s.o.CleanAfter).Unix(), 10) + ".000000")
	var r reader
	for cursor := ""; ; {
		p, err := s.client.history(ctx, channel, span{latest: until}, cursor)
		if err != nil {
			return deleted, err
		}
		for i := range p.Messages {
			m := &p.Messages[i]
			if c := r.read(m); !m.spoken() || !self.author(m) || c.Points == 0 || c.words > 0 {
				continue
			}
			if err := s.client.delete(ctx, channel, m.TS); err != nil {
				return deleted, err
			}
			deleted++
			s.metrics.cleaned.Inc()
			if err := sleep(ctx, s.o.CallEvery); err != nil {
				return deleted, err
			}
		}
		if cursor = p.Metadata.NextCursor; cursor == "" {
			return deleted, nil
		}
		if err := sleep(ctx, s.o.CallEvery); err != nil {
			return deleted, err
		}
	}
}
