package cli

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/alecthomas/kong"
)

// build is Go's build information about the program.
type build struct {
	version  string // of the module; "devel" without one
	commit   string // "" for a build outside of a repository
	date     string // of the commit, RFC 3339
	modified bool   // the build had changes that are not in the commit
}

func readBuild() build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return build{version: "devel"}
	}
	b := build{version: info.Main.Version}
	if b.version == "" || b.version == "(devel)" {
		b.version = "devel"
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.commit = s.Value
		case "vcs.time":
			b.date = s.Value
		case "vcs.modified":
			b.modified = s.Value == "true"
		}
	}
	return b
}

// String is "v1.2.0 (commit 0123456789ab, 2026-11-28T09:00:00Z)".
func (b build) String() string {
	if b.commit == "" {
		return b.version
	}
	changed := ""
	if b.modified {
		changed = " with local changes"
	}
	return fmt.Sprintf("%s (commit %.12s%s, %s)", b.version, b.commit, changed, cmp.Or(b.date, "no date"))
}

func printVersion(w io.Writer, program string) error {
	_, err := fmt.Fprintf(w, "%s %s %s %s/%s\n", program, readBuild(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return written(err)
}

type versionFlag bool

// BeforeReset prints the version before the rest of the command line is checked.
func (versionFlag) BeforeReset(app *kong.Kong) error {
	if err := printVersion(app.Stdout, app.Model.Name); err != nil {
		return &helpError{err}
	}
	app.Exit(exitOK)
	return nil
}
