package awsapi

// reservedFiles is how many of a process's open files are left for its standard
// streams, the config, caches, locks and listeners.
const reservedFiles = 24

// FitOpenFiles returns how many of n things can be open at one time, where each takes
// so many open files: at least 1. Connections get half of the process's limit, and
// child processes the other half.
func FitOpenFiles(n, filesEach int) int {
	return max(1, min(n, (openFileLimit()-reservedFiles)/2/filesEach))
}
