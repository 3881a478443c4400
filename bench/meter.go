package main

import (
	"strconv"
	"strings"
	"time"
)

// usage is what a process has used.
type usage struct {
	CPU    time.Duration `json:"cpu"`    // processor time of all its threads
	System time.Duration `json:"system"` // of that, in the kernel, in ticks of 10 ms
	RSS    int64         `json:"rss"`    // bytes of memory now
	Peak   int64         `json:"peak"`   // the most it ever had
}

// after adds the usage of the process that a process succeeded.
func (u usage) after(earlier usage) usage {
	return usage{u.CPU + earlier.CPU, u.System + earlier.System, u.RSS, max(u.Peak, earlier.Peak)}
}

// beside adds the usage of a process that runs at the same time.
func (u usage) beside(other usage) usage {
	return usage{u.CPU + other.CPU, u.System + other.System, u.RSS + other.RSS, u.Peak + other.Peak}
}

// since takes away what had been used at an earlier time.
func (u usage) since(earlier usage) usage {
	return usage{u.CPU - earlier.CPU, u.System - earlier.System, u.RSS, u.Peak}
}

// inKernel is the percentage of the processor time that the kernel took. The
// kernel counts it in ticks, and so it may come to a little too much.
func (u usage) inKernel() float64 {
	return 100 * min(1, u.System.Seconds()/max(u.CPU.Seconds(), 1e-9))
}

// kilobytes is the number of bytes that a file of /proc says in a line of its own.
func kilobytes(status []byte, key string) int64 {
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == key {
			n, _ := strconv.ParseInt(f[1], 10, 64)
			return n << 10
		}
	}
	return 0
}
