package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"muster/internal/awsconfig"
	"muster/internal/disk"
	"muster/internal/names"
	"muster/internal/render"
	"muster/internal/render/shape"
)

// toolFormats are the formats of credentials for other tools: lines for shells, and files.
var toolFormats = []string{"env", "env-no-export", "fish", "powershell", "windows-cmd", "process", "ini"}

// exportFormats are the formats of credentials, those without a value first.
var exportFormats = slices.Concat([]string{"json"}, toolFormats, []string{"ndjson", "yaml", "template=", "template-file="})

// Export are the flags for the format of credentials.
type Export struct {
	Output      string      `short:"o" env:"-" placeholder:"FORMAT" group:"output" complete:"credential-formats,template" help:"json (default), env, env-no-export, fish, powershell, windows-cmd, process, ini, ndjson, yaml, template=TEXT or template-file=PATH."`
	JQ          string      `name:"jq" placeholder:"EXPR" group:"output" complete:"jq" help:"Run a jq filter on each account, and print the results."`
	Slurp       bool        `group:"output" help:"Run the jq filter once, on an array of all accounts."`
	Query       string      `placeholder:"JMESPATH" group:"output" complete:"jmespath" help:"Print the result of a JMESPath expression on the array of accounts."`
	Shell       string      `enum:"bash,fish,powershell" default:"bash" placeholder:"SHELL" group:"output" help:"Syntax of -o env: bash, fish or powershell."`
	ProfileName profileName `placeholder:"TEMPLATE" default:"{account-name}.{role}" group:"output" complete:"none" help:"Names of the profiles of -o ini ({account-name}.{role})."`
	Out         string      `placeholder:"FILE" group:"output" complete:"file" help:"Write to this file, readable only by you."`

	TemplateHelp templateHelpFlag `env:"-" group:"output" help:"List the fields and functions for templates, with examples."`

	special func(io.Writer) (stream[accountCredentials], error) // a format of the command, instead of Output's; nil: none
}

// Schema describes the records, for completion and --template-help.
func (*Export) Schema() *shape.Schema { return shape.SchemaOf[accountCredentials]() }

// start checks the flags and returns the stream to write to.
func (e *Export) start(app *App, g *Global) (stream[accountCredentials], error) {
	if e.Output == "" && e.Query == "" && e.JQ == "" {
		e.Output = "json"
	}
	if err := e.check(app); err != nil {
		return nil, err
	}
	w, text := app.term.Records(), &bytes.Buffer{}
	if e.Out != "" {
		w = text
	}
	out, err := e.format(app, g, w)
	if err == nil && e.Out != "" {
		out = &fileStream{stream: out, ctx: context.Background(), text: text, path: e.Out}
	}
	return out, err
}

func (e *Export) format(app *App, g *Global, w io.Writer) (stream[accountCredentials], error) {
	if e.special != nil {
		return e.special(w)
	}
	if name, ok := e.dialect(); ok {
		return &exportStream{w: w, single: e.Output, format: envText(name)}, nil
	}
	switch e.Output {
	case "process":
		return &exportStream{w: w, single: "process", format: processText}, nil
	case "ini":
		return &exportStream{w: w, format: iniText(e.ProfileName)}, e.ProfileName.check("--profile-name", false)
	}
	o := Output{formatFlags: formatFlags{Output: e.Output}, JQ: e.JQ, Slurp: e.Slurp, Query: e.Query}
	options := o.options(app, g)
	options.Terminal = options.Terminal && e.Out == ""
	printer, err := render.Compile[accountCredentials](options, accountCredentialsView)
	if err != nil {
		return nil, err
	}
	return printer.Start(w), nil
}

// check returns an error for formats that credentials do not have, and for --out with the
// user's own config or credentials file.
func (e *Export) check(app *App) error {
	name, _, valued := strings.Cut(e.Output, "=")
	if valued {
		name += "="
	}
	if known := append(render.Formats(), exportFormats...); name != "" && !slices.Contains(known, name) {
		return usage("--output: unknown format %s; expected %s, template=TEXT or template-file=PATH%s",
			e.Output, strings.Join(exportFormats[:len(exportFormats)-2], ", "), names.DidYouMean(name, exportFormats))
	}
	if name != "" && !slices.Contains(exportFormats, name) && e.Query == "" && e.special == nil {
		return usage("--output %s: expected %s, template=TEXT, --jq or --query", e.Output, strings.Join(exportFormats[:len(exportFormats)-2], ", "))
	}
	if slices.Contains(toolFormats, e.Output) && (e.JQ != "" || e.Query != "") {
		return usage("--output %s: --jq and --query need json", e.Output)
	}
	if e.Out == "" {
		return nil
	}
	files, err := awsconfig.Locate(app.Lookup)
	if err != nil {
		return err
	}
	for _, own := range []string{files.Config, files.Credentials} {
		if samePath(own, e.Out) {
			return usage("--out %s: this is your own %s file; choose another file, and set AWS_SHARED_CREDENTIALS_FILE to it", e.Out, filepath.Base(own))
		}
	}
	return checkWritable("--out", e.Out)
}

// samePath reports whether two paths lead to the same file, or would if there were one. An
// empty path leads nowhere.
func samePath(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	if errA == nil && errB == nil {
		return os.SameFile(infoA, infoB)
	}
	absA, _ := filepath.Abs(a)
	absB, _ := filepath.Abs(b)
	return absA == absB
}

// fileStream writes a file that only its owner can read, atomically at the end. Without any
// credentials it leaves an existing file alone.
type fileStream struct {
	stream[accountCredentials]
	ctx      context.Context // of the run
	text     *bytes.Buffer
	path     string
	accounts int
}

func (s *fileStream) Until(ctx context.Context) {
	s.ctx = ctx
	s.stream.Until(ctx)
}

func (s *fileStream) Write(credentials accountCredentials) error {
	s.accounts++
	return s.stream.Write(credentials)
}

func (s *fileStream) Close() error {
	err := s.stream.Close()
	failed := (*render.RecordsError)(nil)
	if s.accounts == 0 || err != nil && (!errors.As(err, &failed) || failed.Cut) {
		return err
	}
	ctx, cancel := finalWrite(s.ctx)
	defer cancel()
	if err := disk.Write(ctx, s.path, true, func(w io.Writer) error { _, err := w.Write(s.text.Bytes()); return err }); err != nil {
		return fmt.Errorf("--out %s: %w", s.path, err)
	}
	return err
}
