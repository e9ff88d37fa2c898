// Package cli is muster's command line: the grammar, one file a command, and the
// one place where errors become exit codes and messages.
package cli

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"muster/internal/render"
)

// App is what a run has of the world.
type App struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Environ        []string // KEY=VALUE
	Completions    fs.FS    // completions/muster.SHELL
	Now            func() time.Time

	// OpenBrowser shows a URL to the user; nil where that cannot be done.
	OpenBrowser func(url string) error
	// Thrifty is called when answers get so large that memory is worth more than
	// time; nil where nothing can be done about it.
	Thrifty func()

	// LibraryLog is told where the standard logger, which libraries use, is to write;
	// nil where it is not muster's.
	LibraryLog func(io.Writer)

	// LookupHost resolves a host name; nil asks the system.
	LookupHost func(ctx context.Context, host string) ([]netip.Addr, error)

	// OpenTTY opens the user's terminal for questions; nil takes /dev/tty.
	OpenTTY func() (io.ReadWriteCloser, error)

	// Called is what the program was called as, os.Args[0]; "" is muster.
	Called string

	name      string // of the program, as its user types it
	cacheHome string // XDG_CACHE_HOME and home of the user, also in a simulation
	userHome  string
	sightings *sightings // of this run, for completion; nil if none are kept

	env map[string]string

	leftOut []string // columns of a table that the terminal was too narrow for

	notes    sync.Mutex // one message at a time on the terminal; it guards what follows
	line     *footLine  // below it; nil: none
	lineOn   io.Writer  // where the line is while notes are gathered; nil: Stderr
	screen   *altScreen // instead of what was there; nil: none
	holds    int        // what else may write on the terminal and keeps the line away
	question *question  // that is on it; nil: none
	waiting  []func()   // what is to be written there after the answer
	drawers  int        // who wants the keyboard's signals to leave nothing there
	deaf     func()     // ends heeding those that end the program

	unstopped func() // ends heeding those that stop it; nil: they have their own way

	run  context.Context // the whole run
	asks sync.Mutex      // one question at a time
}

func (a *App) prepare() {
	if a.Now == nil {
		a.Now = time.Now
	}
	if a.OpenTTY == nil {
		a.OpenTTY = openTTY
	}
	if a.LookupHost == nil {
		a.LookupHost = lookupHost
	}
	a.run = context.Background()
	a.setEnviron(a.Environ)
	a.name = programName(a.Called)
	a.cacheHome, a.userHome = a.env["XDG_CACHE_HOME"], a.home()
}

// setEnviron makes a list of KEY=VALUE the environment; of several values for a
// key the last counts.
func (a *App) setEnviron(environ []string) {
	a.Environ = environ
	a.env = make(map[string]string, len(environ))
	for _, pair := range environ {
		if key, value, ok := strings.Cut(pair, "="); ok && key != "" {
			a.env[key] = value
		}
	}
}

// Lookup reads the environment.
func (a *App) Lookup(name string) (string, bool) {
	value, ok := a.env[name]
	return value, ok
}

// home is the user's home directory, "" where there is none.
func (a *App) home() string {
	if runtime.GOOS == "windows" {
		return a.env["USERPROFILE"]
	}
	return a.env["HOME"]
}

// Everything but records goes to stderr, through the next two. Names and AWS's
// messages are untrusted: nothing reaches a terminal raw.

// note writes a line to stderr.
func (a *App) note(format string, args ...any) {
	a.tell(a.name + ": " + render.Safe(respelled(a.name, fmt.Sprintf(format, args...))) + "\n")
}

// noteLeftOut tells people which columns of a table did not fit. On a screen of its
// own the table comes again and again.
func (a *App) noteLeftOut() {
	if len(a.leftOut) > 0 && a.screen == nil && isTerminal(a.Stderr) {
		a.note("the terminal is too narrow for %s; -o wide shows all columns", strings.Join(a.leftOut, ", "))
	}
	a.leftOut = nil
}

// detail writes a line that belongs to the note before it.
func (a *App) detail(format string, args ...any) {
	a.tell("  " + render.Safe(respelled(a.name, fmt.Sprintf(format, args...))) + "\n")
}

// tell writes to stderr what is safe there.
func (a *App) tell(text string) {
	a.notes.Lock()
	defer a.notes.Unlock()
	a.put(a.Stderr, []byte(text))
}

// terminal returns the width of the terminal that w is, and whether it is one.
func (a *App) terminal(w io.Writer) (width int, ok bool) {
	f, isFile := w.(*os.File)
	if !isFile || !term.IsTerminal(int(f.Fd())) {
		return 0, false
	}
	if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
		return width, true
	}
	return 80, true
}

// isTerminal says whether a stream of the program is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// hasTerminal says whether there is a terminal at all, wherever the streams go.
func (a *App) hasTerminal() bool {
	tty, err := a.OpenTTY()
	if err != nil {
		return false
	}
	tty.Close()
	return true
}

// color decides --color auto|on|off for stdout: the flag, then NO_COLOR,
// CLICOLOR_FORCE and CLICOLOR, then whether it is a terminal.
func (a *App) color(when string) bool { return a.colorOn(a.Stdout, when) }

func (a *App) colorOn(w io.Writer, when string) bool {
	if when != "auto" {
		return when == "on"
	}
	set := func(name string) bool { return a.env[name] != "" && a.env[name] != "0" }
	switch {
	case a.env["NO_COLOR"] != "":
		return false
	case set("CLICOLOR_FORCE"):
		return true
	}
	return isTerminal(w) && a.env["CLICOLOR"] != "0" && !a.dumb()
}

// dumb says that a terminal can but print, or that nobody says what it can.
func (a *App) dumb() bool {
	kind := a.env["TERM"]
	return kind == "dumb" || kind == "" && runtime.GOOS != "windows" // where nothing sets it
}
