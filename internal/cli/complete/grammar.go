package complete

import (
	"cmp"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/alecthomas/kong"
)

// Command is a command of the grammar, or the whole grammar above all commands.
type Command struct {
	Name, Help string
	Field      string     // of the grammar's struct
	Commands   []*Command // below it; their own flags are not read yet
	Flags      []Param
	Arguments  []Param

	record reflect.Type // the command's struct
}

// Param is a flag or an argument.
type Param struct {
	Name, Help string
	Aliases    []string
	Short      string
	Enum       []string
	Sources    []string // of its values, from the complete tag
	Bool       bool     // takes no value
	Repeated   bool     // may be given several times
	List       bool     // values are separated by commas; of an argument, with the tag commas
	Rest       bool     // takes all further words, as they are
	Number     bool     // takes a whole number
	Context    string   // from the context tag; noContext without one

	field []int // index in the command's struct
	noEnv bool  // no variable sets it
}

// ReadGrammar reads the tags of a grammar's struct as kong reads them, but for the flags
// and arguments of its commands. To build kong's parser would take longer than a key press may.
func ReadGrammar(grammar reflect.Type, vars map[string]string) *Command {
	c := &Command{record: grammar}
	c.read(grammar, nil, vars)
	return c
}

// open returns a command of the grammar with its flags and arguments, nil for an unknown name.
func (c *Command) open(name string, vars map[string]string) *Command {
	i := slices.IndexFunc(c.Commands, func(child *Command) bool { return child.Name == name })
	if i < 0 {
		return nil
	}
	return c.Commands[i].Read(vars)
}

// Read returns the command with its flags and arguments.
func (c *Command) Read(vars map[string]string) *Command {
	whole := *c
	whole.read(c.record, nil, vars)
	return &whole
}

// read adds the fields of a struct that lies at an index within the command's struct.
func (c *Command) read(t reflect.Type, at []int, vars map[string]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(slices.Clip(at), i)
		_, embedded := f.Tag.Lookup("embed")
		_, command := f.Tag.Lookup("cmd")
		_, hidden := f.Tag.Lookup("hidden")
		switch {
		case embedded || f.Anonymous:
			c.read(f.Type, index, withVars(vars, f.Tag))
		case !f.IsExported() || hidden:
		case command:
			c.Commands = append(c.Commands, &Command{Name: nameOf(f), Field: f.Name, Help: helpOf(f, vars), record: f.Type})
		default:
			p := readParam(f, vars)
			p.field = index
			if _, argument := f.Tag.Lookup("arg"); argument {
				_, p.List = f.Tag.Lookup("commas")
				c.Arguments = append(c.Arguments, p)
			} else {
				c.Flags = append(c.Flags, p)
			}
		}
	}
}

// rest returns the index of the argument that takes all further words; -1 if there is none.
func (c *Command) rest() int {
	return slices.IndexFunc(c.Arguments, func(p Param) bool { return p.Rest })
}

func readParam(f reflect.StructField, vars map[string]string) Param {
	repeated := f.Type.Kind() == reflect.Slice && f.Type.Name() == ""
	_, rest := f.Tag.Lookup("passthrough")
	return Param{
		Name: nameOf(f), Help: helpOf(f, vars), Short: f.Tag.Get("short"),
		Aliases: splitTag(f.Tag.Get("aliases")), Enum: splitTag(f.Tag.Get("enum")), Sources: splitTag(f.Tag.Get("complete")),
		Bool:     f.Type.Kind() == reflect.Bool || reflect.PointerTo(f.Type).Implements(reflect.TypeFor[kong.BoolMapperValue]()),
		Repeated: repeated, List: repeated && f.Tag.Get("sep") != "none",
		Rest: rest, Number: f.Type.Kind() == reflect.Int, Context: contextOf(f.Tag), noEnv: expand(f.Tag.Get("env"), vars) == "-",
	}
}

// noContext stands for a flag that a context cannot set.
const noContext = "-"

func contextOf(tag reflect.StructTag) string {
	value, ok := tag.Lookup("context")
	if !ok {
		return noContext
	}
	return value
}

// InContext reports whether a context may set a flag.
func (p *Param) InContext() bool { return p.Context != noContext && p.Context != "name" }

func splitTag(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
}

func helpOf(f reflect.StructField, vars map[string]string) string {
	return expand(f.Tag.Get("help"), vars)
}

// expand replaces ${NAME} and ${NAME=DEFAULT}.
func expand(text string, vars map[string]string) string {
	return os.Expand(text, func(name string) string {
		name, fallback, _ := strings.Cut(name, "=")
		return cmp.Or(vars[name], fallback)
	})
}

func nameOf(f reflect.StructField) string { return cmp.Or(f.Tag.Get("name"), dashed(f.Name)) }

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

// withVars returns vars with the set:"NAME=VALUE" parts of a tag added.
func withVars(vars map[string]string, tag reflect.StructTag) map[string]string {
	parts := strings.Split(string(tag), `set:"`)[1:]
	if len(parts) == 0 {
		return vars
	}
	vars = maps.Clone(vars)
	for _, part := range parts {
		text, _, _ := strings.Cut(part, `"`)
		name, value, _ := strings.Cut(text, "=")
		vars[name] = value
	}
	return vars
}

// Flag finds a flag by a word such as --name, --name=value or -n. It returns nil for an unknown one.
func (c *Command) Flag(word string) *Param {
	name, _, _ := strings.Cut(word, "=")
	for i := range c.Flags {
		f := &c.Flags[i]
		short := f.Short != "" && strings.HasPrefix(word, "-"+f.Short)
		if short || name == "--"+f.Name || slices.ContainsFunc(f.Aliases, func(alias string) bool { return name == "--"+alias }) {
			return f
		}
	}
	return nil
}
