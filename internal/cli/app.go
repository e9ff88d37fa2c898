// Package cli is muster's command line: the grammar, one file a command, and the
// one place where errors become exit codes and messages.
package cli

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"muster/internal/safe"
	"muster/internal/terminal"
	"net/netip"
	"runtime"
	"strings"
	"time"
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

	// UserHome returns the user's home directory as the system has it, for where the
	// environment names none; nil: nobody knows.
	UserHome func() (string, error)

	// LookupHost resolves a host name; nil asks the system.
	LookupHost func(ctx context.Context, host string) ([]netip.Addr, error)

	// OpenTTY opens the user's terminal for questions; nil opens the process's own.
	OpenTTY func() (io.ReadWriteCloser, error)

	// Called is what the program was called as, os.Args[0]; "" is muster.
	Called string

	name      string // of the program, as its user types it
	cacheHome string // XDG_CACHE_HOME and home of the user, also in a simulation
	userHome  string

	env       map[string]string
	variables []string // the flags that the environment sets

	term  *terminal.Terminal
	atEnd []func() // of the run
}

// prepare completes an App for a run that lasts as long as ctx.
func (a *App) prepare(ctx context.Context) {
	if a.Now == nil {
		a.Now = time.Now
	}
	if a.LookupHost == nil {
		a.LookupHost = lookupHost
	}
	a.setEnviron(a.Environ)
	a.term = terminal.New(ctx, terminal.Options{
		Stdin: a.Stdin, Stdout: a.Stdout, Stderr: a.Stderr, OpenTTY: a.OpenTTY, Lookup: a.Lookup,
	})
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
	if a.home() != "" || a.UserHome == nil {
		return
	}
	if home, err := a.UserHome(); err == nil {
		a.env[homeVariable()] = home
	}
}

// Lookup reads the environment.
func (a *App) Lookup(name string) (string, bool) {
	value, ok := a.env[name]
	return value, ok
}

// home is the user's home directory, "" where there is none.
func (a *App) home() string { return a.env[homeVariable()] }

func homeVariable() string {
	if runtime.GOOS == "windows" {
		return "USERPROFILE"
	}
	return "HOME"
}

// note writes a line to stderr. Names and AWS's messages in it are untrusted.
func (a *App) note(format string, args ...any) {
	a.term.Print(a.name + ": " + safe.Text(respelled(a.name, fmt.Sprintf(format, args...))) + "\n")
}

// detail writes a line that belongs to the note before it.
func (a *App) detail(format string, args ...any) {
	a.term.Print("  " + safe.Text(respelled(a.name, fmt.Sprintf(format, args...))) + "\n")
}

// noteLeftOut tells people which columns of a table did not fit. A screen of --watch
// shows the table again and again, and the note never.
func (a *App) noteLeftOut(columns []string) {
	if len(columns) > 0 && a.term.NotesShown() && !a.term.HasScreen() {
		a.note("the terminal is too narrow for %s; -o wide shows all columns", strings.Join(columns, ", "))
	}
}
