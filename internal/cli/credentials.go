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
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/awsconfig"
	"muster/internal/disk"
	"muster/internal/names"
	"muster/internal/render"
	"muster/internal/render/shape"
	"muster/internal/sweep"
)

type credentialsCmd struct {
	AllRoles bool `group:"select" help:"Print the credentials of every role or permission set in each account."`

	Selection  `embed:""`
	SweepFlags `embed:""`
	Export     `embed:""`
}

func (*credentialsCmd) Examples() []string {
	return []string{
		"muster credentials --profile production",
		"eval \"$(muster credentials --profile production -o env)\"",
		"muster credentials --organization --role EC2ReadAccess -o ini",
		"muster credentials --sso-session freddy-sso --jq .accountId",
	}
}

func (c *credentialsCmd) Run(ctx context.Context, app *App, g *Global) error {
	out, err := c.Export.start(app, g)
	if err != nil {
		return err
	}
	s, err := prepare(app, g, &c.Selection, &c.SweepFlags, c.Concurrency)
	if err != nil {
		return err
	}
	s.resolver.MinTTL, s.accountOptions.Strict = exportTTL, true
	ctx, cancel := s.bound(ctx)
	defer cancel()
	result, err := sweepOnce(ctx, s, &listing[accountCredentials]{noun: "credentials", plan: c.plan, recordNames: keyringRoles}, out)
	if err != nil {
		return err
	}
	err = s.conclude(ctx, result)
	if keys, ok := out.(*exportStream); ok && err == nil && keys.single != "" && len(keys.keys) == 0 {
		return &partial{exitNothing} // a shell that evaluates nothing would go on with other credentials
	}
	return err
}

// plan visits the one role of each account, or with --all-roles every role.
func (c *credentialsCmd) plan(*sweeper) (sweep.Plan[accountCredentials], error) {
	if c.AllRoles {
		return sweep.Plan[accountCredentials]{Visit: everyRole, NoCredentials: true}, nil
	}
	return sweep.Plan[accountCredentials]{Visit: func(ctx context.Context, place sweep.Place, emit func([]accountCredentials)) error {
		ring, err := newAccountCredentials(ctx, place.Account, place.Identity)
		if err == nil {
			emit([]accountCredentials{ring})
		}
		return err
	}}, nil
}

// keyringRoles keeps the names of roles for completion.
func keyringRoles(names *nameRecorder, ring *accountCredentials) {
	for role := range ring.Roles {
		names.role(role)
	}
}

// exportTTL is the least lifetime of exported credentials: other tools renew theirs up to 15
// minutes before they expire.
const exportTTL = 15 * time.Minute

// everyRole gets the credentials of all the user's identities in an account.
func everyRole(ctx context.Context, place sweep.Place, emit func([]accountCredentials)) error {
	ids, err := place.Account.Identities(ctx)
	if err != nil {
		return err
	}
	ring, _ := newAccountCredentials(ctx, place.Account)
	for _, id := range ids {
		if failed := ring.add(ctx, id); failed != nil {
			err = errors.Join(err, failed)
		}
	}
	if len(ring.Roles) > 0 {
		emit([]accountCredentials{ring})
	}
	return err
}

// accountCredentials is the record of an account's credentials. The keys are those of the SSO
// portal's answers.
type accountCredentials struct {
	AccountId    string                     `json:"accountId"`
	AccountName  string                     `json:"accountName"`
	EmailAddress string                     `json:"emailAddress"`
	Roles        map[string]roleCredentials `json:"roles"`
}

type roleCredentials struct {
	AccessKeyId     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
	SessionToken    string `json:"sessionToken"`
	Expiration      any    `json:"expiration"` // milliseconds since 1970; nil for long-term keys
}

var accountCredentialsView = render.View{ID: "accountId", Sort: []string{"accountId", "accountName"}}

// newAccountCredentials gets the credentials of identities in an account.
func newAccountCredentials(ctx context.Context, a *account.Account, ids ...*auth.Identity) (accountCredentials, error) {
	ring := accountCredentials{AccountId: a.ID, AccountName: a.Name, EmailAddress: a.Email, Roles: map[string]roleCredentials{}}
	for _, id := range ids {
		if err := ring.add(ctx, id); err != nil {
			return ring, err
		}
	}
	return ring, nil
}

func (k *accountCredentials) add(ctx context.Context, id *auth.Identity) error {
	creds, err := id.Credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	if k.AccountId == "" {
		k.AccountId = id.AccountID
	}
	k.Roles[keyName(id)] = newRoleCredentials(creds)
	return nil
}

// keyName returns the name of credentials: of the role, or for an IAM user's keys of the
// profile, if there is one.
func keyName(id *auth.Identity) string {
	switch {
	case id.Role != "":
		return id.Role
	case id.Profile != "":
		return id.Profile
	}
	return "default"
}

func newRoleCredentials(creds aws.Credentials) roleCredentials {
	r := roleCredentials{AccessKeyId: creds.AccessKeyID, SecretAccessKey: creds.SecretAccessKey, SessionToken: creds.SessionToken}
	if creds.CanExpire {
		r.Expiration = creds.Expires.UnixMilli()
	}
	return r
}

// ends returns the time when the credentials expire; the zero time for long-term keys.
func (r roleCredentials) ends() time.Time {
	ms, ok := r.Expiration.(int64)
	if !ok {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// exportFormats are the formats of credentials, those without a value first.
var exportFormats = []string{"json", "env", "process", "ini", "ndjson", "yaml", "template=", "template-file="}

// Export are the flags for the format of credentials.
type Export struct {
	Output      string      `short:"o" env:"-" placeholder:"FORMAT" group:"output" complete:"credential-formats,template" help:"json (default), env, process, ini, ndjson, yaml, template=TEXT or template-file=PATH."`
	JQ          string      `name:"jq" placeholder:"EXPR" group:"output" complete:"jq" help:"Run a jq filter on each account, and print the results."`
	Slurp       bool        `group:"output" help:"Run the jq filter once, on an array of all accounts."`
	Query       string      `placeholder:"JMESPATH" group:"output" complete:"jmespath" help:"Print the result of a JMESPath expression on the array of accounts."`
	Shell       string      `enum:"bash,fish,powershell" default:"bash" placeholder:"SHELL" group:"output" help:"Syntax of -o env: bash, fish or powershell."`
	ProfileName profileName `placeholder:"TEMPLATE" default:"{account-name}.{role}" group:"output" complete:"none" help:"Names of the profiles of -o ini ({account-name}.{role})."`
	Out         string      `placeholder:"FILE" group:"output" complete:"file" help:"Write to this file, readable only by you."`

	TemplateHelp templateHelpFlag `env:"-" group:"output" help:"List the fields and functions for templates, with examples."`
}

// Schema describes the records, for completion and --template-help.
func (*Export) Schema() *shape.Schema { return shape.SchemaOf[accountCredentials]() }

// start checks the flags and returns the stream to write to.
func (h *Export) start(app *App, g *Global) (stream[accountCredentials], error) {
	if h.Output == "" && h.Query == "" && h.JQ == "" {
		h.Output = "json"
	}
	if err := h.check(app); err != nil {
		return nil, err
	}
	w, text := app.Stdout, &bytes.Buffer{}
	if h.Out != "" {
		w = text
	}
	out, err := h.format(app, g, w)
	if err == nil && h.Out != "" {
		out = &fileStream{stream: out, ctx: context.Background(), text: text, path: h.Out}
	}
	return out, err
}

// connect calls start and Global.connect. The CA bundle and the attempts are those of the
// profile; "" means the default profile.
func (h *Export) connect(app *App, g *Global, profile string) (stream[accountCredentials], *auth.Resolver, error) {
	out, err := h.start(app, g)
	if err != nil {
		return nil, nil, err
	}
	var profiles []string
	if profile != "" {
		profiles = []string{profile}
	}
	r, err := g.connect(app, 1, profiles)
	return out, r, err
}

func (h *Export) format(app *App, g *Global, w io.Writer) (stream[accountCredentials], error) {
	switch h.Output {
	case "env":
		return &exportStream{w: w, single: "env", format: envText(h.Shell)}, nil
	case "process":
		return &exportStream{w: w, single: "process", format: processText}, nil
	case "ini":
		return &exportStream{w: w, format: iniText(h.ProfileName)}, h.ProfileName.check("--profile-name", false)
	}
	o := Output{Output: h.Output, JQ: h.JQ, Slurp: h.Slurp, Query: h.Query}
	options := o.options(app, g)
	options.Terminal = options.Terminal && h.Out == ""
	printer, err := render.Compile[accountCredentials](options, accountCredentialsView)
	if err != nil {
		return nil, err
	}
	return printer.Start(w), nil
}

// check returns an error for formats that credentials do not have, and for --out with the
// user's own config or credentials file.
func (h *Export) check(app *App) error {
	name, _, valued := strings.Cut(h.Output, "=")
	if valued {
		name += "="
	}
	if known := append(render.Formats(), exportFormats...); name != "" && !slices.Contains(known, name) {
		return usage("--output: unknown format %s; expected %s, template=TEXT or template-file=PATH%s",
			h.Output, strings.Join(exportFormats[:6], ", "), names.DidYouMean(name, exportFormats))
	}
	if name != "" && !slices.Contains(exportFormats, name) && h.Query == "" {
		return usage("--output %s: expected json, env, process, ini, ndjson, yaml, template=TEXT, --jq or --query", h.Output)
	}
	if slices.Contains([]string{"env", "process", "ini"}, h.Output) && (h.JQ != "" || h.Query != "") {
		return usage("--output %s: --jq and --query need json", h.Output)
	}
	if h.Out == "" {
		return nil
	}
	files, err := awsconfig.Locate(app.Lookup)
	if err != nil {
		return err
	}
	for _, own := range []string{files.Config, files.Credentials} {
		if own != "" && samePath(own, h.Out) {
			return usage("--out %s: this is your own %s file; choose another file, and set AWS_SHARED_CREDENTIALS_FILE to it", h.Out, filepath.Base(own))
		}
	}
	return checkWritable("--out", h.Out)
}

func samePath(a, b string) bool {
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

func (s *fileStream) Write(ring accountCredentials) error {
	s.accounts++
	return s.stream.Write(ring)
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
