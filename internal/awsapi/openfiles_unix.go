//go:build unix

package awsapi

import (
	"math"
	"syscall"
)

// openFileLimit returns how many files the process may have open. Go has raised the
// soft limit to the hard limit at start-up.
func openFileLimit() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return math.MaxInt32
	}
	return int(min(uint64(limit.Cur), math.MaxInt32))
}
