package cli

import "os"

// Windows has no background of a terminal, and stops no program there; that a reader
// has gone is found out by writing.

func foreground(*os.File) bool { return true }

func readerGone(*os.File) bool { return false }

var stoppingKeys, endingKeys []os.Signal

func obey(os.Signal) {}
