package terminal

import (
	"io"
	"os"
	"runtime"

	"golang.org/x/term"
)

// Width returns the number of columns of the terminal that w is, or writes to; ok is
// false where there is none.
func Width(w io.Writer) (columns int, ok bool) {
	columns, _, ok = size(w)
	return columns, ok
}

// size falls back to 80 columns and to 24 rows for a terminal that does not know them.
func size(w io.Writer) (columns, rows int, ok bool) {
	if s, ok := w.(interface{ screen() io.Writer }); ok {
		w = s.screen()
	}
	if !IsTerminal(w) {
		return 0, 0, false
	}
	columns, rows, err := term.GetSize(int(w.(*os.File).Fd()))
	if err != nil || columns <= 0 {
		columns = 80
	}
	if err != nil || rows <= 0 {
		rows = 24
	}
	return columns, rows, true
}

// Color decides --color auto|on|off for a stream: the flag wins, then NO_COLOR,
// CLICOLOR_FORCE and CLICOLOR, then whether the stream is a terminal.
func (t *Terminal) Color(w io.Writer, when string) bool {
	if when != "auto" {
		return when == "on"
	}
	switch force := t.env("CLICOLOR_FORCE"); {
	case t.env("NO_COLOR") != "":
		return false
	case force != "" && force != "0":
		return true
	}
	return IsTerminal(w) && t.env("CLICOLOR") != "0" && !t.Dumb()
}

// Dumb reports whether the terminal understands no control sequences, or TERM is unset.
func (t *Terminal) Dumb() bool {
	kind := t.env("TERM")
	return kind == "dumb" || kind == "" && runtime.GOOS != "windows" // where nothing sets TERM
}

func (t *Terminal) env(name string) string {
	if t.Lookup == nil {
		return ""
	}
	value, _ := t.Lookup(name)
	return value
}
