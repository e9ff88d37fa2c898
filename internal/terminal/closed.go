package terminal

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"syscall"
)

// Output returns a standard stream of the process for writing. Go's runtime opens
// /dev/null in the place of a stream that is closed when the program starts (>&-).
// Writing there would lose the output in silence, so every write fails instead.
func Output(f *os.File) io.Writer {
	if readWriteNull(f) && redirectedByShell() {
		return closed{f.Name()}
	}
	return f
}

// shells close a stream at >&- and open /dev/null only for writing at >/dev/null.
var shells = []string{"sh", "bash", "dash", "zsh", "fish", "ksh", "mksh", "ash", "busybox"}

// redirectedByShell reports whether a shell started this program and chose its stdout.
// Others open /dev/null for reading and writing, and mean it: subprocess.DEVNULL of Python,
// "ignore" of Node, daemon(3).
func redirectedByShell() bool {
	parent := fmt.Sprintf("/proc/%d", os.Getppid())
	if target, err := os.Readlink(parent + "/fd/1"); err == nil && target == os.DevNull {
		return false // the shell's own stdout
	}
	// A shell that ends with this command becomes it. bash and zsh leave its path in _.
	self, err := os.Executable()
	if err == nil && sameFile(self, os.Getenv("_")) {
		return true
	}
	name, _ := os.ReadFile(parent + "/comm")
	return slices.Contains(shells, strings.TrimSpace(string(name)))
}

func sameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}

// closed is a stream that the program was started without.
type closed struct{ name string }

func (c closed) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: c.name, Err: syscall.EBADF}
}
