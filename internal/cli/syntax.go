package cli

import (
	"cmp"
	"maps"
	"os"
	"reflect"
	"strings"
	"unicode"

	"github.com/alecthomas/kong"
)

// What completion has to know of the grammar, read off its tags: to build the
// whole parser takes longer than a key press should.

// syntax is a command, or the whole command line above all of them.
type syntax struct {
	name, help string
	record     reflect.Type // the command's struct
	commands   []*syntax
	flags      []option
	arguments  []option
}

// option is a flag or an argument.
type option struct {
	name, help string
	aliases    []string
	short      string
	enum       []string
	isBool     bool
	repeated   bool // it may be given several times
	list       bool // separated by commas
	rest       bool // all that follows is another program's
}

// topSyntax is that of the whole command line.
func topSyntax() *syntax {
	return readSyntax("", "", reflect.TypeFor[grammar](), helpVars())
}

// readSyntax reads a struct of the grammar, but not those of its commands.
func readSyntax(name, help string, t reflect.Type, vars map[string]string) *syntax {
	s := &syntax{name: name, help: help, record: t}
	s.read(t, vars)
	return s
}

func (s *syntax) read(t reflect.Type, vars map[string]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		_, embedded := f.Tag.Lookup("embed")
		_, command := f.Tag.Lookup("cmd")
		_, argument := f.Tag.Lookup("arg")
		_, hidden := f.Tag.Lookup("hidden")
		name := f.Tag.Get("name")
		if name == "" {
			name = dashed(f.Name)
		}
		help := os.Expand(f.Tag.Get("help"), func(v string) string {
			v, otherwise, _ := strings.Cut(v, "=")
			return cmp.Or(vars[v], otherwise)
		})
		switch {
		case embedded || f.Anonymous:
			s.read(f.Type, with(vars, f.Tag))
		case !f.IsExported() || hidden:
		case command:
			s.commands = append(s.commands, &syntax{name: name, help: help, record: f.Type})
		default:
			o := option{name: name, help: help, short: f.Tag.Get("short"), rest: f.Tag.Get("passthrough") != ""}
			o.isBool = f.Type.Kind() == reflect.Bool || reflect.PointerTo(f.Type).Implements(reflect.TypeFor[kong.BoolMapperValue]())
			o.repeated = f.Type.Kind() == reflect.Slice && f.Type.Name() == ""
			o.list = o.repeated && !argument && f.Tag.Get("sep") != "none"
			o.aliases = strings.FieldsFunc(f.Tag.Get("aliases"), func(r rune) bool { return r == ',' })
			o.enum = strings.FieldsFunc(f.Tag.Get("enum"), func(r rune) bool { return r == ',' })
			if argument {
				s.arguments = append(s.arguments, o)
			} else {
				s.flags = append(s.flags, o)
			}
		}
	}
}

// with adds what a tag's set:"NAME=VALUE" parts say.
func with(vars map[string]string, tag reflect.StructTag) map[string]string {
	for _, rest := range strings.Split(string(tag), `set:"`)[1:] {
		if text, _, ok := strings.Cut(rest, `"`); ok {
			name, value, _ := strings.Cut(text, "=")
			vars = maps.Clone(vars)
			vars[name] = value
		}
	}
	return vars
}

// dashed is a field's name as a flag: AllProfiles is all-profiles.
func dashed(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		starts := unicode.IsUpper(r) && i > 0 && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]))
		if starts {
			b.WriteByte('-')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// flag finds a flag by a word such as --name, --name=value or -n.
func (s *syntax) flag(word string) *option {
	name, _, _ := strings.Cut(word, "=")
	for i := range s.flags {
		f := &s.flags[i]
		if name == "--"+f.name || f.short != "" && strings.HasPrefix(word, "-"+f.short) {
			return f
		}
		for _, alias := range f.aliases {
			if name == "--"+alias {
				return f
			}
		}
	}
	return nil
}
