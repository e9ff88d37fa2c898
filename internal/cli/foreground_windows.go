package cli

import "os"

// Windows has no background of a terminal, and stops no program there.

func foreground(*os.File) bool { return true }

func keyboardSignals() (arrived chan os.Signal, ignore func()) { return nil, func() {} }

func obey(os.Signal) {}
