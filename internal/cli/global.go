package cli

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/internal/auth"
	"muster/internal/auth/botocache"
	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/render"
	"muster/internal/terminal"
)

// Global are the flags of every command. They have the names of the AWS CLI.
type Global struct {
	EndpointURL       string      `name:"endpoint-url" context:"" placeholder:"URL" group:"global" complete:"none" help:"Send all calls to this URL."`
	NoVerifySSL       bool        `name:"no-verify-ssl" group:"global" help:"Do not verify TLS certificates."`
	CABundle          string      `name:"ca-bundle" context:"" placeholder:"FILE" group:"global" complete:"file" help:"PEM file of certificate authorities; also AWS_CA_BUNDLE."`
	CLIReadTimeout    float64     `name:"cli-read-timeout" placeholder:"SECONDS" default:"60" group:"global" complete:"none" help:"Socket read timeout (60; 0: none)."`
	CLIConnectTimeout float64     `name:"cli-connect-timeout" placeholder:"SECONDS" default:"10" group:"global" complete:"none" help:"Socket connect timeout (10; 0: none)."`
	Context           string      `placeholder:"NAME" may-be-empty:"" context:"name" group:"global" complete:"contexts" help:"Use the flags of this context; '' uses none."`
	Color             string      `context:"" type:"when" enum:"auto,on,off" placeholder:"WHEN" default:"auto" group:"global" help:"auto, on or off; auto obeys NO_COLOR, CLICOLOR and CLICOLOR_FORCE."`
	NoPager           noPagerFlag `aliases:"no-cli-pager" env:"-" group:"global" help:"Do not show long tables and help in a pager; also MUSTER_PAGER=cat."`
	TokenCode         string      `name:"token-code" placeholder:"CODE" group:"global" complete:"none" help:"Code of the MFA device, instead of a prompt."`
	NoCache           bool        `group:"global" help:"Do not use the AWS CLI's cache of role credentials."`
	Debug             bool        `group:"global" overview:"" help:"Log every call on stderr, without secrets."`
	Demo              bool        `group:"global" overview:"" help:"Use the built-in simulated organization instead of AWS."`

	simulated bool // the simulated organization replaces AWS
}

// InDemo reports whether --demo is given, for completion.
func (g *Global) InDemo() bool { return g.Demo }

// defaultConcurrency is the number of calls at a time beyond which a sweep gets no faster;
// BenchmarkWidth measures it.
const defaultConcurrency = 512

// maxConcurrency is far more than a network and AWS's limits allow.
const maxConcurrency = 10_000

// connect reads the config and prepares clients and credentials. It makes no call of AWS.
// profiles are the values of --profile.
func (g *Global) connect(app *App, concurrency int, profiles []string) (*auth.Resolver, error) {
	if err := g.checkPlaces(app); err != nil {
		return nil, err
	}
	if g.TokenCode != "" && !codePattern().MatchString(g.TokenCode) {
		return nil, usage("--token-code: expected six digits")
	}
	files, err := awsconfig.Locate(app.Lookup)
	if err != nil {
		return nil, usage("%v", err)
	}
	config, err := awsconfig.Load(files)
	if unreadable := (*fs.PathError)(nil); errors.As(err, &unreadable) {
		return nil, usage("%v", err)
	}
	if err != nil {
		return nil, err
	}
	bundle, attempts, err := g.transport(app, transportProfile(app, config, profiles))
	if err != nil {
		return nil, err
	}
	warn := func(text string) { app.note("%s", text) }
	api := awsapi.New(awsapi.Settings{
		Lookup: app.Lookup, EndpointURL: g.EndpointURL,
		NoVerifySSL: g.NoVerifySSL, CABundle: bundle,
		ConnectTimeout: seconds(g.CLIConnectTimeout), ReadTimeout: seconds(g.CLIReadTimeout),
		MaxAttempts: attempts, Concurrency: concurrency,
		UserAgent: "muster/" + readBuild().version, Log: app.debugLog(g.Debug), Warn: warn, Timings: app.timings, EarlierRates: app.earlierRates,
	})
	resolver := auth.New(auth.Options{
		Config: config, API: api, Lookup: app.Lookup, Environ: app.Environ, Now: app.Now,
		Cache:       &botocache.Cache{Home: app.home(), Lookup: app.Lookup, Warn: warn},
		NoRoleCache: g.NoCache, TokenCode: g.TokenCode,
		Prompt: app.prompter(), SAMLPrompt: app.samlPrompt(), ChooseRole: app.roleChooser(), OfferLogin: app.loginOffer(), Stdin: app.Stdin, Stderr: app.Stderr, HoldTerminal: app.term.Hold,
	})
	app.closers = append(app.closers, resolver.Close, func() {
		if resolver.UnusedCode() {
			app.note("--token-code was not used: no MFA device needed a code")
		}
	})
	return resolver, nil
}

// checkPlaces checks the URLs and the regions in the flags and the environment. awsconfig
// checks those in profiles.
func (g *Global) checkPlaces(app *App) error {
	if g.EndpointURL != "" && !awsconfig.IsEndpoint(g.EndpointURL) {
		return usage("--endpoint-url %q: expected an http or https URL", g.EndpointURL)
	}
	for _, name := range slices.Sorted(maps.Keys(app.env)) {
		if value := app.env[name]; value != "" && strings.HasPrefix(name, "AWS_ENDPOINT_URL") && !awsconfig.IsEndpoint(value) {
			return usage("%s is %q: expected an http or https URL", name, value)
		}
	}
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		_, err := url.Parse(app.env[name])
		if _, bare := url.Parse("http://" + app.env[name]); err != nil && bare != nil {
			return usage("%s: expected the URL of a proxy", name) // it may hold a password
		}
	}
	for _, key := range awsconfig.MetadataSettings {
		name := awsconfig.MetadataVariable(key)
		if value := app.env[name]; value != "" {
			if expected := awsconfig.MetadataExpects(key, value); expected != "" {
				return usage("%s is %q: expected %s", name, value, expected)
			}
		}
	}
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		if value := app.env[name]; !awsconfig.IsRegion(value) {
			return usage("%s is %q: expected the name of a region, such as us-east-1", name, value)
		}
	}
	return nil
}

// transportProfile returns the profile with the CA bundle and the attempts for all calls: the
// one of --profile, or else that of the environment. It is nil if --profile names several,
// or if there is no such profile.
func transportProfile(app *App, config *awsconfig.Config, profiles []string) *awsconfig.Profile {
	name := "default"
	for _, variable := range []string{"AWS_DEFAULT_PROFILE", "AWS_PROFILE"} {
		if v := app.env[variable]; v != "" {
			name = v
		}
	}
	switch len(profiles) {
	case 0:
	case 1:
		name = profiles[0]
	default:
		return nil
	}
	p, err := config.Profile(name)
	if err != nil {
		return nil
	}
	return p
}

// transport returns the CA bundle and the number of attempts: from the flag, else the
// environment, else the profile.
func (g *Global) transport(app *App, p *awsconfig.Profile) (bundle string, attempts int, err error) {
	bundle = g.CABundle
	if bundle == "" {
		bundle = app.env["AWS_CA_BUNDLE"]
	}
	if p != nil {
		if bundle == "" {
			bundle = p.CABundle
		}
		attempts = p.MaxAttempts
	}
	if bundle != "" && !g.NoVerifySSL {
		if _, err := os.Stat(bundle); err != nil {
			return "", 0, usage("CA bundle: %v", err)
		}
	}
	if text := app.env["AWS_MAX_ATTEMPTS"]; text != "" {
		if attempts, err = strconv.Atoi(text); err != nil || attempts < 1 {
			return "", 0, usage("AWS_MAX_ATTEMPTS is %q: expected a number of 1 or more", text)
		}
	}
	if g.CLIReadTimeout < 0 || g.CLIConnectTimeout < 0 {
		return "", 0, usage("--cli-read-timeout and --cli-connect-timeout: expected seconds, or 0 for no limit")
	}
	return bundle, attempts, nil
}

// prompter returns a function that asks for an MFA code or another secret, or nil without a
// terminal.
func (a *App) prompter() func(context.Context, string) (string, error) {
	if !a.term.CanAsk() {
		return nil
	}
	return a.term.AskSecret
}

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

// Output are the flags for the format of records.
type Output struct {
	formatFlags `embed:""`

	JQ        string   `name:"jq" overrides:"output" placeholder:"EXPR" group:"output" complete:"jq" overview:"" help:"Run a jq filter on each record, and print the results."`
	Slurp     bool     `group:"output" help:"Run the jq filter once, on an array of all records."`
	Query     string   `placeholder:"JMESPATH" group:"output" complete:"jmespath" help:"Print the result of a JMESPath expression on the array of records."`
	Columns   []string `placeholder:"A,B" group:"output" complete:"fields" overview:"Choose the columns, such as Name,Tags.env." help:"Columns of table, tree, markdown, csv, text and html, such as Name,Tags.env."`
	NoHeaders bool     `group:"output" help:"Omit the header."`
	CSVSafe   bool     `name:"csv-safe" group:"output" help:"Put ' before csv cells that a spreadsheet would run as formulas."`
	SortBy    []string `type:"sortkeys" placeholder:"F,F" group:"output" complete:"sort-fields" help:"Sort by these fields; -F sorts descending."`
	CountBy   []string `placeholder:"F,F" group:"output" complete:"fields" help:"Count records by these fields, such as State,Tags.env."`

	TemplateHelp templateHelpFlag `env:"-" group:"output" help:"List the fields and functions for templates, with examples."`
}

// formatFlags are the flags for the format that a context may set. Others, such as the columns,
// belong to the records of one command.
type formatFlags struct {
	Output string `short:"o" context:"" env:"${output_env=}" placeholder:"FORMAT" group:"output" complete:"formats,template" overview:"table, json, csv, template=TEXT and other formats." help:"Output format: ${formats}."`
	Style  string `context:"" enum:"plain,rounded,grid,compact" default:"plain" placeholder:"STYLE" group:"output" help:"Style of tables: plain, rounded, grid or compact."`
}

// CountedFields are the fields whose combinations --count-by counts, for completion.
func (o *Output) CountedFields() []string { return o.CountBy }

// options returns the flags, with the properties of the terminal.
func (o *Output) options(app *App, g *Global) render.Options {
	return render.Options{
		Output: o.Output, JQ: o.JQ, Slurp: o.Slurp, Query: o.Query,
		Columns: o.Columns, NoHeaders: o.NoHeaders, SortBy: o.SortBy, CountBy: o.CountBy, Style: o.Style, CSVSafe: o.CSVSafe, Terminal: terminal.IsTerminal(app.Stdout),
		Color: app.term.Color(app.Stdout, g.Color), Links: terminal.IsTerminal(app.Stdout) && !app.term.Dumb(),
		Width:    func() int { width, _ := terminal.Width(app.Stdout); return width },
		ReadFile: os.ReadFile, Now: app.Now,
	}
}
