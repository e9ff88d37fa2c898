package cli

import "os"

// Windows has no background of a terminal, and stops no program there.

func foreground(*os.File) bool { return true }

func keyboardSignals() (<-chan os.Signal, func()) {
	none := make(chan os.Signal)
	return none, func() { close(none) }
}

func obey(os.Signal) {}
