package complete

import (
	"reflect"
	"slices"

	"muster/internal/render/shape"
	"muster/internal/seen"
)

// record returns a pointer to a command's struct, so that its methods can be called. Flags
// that are booleans, strings and lists of strings are set, from the command line and the
// environment, and arguments that are strings.
func (l *line) record(c *Command) any {
	record := reflect.New(c.record)
	for i := range c.Arguments {
		field := record.Elem().FieldByIndex(c.Arguments[i].field)
		if c == l.command && i < len(l.words) && field.Kind() == reflect.String {
			field.SetString(l.words[i])
		}
	}
	for i := range c.Flags {
		f := &c.Flags[i]
		values := l.given[f.Name]
		if len(values) == 0 {
			values = l.fromEnvironment(f)
		}
		if len(values) == 0 {
			values = l.fromContext(c, f)
		}
		if len(values) == 0 {
			continue
		}
		last := values[len(values)-1]
		field := record.Elem().FieldByIndex(f.field)
		switch {
		case field.Kind() == reflect.Bool:
			field.SetBool(last != "false")
		case field.Kind() == reflect.String:
			field.SetString(last)
		case field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.String:
			field.Set(reflect.ValueOf(splitAll(values)).Convert(field.Type()))
		}
	}
	return record.Interface()
}

// fromEnvironment is the value that the environment gives a flag, none if it gives none.
func (l *line) fromEnvironment(f *Param) []string {
	if f.noEnv || l.Variable == nil {
		return nil
	}
	value, ok := l.Lookup(l.Variable(f.Name))
	if !ok || value == "" || f.Bool && value != "true" && value != "1" {
		return nil
	}
	return []string{value}
}

// fields are the fields of the records that the command prints.
func (l *line) fields() []shape.FieldInfo {
	record := l.record(l.command)
	described, ok := record.(interface{ Schema() *shape.Schema })
	if !ok {
		return nil
	}
	collected := described.Schema().AllFields()
	counting, ok := record.(interface{ CountedFields() []string })
	if !ok || len(counting.CountedFields()) == 0 {
		return collected
	}
	counted := []shape.FieldInfo{{Path: "Count", Type: "number"}}
	for _, f := range collected {
		if slices.Contains(counting.CountedFields(), f.Path) {
			counted = append(counted, f)
		}
	}
	return counted
}

// moreFlags are flags that depend on the command's arguments.
func (l *line) moreFlags() []Param {
	if more, ok := l.record(l.command).(interface{ MoreFlags() []Param }); ok && l.command != l.top {
		return more.MoreFlags()
	}
	return nil
}

// scope is the selection of accounts on the command line.
func (l *line) scope() seen.Scope {
	if selecting, ok := l.record(l.command).(interface{ SeenScope() seen.Scope }); ok {
		return selecting.SeenScope()
	}
	return seen.Scope{}
}

// inDemo reports whether the command line asks for the simulated organization.
func (l *line) inDemo() bool {
	demo, ok := l.record(l.top).(interface{ InDemo() bool })
	return ok && demo.InDemo()
}
