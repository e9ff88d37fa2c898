// Package cli is muster's command line: the grammar (main.go), its parser (parser.go), the
// flags that several commands share (global.go, selection.go), and one file for each
// command. A command that lists records is a listing (listing.go); sweep.go and
// conclusion.go take it through its sweeps to its summary. Only this package turns errors
// into messages and exit codes (errors.go).
package cli

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/netip"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/alecthomas/kong"

	"muster/internal/contexts"
	"muster/internal/safe"
	"muster/internal/terminal"
	"muster/internal/timing"
)

// App is the environment of one run. Its exported fields connect it to the process; a nil
// function has the default that its comment names.
type App struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Args0          string           // os.Args[0]; "" is muster
	Environ        []string         // KEY=VALUE
	Completions    fs.FS            // completions/muster.SHELL
	Now            func() time.Time // nil: time.Now

	// HomeDir returns the home directory in the system's user database. It is called if
	// the environment has none. nil: there is no such database.
	HomeDir func() (string, error)
	// LookupHost resolves a host name; nil: the system's resolver.
	LookupHost func(ctx context.Context, host string) ([]netip.Addr, error)
	// OpenTTY opens the terminal for questions; nil: the terminal of the process.
	OpenTTY func() (io.ReadWriteCloser, error)
	// OpenBrowser shows a URL; nil: there is no browser.
	OpenBrowser func(url string) error
	// OnLargeAnswers is called once if answers get large, so that the process can trade
	// time for memory; nil: it does nothing.
	OnLargeAnswers func()
	// SetLibraryLog sets the output of Go's standard logger, to which libraries write;
	// nil: it belongs to somebody else.
	SetLibraryLog func(io.Writer)

	name string // of the program, as its user types it
	term *terminal.Terminal
	env  map[string]string
	// cacheHome, dataHome and userHome are XDG_CACHE_HOME, XDG_DATA_HOME and the home directory
	// of the user. With --demo, env has other values.
	cacheHome, dataHome, userHome string

	// setElsewhere says of the flags that have their values from MUSTER_ variables or from
	// the context where these are, for messages.
	setElsewhere map[string]string
	context      *contexts.Context // that has set a flag; nil for none
	contextSet   map[any]bool      // the fields of its flags
	// contextSelects reports whether the context has set the identity or the source of accounts,
	// so that the identity of the environment does not count.
	contextSelects bool
	closers        []func()      // called at the end of the run
	commandLine    string        // for people, without secrets
	command        *kong.Context // that runs

	// take gets the records of the command that runs, which then prints none; nil: it prints
	// them. fixed says that the flags that select these records are on the command line:
	// variables and the context select no others.
	take  func(context.Context, *recordSource) error
	fixed bool

	timings      *timing.Run               // nil without --timings
	earlierRates func() map[string]float64 // of limits that accounts share; nil: not needed
}

// prepare fills in the unexported fields. The run ends with ctx.
func (a *App) prepare(ctx context.Context) {
	if a.Now == nil {
		a.Now = time.Now
	}
	if a.LookupHost == nil {
		a.LookupHost = lookupHost
	}
	a.setElsewhere, a.contextSet = map[string]string{}, map[any]bool{}
	a.setEnviron(a.Environ)
	a.term = terminal.New(ctx, terminal.Options{
		Stdin: a.Stdin, Stdout: a.Stdout, Stderr: a.Stderr, OpenTTY: a.OpenTTY, Lookup: a.Lookup,
	})
	a.name = programName(a.Args0)
	a.cacheHome, a.dataHome, a.userHome = a.env["XDG_CACHE_HOME"], a.env["XDG_DATA_HOME"], a.home()
}

// setEnviron replaces the environment. Of several values for a key, the last one counts.
func (a *App) setEnviron(environ []string) {
	a.Environ = environ
	a.env = make(map[string]string, len(environ))
	for _, pair := range environ {
		if key, value, ok := strings.Cut(pair, "="); ok && key != "" {
			a.env[key] = value
		}
	}
	if a.home() != "" || a.HomeDir == nil {
		return
	}
	if home, err := a.HomeDir(); err == nil {
		a.env[homeVariable()] = home
	}
}

// close calls the closers.
func (a *App) close() {
	for _, closer := range a.closers {
		closer()
	}
	a.closers = nil
}

// Lookup returns a variable of the environment.
func (a *App) Lookup(name string) (string, bool) {
	value, ok := a.env[name]
	return value, ok
}

// home returns the user's home directory, or "".
func (a *App) home() string { return a.env[homeVariable()] }

func homeVariable() string {
	if runtime.GOOS == "windows" {
		return "USERPROFILE"
	}
	return "HOME"
}

// note writes a line to stderr. It makes names and AWS's messages safe for a terminal.
func (a *App) note(format string, args ...any) {
	a.term.Print(a.name + ": " + safe.Text(respelled(a.name, fmt.Sprintf(format, args...))) + "\n")
}

// detail writes a line that belongs to the note above it.
func (a *App) detail(format string, args ...any) {
	a.term.Print("  " + safe.Text(respelled(a.name, fmt.Sprintf(format, args...))) + "\n")
}

// noteLeftOut names the columns of a table that did not fit, if a person reads stderr. With
// a screen of --watch it says nothing.
func (a *App) noteLeftOut(columns []string) {
	if len(columns) > 0 && a.term.NotesShown() && !a.term.HasScreen() {
		a.note("the terminal is too narrow for %s; -o wide shows all columns", strings.Join(columns, ", "))
	}
}

// debugLog returns the logger of --debug, or nil without the flag.
//
// Libraries write to Go's standard logger. net/http even writes bytes that servers have
// sent, which may hold keys. Without --debug these lines are dropped; with it, they are
// logged without the bytes.
func (a *App) debugLog(wanted bool) *slog.Logger {
	if !wanted {
		a.setLibraryLog(io.Discard)
		return nil
	}
	log := slog.New(slog.NewTextHandler(a.term.Log(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	a.setLibraryLog(&libraryLog{log})
	return log
}

func (a *App) setLibraryLog(w io.Writer) {
	if a.SetLibraryLog != nil {
		a.SetLibraryLog(w)
	}
}

// libraryLog writes the lines of a standard logger to a structured one.
type libraryLog struct{ log *slog.Logger }

// quoted matches a string that Go has quoted, such as bytes of a server.
var quoted = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`"(?:[^"\\]|\\.)*"`) })

func (l *libraryLog) Write(p []byte) (int, error) {
	l.log.Debug("library", slog.String("text", quoted().ReplaceAllString(strings.TrimSpace(string(p)), `"..."`)))
	return len(p), nil
}
