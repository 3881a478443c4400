//go:build !linux

package main

import (
	"errors"
	"syscall"
)

func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

func readUsage(int) (usage, error) {
	return usage{}, errors.New("measure a process: this needs Linux, whose /proc says what a process has used")
}
