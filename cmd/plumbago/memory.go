package main

import (
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/plumbago/plumbago/internal/cgroup"
)

// limitMemory has the collector of garbage keep within nine tenths of what the
// control group lets the process have, unless GOMEMLIMIT says another limit.
func limitMemory(log *slog.Logger) {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	limit := cgroup.MemoryLimit(os.DirFS("/")) / 10 * 9
	if limit <= 0 {
		return
	}
	debug.SetMemoryLimit(limit)
	log.Info("memory is kept within what the control group allows", "bytes", limit)
}
