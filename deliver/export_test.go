package deliver

import "github.com/plumbago/plumbago/internal/durable"

// OpenRefusalsOn is OpenRefusals with another bound and disk.
func OpenRefusalsOn(disk durable.FS, path string, bound int64) *Refusals {
	return &Refusals{path: path, bound: bound / 2, disk: disk}
}
