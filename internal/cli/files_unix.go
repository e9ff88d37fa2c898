//go:build unix

package cli

import "syscall"

// connections is how many may be open at one time: half of what the process may
// still open, since looking a host's name up takes descriptors, too. 0: no bound.
func connections() int {
	const others = 16 // streams, files, pipes of a credential_process
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil || limit.Cur > 1<<16 {
		return 0
	}
	return max(4, (int(limit.Cur)-others)/2)
}
