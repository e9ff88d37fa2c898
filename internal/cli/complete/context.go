package complete

import "slices"

// fromContext is the value that the context gives a flag of a command; none if it gives none,
// or if another source of accounts replaces the one of the context.
func (l *line) fromContext(c *Command, f *Param) []string {
	if !f.InContext() || f.noEnv || l.Settings == nil {
		return nil
	}
	if !l.contextRead {
		l.contextRead = true
		l.settings = l.Settings(l.contextName())
	}
	inSource := f.Context == "source" || f.Context == "selection"
	if inSource && slices.ContainsFunc(c.Flags, func(other Param) bool { return other.Context == "source" && l.isSet(&other) }) {
		return nil
	}
	return l.settings[f.Name]
}

// isSet reports whether the command line or a variable sets a flag.
func (l *line) isSet(f *Param) bool { return len(l.given[f.Name]) > 0 || len(l.fromEnvironment(f)) > 0 }

// contextName is the name of the context, if a flag or its variable names one. It may be
// empty, for none.
func (l *line) contextName() (name string, named bool) {
	i := slices.IndexFunc(l.top.Flags, func(f Param) bool { return f.Context == "name" })
	if i < 0 {
		return "", false
	}
	f := &l.top.Flags[i]
	if values := l.given[f.Name]; len(values) > 0 {
		return values[len(values)-1], true
	}
	if l.Variable == nil {
		return "", false
	}
	return l.Lookup(l.Variable(f.Name))
}
