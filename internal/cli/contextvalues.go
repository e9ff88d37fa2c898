package cli

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"muster/internal/cli/complete"
	"muster/internal/contexts"
)

// The context of a run gives values to flags that neither the command line nor a variable
// sets. These tags mark the flags that it may set:
//
//   - `context:""`: a context may set the flag.
//   - `context:"source"`: likewise, and the flag names a source of accounts. Such a flag on the
//     command line, or its variable, replaces the entire source of the context. With
//     `base:""` the source starts from an identity: that of --profile or of the environment.
//   - `context:"selection"`: a context may set the flag, which belongs to the source.
//   - `context:"name"`: the flag names the context.
//   - `context:"-"`, of a command: it has no context. Commands without one of the flags above
//     have none, either.

// contextError is a mistake in the file or the name of the context.
type contextError struct{ error }

func (e *contextError) Unwrap() error { return e.error }

// contextPath is the path of the file with the user's contexts.
func (a *App) contextPath() string { return contexts.Path(a.Lookup, a.home()) }

// chooseContext returns the context of a command line: that of --context, of MUSTER_CONTEXT,
// or else the current one. It is nil if there is none.
func (a *App) chooseContext(command *kong.Context) (*contexts.Context, error) {
	if !hasContext(command.Selected()) {
		return nil, nil
	}
	return a.namedContext(command)
}

// namedContext is chooseContext for any command.
func (a *App) namedContext(command *kong.Context) (c *contexts.Context, err error) {
	name, named, origin := "", false, ""
	for _, flag := range command.Flags() {
		if flag.Tag.Get("context") != "name" {
			continue
		}
		origin = variableName(flag.Name)
		name, named = a.Lookup(origin)
		if slices.ContainsFunc(command.Path, func(p *kong.Path) bool { return p.Flag == flag && !p.Resolved }) {
			name, named, origin = command.FlagValue(flag).(string), true, "--"+flag.Name
		}
	}
	if named && name == "" {
		return nil, nil
	}
	file, err := contexts.Read(context.Background(), a.contextPath())
	if err != nil {
		return nil, err
	}
	if named {
		if c, err = file.Context(name); err != nil {
			return nil, fmt.Errorf("%s: %w", origin, err)
		}
	} else if c, err = file.CurrentContext(); err != nil || c == nil {
		return nil, err
	}
	return c, c.Check(contextFlags())
}

// hasContext reports whether a context may set flags of a command.
func hasContext(node *kong.Node) bool {
	return node != nil && slices.ContainsFunc(node.Flags, storable) && !hasTag(node, "context", "-")
}

// storable reports whether a context may set a flag.
func storable(flag *kong.Flag) bool {
	return flag.Tag.Has("context") && flag.Tag.Get("context") != "name"
}

// inSource reports whether a flag belongs to the source of accounts.
func inSource(flag *kong.Flag) bool {
	return slices.Contains([]string{"source", "selection"}, flag.Tag.Get("context"))
}

// ignoresEnvironment reports whether a flag names a source of accounts that does not start from
// the identity of the environment.
func ignoresEnvironment(flag *kong.Flag) bool {
	return flag.Tag.Get("context") == "source" && !flag.Tag.Has("base")
}

// setting returns what the context sets a flag to; nil for nothing.
func (l *flagLine) setting(flag *kong.Flag) *contexts.Setting {
	if l.context == nil || !storable(flag) || slices.Contains(flag.Envs, "-") {
		return nil
	}
	return l.context.Setting(flag.Name)
}

// replacedBy names the flag or variable that makes the setting of a flag void; "" for none.
func (l *flagLine) replacedBy(flag *kong.Flag) string {
	for _, other := range l.command.Flags() {
		value := l.variable(other)
		set := l.given[field(other)] || value != "" && value != "false"
		if set && (other.Tag.Get("overrides") == flag.Name || inSource(flag) && other.Tag.Get("context") == "source") {
			if l.given[field(other)] {
				return "--" + other.Name
			}
			return variableName(other.Name)
		}
	}
	if l.overrides(flag, strings.Join(l.setting(flag).Values, ",")) {
		return "the command line"
	}
	return ""
}

// contextValue returns a setting as the parser takes it.
func contextValue(flag *kong.Flag, s *contexts.Setting) any {
	if flag.IsSlice() && flag.Tag.Sep == -1 && flag.Tag.Type == "" {
		values := make([]any, len(s.Values))
		for i, value := range s.Values {
			values[i] = value
		}
		return values
	}
	return strings.Join(s.Values, ",")
}

func contextOrigin(c *contexts.Context, s *contexts.Setting) string {
	return fmt.Sprintf("context %s in %s:%d", c.Name, c.File, s.Line)
}

// ofContext ends a part of a message with the context that has set flags of this run; it is ""
// without one.
func (a *App) ofContext() string {
	if a.context == nil {
		return ""
	}
	return fmt.Sprintf(" (context %s)", a.context.Name)
}

// noteContext tells a user whose environment has an identity that the context selects the
// accounts.
func (a *App) noteContext(g *Global) {
	if g.Demo || a.context == nil || !a.contextSelects || !a.term.NotesShown() {
		return
	}
	for _, name := range []string{"AWS_PROFILE", "AWS_ACCESS_KEY_ID"} {
		if a.env[name] != "" {
			a.note("context %s selects the accounts, although %s is set; --context '' selects none", a.context.Name, name)
			return
		}
	}
}

// contextFlags are the flags that a context may set.
func contextFlags() (flags []contexts.Flag) {
	top := complete.ReadGrammar(reflect.TypeFor[grammar](), helpVars())
	set := complete.ReadGrammar(reflect.TypeFor[contextSetCmd](), helpVars())
	for _, p := range slices.Concat(set.Flags, top.Flags) {
		if p.InContext() {
			flags = append(flags, contexts.Flag{
				Name: p.Name, Aliases: p.Aliases, Bool: p.Bool, Number: p.Number, List: p.Repeated, Choices: p.Enum,
			})
		}
	}
	return flags
}

// contextSettings are the settings of a context by flag, for completion. chosen says that name
// is not the current context but that of a flag or a variable.
func (a *App) contextSettings(name string, chosen bool) map[string][]string {
	if chosen && name == "" {
		return nil
	}
	file, err := contexts.Read(context.Background(), a.contextPath())
	if err != nil {
		return nil
	}
	if !chosen {
		name = file.Current
	}
	c, err := file.Context(name)
	if err != nil {
		return nil
	}
	settings := map[string][]string{}
	for _, s := range c.Settings {
		settings[s.Flag] = s.Values
	}
	return settings
}

// contextNames are the names of the contexts, for completion.
func (a *App) contextNames() []string {
	file, err := contexts.Read(context.Background(), a.contextPath())
	if err != nil {
		return nil
	}
	return file.Names()
}

// contextFlagNames are the names of the flags that a context may set.
func contextFlagNames() (found []string) {
	for _, f := range contextFlags() {
		found = append(found, f.Name)
	}
	return found
}
