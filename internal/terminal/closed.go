package terminal

import (
	"io"
	"os"
	"syscall"
)

// Output returns a standard stream of the process for writing. Go's runtime opens
// /dev/null in the place of a stream that is closed when the program starts (>&-).
// Writing there would lose the output in silence, so every write fails instead.
func Output(f *os.File) io.Writer {
	if wasClosed(f) {
		return closed{f.Name()}
	}
	return f
}

// closed is a stream that the program was started without.
type closed struct{ name string }

func (c closed) Write([]byte) (int, error) {
	return 0, &os.PathError{Op: "write", Path: c.name, Err: syscall.EBADF}
}
