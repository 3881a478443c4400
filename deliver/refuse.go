package deliver

import (
	"context"
	"log/slog"
)

// refuse notes that points of the newest block were refused, to be dropped when
// its turn has come.
func (s *session) refuse(points int, err error) {
	s.window.newest().refused = points
	s.tellRefused(uint64(points), err)
}

func (s *session) tellRefused(points uint64, err error) {
	level := slog.LevelDebug
	if s.tellRefusal.take() {
		level = slog.LevelWarn
	}
	s.log.Log(context.Background(), level, "points refused", "points", points, "err", err)
}

// noteRefused asks the Conn for points that were refused after Send returned. The
// records that are acknowledged next account for them: which of them lost how many
// is not known, and only the sum matters.
func (s *session) noteRefused() {
	if s.refuser == nil {
		return
	}
	refused, why := s.refuser.Refused()
	if refused > s.refused {
		s.tellRefused(refused-s.refused, why)
		s.owed += refused - s.refused
		s.refused = refused
	}
}
