//go:build unix

package cli

import (
	"os"
	"runtime"
	"syscall"
)

// peakMemory returns the peak memory of a process, in MiB.
func peakMemory(ended *os.ProcessState) float64 {
	most := float64(ended.SysUsage().(*syscall.Rusage).Maxrss) // in bytes on Apple's systems, in KiB elsewhere
	if runtime.GOOS != "darwin" && runtime.GOOS != "ios" {
		most *= 1024
	}
	return most / (1 << 20)
}
