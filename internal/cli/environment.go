package cli

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"muster/internal/contexts"
	"muster/internal/names"
)

// Every flag has an environment variable: --sso-session is MUSTER_SSO_SESSION. The command
// line wins over it. Exceptions are declared beside the flags:
//
//   - `env:"-"`: no variable sets the flag.
//   - `env-unless:"NAME"`: the flag's variable counts only while variable NAME is unset.
//   - `overrides:"FLAG"`: on the command line, the flag makes FLAG's variable void.
//   - A command's method overridden makes variables void that the command line replaces.
//
// The context gives values to flags that have neither; see contextvalues.go.

// variableName is the environment variable of a flag.
func variableName(flag string) string {
	return "MUSTER_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// fromElsewhere sets the flags that the command line leaves unset, from their variables or
// from the context. app.setElsewhere collects where, for messages.
func fromElsewhere(app *App) kong.Resolver {
	var line *flagLine
	return kong.ResolverFunc(func(command *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if app.fixed && selectsRecords(flag) {
			return nil, nil
		}
		if line == nil {
			chosen, err := app.chooseContext(command)
			if err != nil {
				return nil, &contextError{err}
			}
			line = newFlagLine(app, command)
			line.context = chosen
		}
		if value := line.variable(flag); value != "" {
			app.setElsewhere[flag.Name] = variableName(flag.Name)
			return value, nil
		}
		if setting := line.setting(flag); setting != nil && line.replacedBy(flag) == "" {
			app.context, app.contextSet[field(flag)] = line.context, true
			app.contextSelects = app.contextSelects || ignoresEnvironment(flag)
			app.setElsewhere[flag.Name] = contextOrigin(line.context, setting)
			return contextValue(flag, setting), nil
		}
		return nil, nil
	})
}

// flagLine holds the flags on the command line, and the flags with a variable. A flag is
// identified by the pointer to its field.
type flagLine struct {
	app     *App
	command *kong.Context
	flags   []*kong.Flag // on the command line
	given   map[any]bool
	inEnv   map[any]bool
	context *contexts.Context // nil: none
}

func newFlagLine(app *App, command *kong.Context) *flagLine {
	l := &flagLine{app: app, command: command, given: map[any]bool{}, inEnv: map[any]bool{}}
	for _, path := range command.Path {
		if path.Flag != nil && !path.Resolved && command.FlagValue(path.Flag) != false {
			l.flags = append(l.flags, path.Flag)
			l.given[field(path.Flag)] = true
		}
	}
	for _, flag := range command.Flags() {
		l.inEnv[field(flag)] = app.env[variableName(flag.Name)] != ""
	}
	return l
}

func field(flag *kong.Flag) any { return flag.Target.Addr().Interface() }

// variable returns the value that a flag's variable gives it; "" for none.
func (l *flagLine) variable(flag *kong.Flag) string {
	value := l.app.env[variableName(flag.Name)]
	if value == "" || slices.Contains(flag.Envs, "-") || l.app.env[flag.Tag.Get("env-unless")] != "" || l.overrides(flag, value) {
		return ""
	}
	return value
}

// replaced reports whether a flag is set by its variable, and not on the command line.
func (l *flagLine) replaced(flag any) bool { return l.inEnv[flag] && !l.given[flag] }

// overrides reports whether the command line makes the variable of a flag void.
func (l *flagLine) overrides(flag *kong.Flag, value string) bool {
	if slices.ContainsFunc(l.flags, func(f *kong.Flag) bool { return f.Tag.Get("overrides") == flag.Name }) {
		return true
	}
	node := l.command.Selected()
	if node == nil {
		return false
	}
	c, ok := node.Target.Addr().Interface().(interface {
		overridden(flag any, value string, line *flagLine) bool
	})
	return ok && c.overridden(field(flag), value, l)
}

// overridden makes the variables of one source of accounts void if the command line names
// another source: it replaces the whole source.
func (s *selectionFlags) overridden(flag any, value string, line *flagLine) bool {
	given, replaced := line.given, line.replaced
	if !s.sourceGiven(line) {
		return false
	}
	startsFromProfile := given[&s.Organization] || given[&s.RoleARN] || given[&s.TaskPolicy]
	switch flag {
	case &s.Profiles: // a single profile may be the one to start from
		return !startsFromProfile || strings.Contains(value, ",") || names.IsGlob(value)
	case &s.AllProfiles, &s.SSOSession, &s.SAMLProfile, &s.Organization, &s.RoleARN, &s.TaskPolicy:
		return true
	case &s.Via: // it belongs to the variable of --role-arn, if there is one
		return !given[&s.RoleARN] || line.inEnv[&s.RoleARN]
	case &s.Roles:
		return !given[&s.Organization] && !given[&s.SSOSession] && !given[&s.SAMLProfile] || given[&s.TaskPolicy] ||
			replaced(&s.Organization) || replaced(&s.SSOSession) || replaced(&s.SAMLProfile)
	case &s.ExternalID, &s.RoleSessionName, &s.DurationSeconds:
		return !given[&s.Organization] && !given[&s.RoleARN]
	case &s.OUs, &s.Tags: // without a replaced organization they stay: ignoring them would select more accounts
		return replaced(&s.Organization) && !given[&s.TaskPolicy]
	}
	return false
}

// sourceGiven reports whether the command line names a source of accounts.
func (s *selectionFlags) sourceGiven(line *flagLine) bool {
	sources := []any{&s.Profiles, &s.AllProfiles, &s.SSOSession, &s.SAMLProfile, &s.Organization, &s.RoleARN, &s.TaskPolicy}
	return slices.ContainsFunc(sources, func(source any) bool { return line.given[source] })
}

// selects reports whether a flag is one of these.
func (s *selectionFlags) selects(flag any) bool {
	fields := reflect.ValueOf(s).Elem()
	for i := range fields.NumField() {
		if fields.Field(i).Addr().Interface() == flag {
			return true
		}
	}
	return false
}

// origin says where the flags in a message are set, if not on the command line; else it is "".
func (a *App) origin(text string) string {
	words := strings.FieldsFunc(text, func(r rune) bool { return r != '-' && (r < 'a' || r > 'z') })
	var from []string
	for _, flag := range slices.Sorted(maps.Keys(a.setElsewhere)) {
		if slices.Contains(words, "--"+flag) {
			from = append(from, "--"+flag+" is set by "+a.setElsewhere[flag])
		}
	}
	if len(from) == 0 {
		return ""
	}
	return " (" + strings.Join(from, ", ") + ")"
}
