// Package contexts reads and writes the user's contexts: flags under a name, in config.yaml.
//
//	current: prod
//	contexts:
//	  prod:
//	    organization: true
//	    role: [Audit, ReadOnly]
//	    exclude-account: sandbox-*
//
// Its rules:
//
//   - A key of a context is the name of a flag. Its value is what the user would type behind
//     the flag, or a list of such values.
//   - Every value is text, as it stands in the file: the account 012345678901 keeps its zero.
//   - A mistake in one context does not keep the user from the others.
//   - A change keeps the comments and the order of the file. If that cannot be done without
//     changing anything else, the file stays as it is.
package contexts

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"muster/internal/names"
)

// Path returns the path of the file: in XDG_CONFIG_HOME, on Windows in AppData, or else in
// ~/.config. It is "" without a home directory.
func Path(lookup func(string) (string, bool), home string) string {
	folder, _ := lookup("XDG_CONFIG_HOME")
	if !filepath.IsAbs(folder) && runtime.GOOS == "windows" { // the XDG specification ignores relative paths
		folder, _ = lookup("AppData")
	}
	if !filepath.IsAbs(folder) {
		if home == "" {
			return ""
		}
		folder = filepath.Join(home, ".config")
	}
	return filepath.Join(folder, "muster", "config.yaml")
}

// File is the contents of a file.
type File struct {
	Path     string
	Exists   bool
	Current  string // name of the current context; "" for none
	Contexts []*Context

	currentLine int
}

// Context is a set of flags.
type Context struct {
	Name     string
	File     string
	Line     int
	Settings []Setting

	problem *Error // in its form
}

// Setting is a flag with its values.
type Setting struct {
	Flag   string
	Values []string // as on the command line
	Line   int
}

// Error is a mistake in a file.
type Error struct {
	Path string
	Line int // 0 for the file as a whole
	Msg  string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Path + ": " + e.Msg
	}
	return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.Msg)
}

// UsageError marks a mistake in the config file: exit code 2.
func (*Error) UsageError() {}

// Names returns the names of the contexts.
func (f *File) Names() (found []string) {
	for _, c := range f.Contexts {
		found = append(found, c.Name)
	}
	return found
}

// Context returns the context of a name. It is an error if there is none.
func (f *File) Context(name string) (*Context, error) {
	for _, c := range f.Contexts {
		if c.Name == name {
			return c, nil
		}
	}
	return nil, &UnknownError{Name: name, Path: f.Path, hint: f.hint(name)}
}

// CurrentContext returns the current context; nil if there is none.
func (f *File) CurrentContext() (*Context, error) {
	if f.Current == "" {
		return nil, nil
	}
	c, err := f.Context(f.Current)
	if err != nil {
		return nil, &Error{f.Path, f.currentLine, fmt.Sprintf("current: there is no context %q%s", f.Current, f.hint(f.Current))}
	}
	return c, nil
}

// hint ends the message that there is no context of a name.
func (f *File) hint(name string) string {
	known := f.Names()
	if meant := names.DidYouMean(name, known); meant != "" || len(known) == 0 {
		return meant
	}
	return "; the contexts are " + strings.Join(known, ", ")
}

// UnknownError reports a name that no context has.
type UnknownError struct{ Name, Path, hint string }

func (e *UnknownError) Error() string {
	return fmt.Sprintf("no context %q in %s%s", e.Name, e.Path, e.hint)
}

// UsageError marks a mistake in the command line: exit code 2.
func (*UnknownError) UsageError() {}

// Setting returns the setting of a flag; nil if there is none.
func (c *Context) Setting(flag string) *Setting {
	i := slices.IndexFunc(c.Settings, func(s Setting) bool { return s.Flag == flag })
	if i < 0 {
		return nil
	}
	return &c.Settings[i]
}

// With returns the settings with others set, and without those of the flags in unset.
func (c *Context) With(settings []Setting, unset []string) []Setting {
	changed := slices.DeleteFunc(slices.Clone(c.Settings), func(s Setting) bool { return slices.Contains(unset, s.Flag) })
	for _, s := range settings {
		i := slices.IndexFunc(changed, func(there Setting) bool { return there.Flag == s.Flag })
		if i < 0 {
			changed = append(changed, s)
		} else {
			changed[i] = s
		}
	}
	return changed
}

// Flag is a flag that a context may set.
type Flag struct {
	Name    string
	Aliases []string
	Bool    bool // takes true or false
	Number  bool
	List    bool     // takes several values
	Choices []string // empty: any value
}

// Check returns the first mistake in a context: in its form, a key that is no flag, or a value
// that the flag does not take.
func (c *Context) Check(flags []Flag) error {
	if c.problem != nil {
		return c.problem
	}
	var known []string
	for _, f := range flags {
		known = append(known, f.Name)
	}
	for _, s := range c.Settings {
		i := slices.IndexFunc(flags, func(f Flag) bool { return f.Name == s.Flag || slices.Contains(f.Aliases, s.Flag) })
		problem := ""
		switch {
		case i < 0 && names.Suggest(s.Flag, known) == "":
			problem = fmt.Sprintf("unknown key %q; the keys are %s", s.Flag, strings.Join(known, ", "))
		case i < 0:
			problem = fmt.Sprintf("unknown key %q; %s", s.Flag, names.Suggest(s.Flag, known))
		case s.Flag != flags[i].Name:
			problem = fmt.Sprintf("unknown key %q; use %s", s.Flag, flags[i].Name)
		default:
			problem = flags[i].problem(s.Values)
		}
		if problem != "" {
			return &Error{c.File, s.Line, problem}
		}
	}
	return nil
}

// problem explains why a flag does not take the values; "" if it does.
func (f *Flag) problem(values []string) string {
	if !f.List && len(values) != 1 {
		return fmt.Sprintf("%s: expected one value, not a list", f.Name)
	}
	for _, value := range values {
		_, notNumber := strconv.Atoi(value)
		switch {
		case f.Bool && value != "true" && value != "false":
			return fmt.Sprintf("%s: expected true or false, not %q", f.Name, value)
		case f.Number && notNumber != nil:
			return fmt.Sprintf("%s: expected a number, not %q", f.Name, value)
		case len(f.Choices) > 0 && !slices.Contains(f.Choices, value):
			return fmt.Sprintf("%s: expected one of %s, not %q%s", f.Name, strings.Join(f.Choices, ", "), value, names.DidYouMean(value, f.Choices))
		}
	}
	return ""
}
