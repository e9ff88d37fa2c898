package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"muster/internal/account"
	"muster/internal/contexts"
	"muster/internal/disk"
	"muster/internal/render"
	"muster/internal/shell"
)

type contextCmd struct {
	Set    contextSetCmd    `cmd:"" help:"Create a context, or change its flags."`
	Use    contextUseCmd    `cmd:"" help:"Make a context the current one."`
	List   contextListCmd   `cmd:"" help:"List the contexts."`
	Show   contextShowCmd   `cmd:"" help:"Show the flags in effect, and where each comes from."`
	Delete contextDeleteCmd `cmd:"" help:"Delete contexts."`
}

// contextFile returns the editor of the file with the contexts.
func (a *App) contextFile() *contexts.Editor {
	return &contexts.Editor{Path: a.contextPath(), Locks: disk.LocksOf(a.Lookup, a.home())}
}

type contextSetCmd struct {
	Name  string   `arg:"" complete:"contexts" help:"Name of the context."`
	Unset []string `placeholder:"FLAG" complete:"context-flags" help:"Remove these flags from the context."`

	selectionFlags `embed:""`
	RegionFlags    `embed:""`
	formatFlags    `embed:""`
	browserFlags   `embed:""`
}

func (*contextSetCmd) Examples() []string {
	return []string{
		"muster context set prod --organization --role EC2ReadAccess",
		"muster context set prod --region 'eu-*' --output csv",
		"muster context set prod --unset region,output",
	}
}

// Help is the text below the usage line.
func (*contextSetCmd) Help() string {
	return `Flags that are given replace the context's own; its other flags stay. Besides the flags for accounts, regions and output, a context keeps --color, --endpoint-url, --ca-bundle, and --browser and --browser-profile of console.`
}

func (c *contextSetCmd) Run(ctx context.Context, app *App, line *kong.Context) error {
	settings := givenSettings(line)
	file, err := contexts.Read(ctx, app.contextPath())
	if err != nil {
		return err
	}
	known := contextFlagNames()
	for i, name := range c.Unset {
		if c.Unset[i] = strings.TrimPrefix(name, "--"); !slices.Contains(known, c.Unset[i]) {
			return usage("--unset %s: a context has no such flag; its flags are %s", name, strings.Join(known, ", "))
		}
	}
	there, err := file.Context(c.Name)
	isNew := err != nil
	if isNew {
		there = &contexts.Context{Name: c.Name}
	}
	if len(settings)+len(c.Unset) == 0 {
		return usage("expected flags, as in: %s context set %s --sso-session NAME", ownName, shell.Word(c.Name))
	}
	if err := checkSettings(app, there.With(settings, c.Unset)); err != nil {
		if kept := flagsText(there.With(nil, append(c.Unset, flagsOf(settings)...))); kept != "" && checkSettings(app, settings) == nil {
			return usage("%v; context %s also has %s; --unset removes a flag", err, c.Name, kept)
		}
		return err
	}
	editor := app.contextFile()
	if err := editor.Set(ctx, c.Name, settings, c.Unset); err != nil {
		return err
	}
	switch {
	case !isNew:
		app.note("changed context %s in %s", c.Name, editor.Path)
	case file.Current != c.Name:
		app.note("created context %s in %s; use it with: muster context use %s", c.Name, editor.Path, shell.Word(c.Name))
	default:
		app.note("created context %s in %s", c.Name, editor.Path)
	}
	return nil
}

// givenSettings returns the flags on a command line that a context keeps.
func givenSettings(line *kong.Context) (settings []contexts.Setting) {
	var done []*kong.Flag
	for _, path := range line.Path {
		if path.Flag == nil || path.Resolved || !storable(path.Flag) || slices.Contains(done, path.Flag) {
			continue
		}
		done = append(done, path.Flag)
		settings = append(settings, contexts.Setting{Flag: path.Flag.Name, Values: flagValues(path.Flag)})
	}
	return settings
}

// flagValues returns the values of a flag as on the command line.
func flagValues(flag *kong.Flag) (values []string) {
	switch target := flag.Target; target.Kind() {
	case reflect.Slice:
		for i := range target.Len() {
			value := target.Index(i).String()
			if flag.Tag.Sep != -1 && flag.Tag.Type == "" {
				value = kong.JoinEscaped([]string{value}, flag.Tag.Sep)
			}
			values = append(values, value)
		}
		return values
	case reflect.Bool:
		return []string{strconv.FormatBool(target.Bool())}
	default:
		value := fmt.Sprint(target.Interface())
		if path, err := filepath.Abs(value); err == nil && flag.Tag.Get("complete") == "file" {
			value = path // the context is used in other folders
		}
		return []string{value}
	}
}

// settingWords returns settings as words of a command line.
func settingWords(settings []contexts.Setting) (words []string) {
	for _, s := range settings {
		for _, value := range s.Values {
			words = append(words, "--"+s.Flag+"="+value)
		}
	}
	return words
}

// flagsText returns settings as a user types them.
func flagsText(settings []contexts.Setting) string {
	var words []string
	for _, s := range settings {
		words = append(words, "--"+s.Flag)
		if value := strings.Join(s.Values, ","); value != "true" {
			words = append(words, shell.Word(value))
		}
	}
	return strings.Join(words, " ")
}

func flagsOf(settings []contexts.Setting) (flags []string) {
	for _, s := range settings {
		flags = append(flags, s.Flag)
	}
	return flags
}

// checkSettings returns an error if the flags of a context cannot be used together, or have a wrong
// value. It makes no call of AWS.
func checkSettings(app *App, settings []contexts.Setting) error {
	alone := &App{name: app.name, setElsewhere: map[string]string{}, contextSet: map[any]bool{}} // without variables
	g := new(grammar)
	parser, err := newParser(g, alone)
	if err != nil {
		return err
	}
	if _, err := parser.Parse(slices.Concat([]string{"context", "set", "NAME"}, settingWords(settings))); err != nil {
		return usage("%v", err)
	}
	c := &g.Contexts.Set
	if err := account.Selection(c.selectionFlags).Check(); err != nil {
		return err
	}
	if _, err := c.RegionFlags.finder(nil); err != nil {
		return err
	}
	if err := g.checkPlaces(alone); err != nil {
		return err
	}
	if strings.HasPrefix(c.Output, "template") { // its fields belong to the records of a command
		return nil
	}
	_, err = render.Compile[contextRecord](render.Options{Output: c.Output}, contextView)
	return err
}

type contextUseCmd struct {
	Name string `arg:"" may-be-empty:"" complete:"contexts" help:"Name of the context; '' for none."`
}

func (*contextUseCmd) Examples() []string {
	return []string{"muster context use prod", "muster context use ''"}
}

func (c *contextUseCmd) Run(ctx context.Context, app *App) error {
	if err := app.contextFile().Use(ctx, c.Name); err != nil {
		return err
	}
	if c.Name == "" {
		app.note("no context is current")
		return nil
	}
	app.note("%s is the current context", c.Name)
	return nil
}

type contextDeleteCmd struct {
	Names []string `arg:"" name:"name" complete:"contexts" help:"Names of contexts."`
}

func (*contextDeleteCmd) Examples() []string {
	return []string{"muster context delete prod", "muster context delete staging sandbox"}
}

func (c *contextDeleteCmd) Run(ctx context.Context, app *App) error {
	editor := app.contextFile()
	wasCurrent, err := editor.Delete(ctx, c.Names)
	if err != nil {
		return err
	}
	app.note("deleted %s from %s", strings.Join(c.Names, ", "), editor.Path)
	if wasCurrent {
		app.note("no context is current now")
	}
	return nil
}
