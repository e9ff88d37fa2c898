package cli

import "os"

// Windows has no background of a terminal, and stops no program there; that a reader
// has gone is found out by writing.

func foreground(*os.File) bool { return true }

func readerGone(*os.File) bool { return false }

func keyboardSignals() (<-chan os.Signal, func()) {
	none := make(chan os.Signal)
	return none, func() { close(none) }
}

func obey(os.Signal) {}
