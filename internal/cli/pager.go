package cli

import (
	"cmp"
	"io"
	"os/exec"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"muster/internal/render"
)

// noPagerFlag is a type, so that the help of a command finds it on a command line that is
// not parsed yet.
type noPagerFlag bool

// pagerVariables name the user's pager, the first one first. An empty value means none.
var pagerVariables = []string{"MUSTER_PAGER", "AWS_PAGER", "PAGER"}

// paged calls print with a stream for help.
func (a *App) paged(unwanted bool, print func(io.Writer) error) error {
	pager := a.pager(unwanted)
	return written(cmp.Or(print(pager), pager.Close()))
}

// helpPaged is paged for the help that a flag on the command line asks for.
func (a *App) helpPaged(line *kong.Context, print func(io.Writer) error) error {
	unwanted := slices.ContainsFunc(line.Path, func(step *kong.Path) bool {
		return step.Flag != nil && step.Flag.Target.Type() == reflect.TypeFor[noPagerFlag]()
	})
	return a.paged(unwanted, print)
}

// pager returns a stream that the user reads in the pager if the window is too short.
func (a *App) pager(unwanted bool) io.WriteCloser {
	if unwanted {
		return a.term.Pager(nil)
	}
	return a.term.Pager(a.pagerCommand())
}

// pagerCommand returns the user's pager, or nil for none. As with git, less leaves at once
// if the text fits, and shows colors, unless LESS says otherwise.
func (a *App) pagerCommand() *exec.Cmd {
	line, chosen := "", false
	for _, name := range pagerVariables {
		if line, chosen = a.env[name]; chosen {
			break
		}
	}
	words := strings.Fields(line)
	switch {
	case !chosen:
		words = []string{"less"}
	case len(words) == 0 || words[0] == "cat" && len(words) == 1:
		return nil
	}
	if _, err := exec.LookPath(words[0]); err != nil && !strings.ContainsAny(line, `'"\$`) {
		if chosen {
			a.note("the pager %s was not found: set MUSTER_PAGER to another program, or to nothing for none", words[0])
		}
		return nil
	}
	command := exec.Command(words[0], words[1:]...)
	if chosen && runtime.GOOS != "windows" {
		command = exec.Command("sh", "-c", line)
	}
	command.Env = slices.Clone(a.Environ)
	for name, value := range map[string]string{"LESS": "FRX", "LV": "-c"} {
		if _, set := a.env[name]; !set {
			command.Env = append(command.Env, name+"="+value)
		}
	}
	return command
}

// startOutput starts the output of a run: a table goes through the pager.
func startOutput[R any](app *App, g *Global, printer *render.Printer[R]) stream[R] {
	if !printer.Aligned() {
		return printer.Start(app.term.Records())
	}
	pager := app.pager(bool(g.NoPager))
	return &pagedStream[R]{printer.Start(pager), pager}
}

type pagedStream[R any] struct {
	*render.Stream[R]
	pager io.WriteCloser
}

func (s *pagedStream[R]) Close() error { return cmp.Or(s.Stream.Close(), s.pager.Close()) }
