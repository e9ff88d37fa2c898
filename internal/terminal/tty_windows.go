package terminal

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/windows"
)

// console is the two halves of Windows' terminal.
type console struct{ in, out *os.File }

func openTTY() (io.ReadWriteCloser, error) {
	in, err := os.OpenFile("CONIN$", os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	out, err := os.OpenFile("CONOUT$", os.O_RDWR, 0)
	if err != nil {
		in.Close()
		return nil, err
	}
	return &console{in, out}, nil
}

func (c *console) Read(p []byte) (int, error)  { return c.in.Read(p) }
func (c *console) Write(p []byte) (int, error) { return c.out.Write(p) }
func (c *console) Close() error                { return errors.Join(c.in.Close(), c.out.Close()) }

// input is the half whose echo a secret's question switches off.
func (c *console) input() *os.File { return c.in }

// Windows has no background of a terminal and stops no program there. Only a failing
// write shows that a pipe's reader has gone.

func foreground(*os.File) bool { return true }

// ReaderGone reports whether the reader of a pipe has closed it.
func ReaderGone(*os.File) bool { return false }

var stoppingSignals, endingSignals []os.Signal

func raiseDefault(os.Signal) {}

// terminate ends a process: Windows has no way to ask.
func terminate(p *os.Process) { p.Kill() }

// hideInput switches off the echo of typed characters.
func hideInput(fd int) {
	var mode uint32
	if windows.GetConsoleMode(windows.Handle(fd), &mode) == nil {
		windows.SetConsoleMode(windows.Handle(fd), mode&^windows.ENABLE_ECHO_INPUT|windows.ENABLE_LINE_INPUT|windows.ENABLE_PROCESSED_INPUT)
	}
}

func readWriteNull(*os.File) bool { return false }
