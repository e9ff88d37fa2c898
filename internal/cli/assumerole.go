package cli

import (
	"context"
	"io"
	"os"
	"strings"
	"time"

	"muster/internal/account"
	"muster/internal/auth"
	"muster/internal/awsconfig"
)

// assumeRoleCmd has the options of `aws sts assume-role` under their own names.
type assumeRoleCmd struct {
	RoleARN           string `name:"role-arn" placeholder:"ARN" complete:"role-arns" help:"Role to assume."`
	RoleSessionName   string `placeholder:"NAME" complete:"none" help:"Session name, as CloudTrail shows it (muster-USER)."`
	PolicyARNs        words  `name:"policy-arns" placeholder:"ARN ..." complete:"none" help:"Managed policies that limit the session; also as arn=ARN or JSON."`
	Policy            string `placeholder:"JSON" complete:"file-url" help:"Inline policy that limits the session: JSON or file://PATH."`
	DurationSeconds   int    `placeholder:"N" complete:"none" help:"Session duration, 900 to 43200; at most 3600 if a role assumes the role."`
	Tags              words  `placeholder:"Key=K,Value=V ..." complete:"none" help:"Session tags; also as JSON."`
	TransitiveTagKeys words  `placeholder:"K ..." complete:"none" help:"Session tags that roles assumed from this one inherit."`
	ExternalID        string `name:"external-id" placeholder:"ID" complete:"none" help:"External id that the role's trust policy requires."`
	SerialNumber      string `placeholder:"DEVICE" complete:"none" help:"MFA device; muster asks for its code."`
	SourceIdentity    string `placeholder:"NAME" complete:"none" help:"Source identity of the session and of all roles assumed from it."`
	ProvidedContexts  words  `placeholder:"ProviderArn=P,ContextAssertion=A ..." complete:"none" help:"Context assertions of trusted providers; also as JSON."`
	MinTokenSize      int    `name:"minimum-session-token-size" placeholder:"BYTES" complete:"none" help:"Minimum size of the session token, 0 to 4096 bytes, to test software with long tokens."`

	Via                  []string `type:"arns" sep:"none" placeholder:"ROLE_ARN" complete:"role-arns" help:"Role to assume first; may be repeated."`
	Profile              string   `placeholder:"NAME" complete:"profiles" help:"Profile to start from."`
	Region               string   `placeholder:"R" complete:"regions" help:"Region of the STS endpoint."`
	SAMLAssertion        string   `name:"saml-assertion" placeholder:"FILE|-" complete:"file" help:"Use a SAML assertion (XML or base64) instead of AWS credentials."`
	PrincipalARN         string   `name:"principal-arn" placeholder:"ARN" complete:"none" help:"SAML provider, if the assertion names several."`
	WebIdentityTokenFile string   `placeholder:"FILE" complete:"file" help:"Use an OpenID Connect token instead of AWS credentials."`

	SessionExport `embed:""`
}

func (*assumeRoleCmd) Examples() []string {
	return []string{
		"muster assume-role --role-arn arn:aws:iam::264511973012:role/EC2ReadAccess",
		"R=arn:aws:iam::264511973012:role/EC2ReadAccess",
		"muster assume-role --profile malbert --role-arn $R --duration-seconds 7200",
		"eval \"$(muster assume-role --role-arn $R -o env)\"",
	}
}

// overridden reports whether the variable of a flag is ignored: with --profile, those for the
// roles of an organization are.
func (c *assumeRoleCmd) overridden(flag any, _ string, line *flagLine) bool {
	return line.given[&c.Profile] && (flag == &c.ExternalID || flag == &c.RoleSessionName || flag == &c.DurationSeconds)
}

func (c *assumeRoleCmd) Run(ctx context.Context, app *App, g *Global) error {
	options, err := c.options()
	if err != nil {
		return err
	}
	out, r, err := c.connect(app, g, c.Profile)
	if err != nil {
		return err
	}
	if c.SerialNumber != "" { // the code is this device's, not that of a profile
		options.MFACode, r.TokenCode = g.TokenCode, ""
	}
	r.Region, r.MinTTL = c.Region, exportTTL
	id, err := c.identity(ctx, app, r, options)
	if err != nil {
		return err
	}
	return exportIdentity(ctx, out, id)
}

// identity returns the role, assumed in one of the three ways.
func (c *assumeRoleCmd) identity(ctx context.Context, app *App, r *auth.Resolver, o auth.RoleOptions) (*auth.Identity, error) {
	profile, err := c.profile(r.Config)
	if err != nil {
		return nil, err
	}
	var id *auth.Identity
	switch {
	case c.SAMLAssertion != "":
		if id, err = c.fromSAML(ctx, app, r, profile, o); err != nil {
			return nil, err
		}
	case c.WebIdentityTokenFile != "":
		if _, err := os.Stat(c.WebIdentityTokenFile); err != nil {
			return nil, usage("--web-identity-token-file: %v", err)
		}
		id = r.WebIdentity(profile, c.WebIdentityTokenFile, o)
	default:
		if id, _, err = currentOr(r, c.Profile); err != nil {
			return nil, err
		}
		for _, arn := range c.Via {
			id = r.Assume(id, auth.RoleOptions{RoleSettings: awsconfig.RoleSettings{RoleARN: arn}})
		}
		o.Uncached = true
		id = r.Assume(id, o)
	}
	if id.Chained() && o.Duration > time.Hour {
		return nil, usage("--duration-seconds %d: at most 3600 for a role that a role assumes (%s)", c.DurationSeconds, id)
	}
	return id, nil
}

func (c *assumeRoleCmd) profile(config *awsconfig.Config) (*awsconfig.Profile, error) {
	if c.Profile == "" {
		return nil, nil
	}
	return config.Profile(c.Profile)
}

func (c *assumeRoleCmd) fromSAML(ctx context.Context, app *App, r *auth.Resolver, profile *awsconfig.Profile, o auth.RoleOptions) (*auth.Identity, error) {
	text, err := readInput(app, c.SAMLAssertion)
	if err != nil {
		return nil, usage("--saml-assertion: %v", err)
	}
	assertion, err := auth.ParseAssertion(text)
	if err != nil {
		return nil, usage("--saml-assertion %s: %v", c.SAMLAssertion, err)
	}
	role, err := c.samlRole(ctx, app, assertion)
	if err != nil {
		return nil, err
	}
	return r.SAML(profile, assertion, role, o), nil
}

// samlRole chooses one of the roles that an assertion offers: the one of the flags, the only
// one, or the user's choice.
func (c *assumeRoleCmd) samlRole(ctx context.Context, app *App, a *auth.Assertion) (auth.SAMLRole, error) {
	var fitting []auth.SAMLRole
	var offers []string
	for _, role := range a.Roles {
		offers = append(offers, role.ARN)
		if (c.RoleARN == "" || role.ARN == c.RoleARN) && (c.PrincipalARN == "" || role.Provider == c.PrincipalARN) {
			fitting = append(fitting, role)
		}
	}
	switch {
	case len(a.Roles) == 0 && c.RoleARN != "" && c.PrincipalARN != "":
		return auth.SAMLRole{ARN: c.RoleARN, Provider: c.PrincipalARN}, nil // the assertion is encrypted; STS checks the role
	case len(a.Roles) == 0:
		return auth.SAMLRole{}, usage("the SAML assertion names no role; give --role-arn and --principal-arn")
	case len(fitting) == 0:
		return auth.SAMLRole{}, usage("the SAML assertion does not offer %s; it offers %s", strings.TrimSpace(c.RoleARN+" "+c.PrincipalARN), strings.Join(offers, ", "))
	case len(fitting) == 1:
		return fitting[0], nil
	}
	choose := app.roleChooser()
	if choose == nil {
		return auth.SAMLRole{}, usage("the SAML assertion offers several roles; choose with --role-arn: %s", strings.Join(offers, ", "))
	}
	return choose(ctx, fitting)
}

// readInput reads a file, or standard input for "-".
func readInput(app *App, path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(app.Stdin)
	}
	return os.ReadFile(path)
}

// exportIdentity prints the credentials of one identity.
func exportIdentity(ctx context.Context, out stream[accountCredentials], id *auth.Identity) error {
	credentials, err := newAccountCredentials(ctx, &account.Account{ID: id.AccountID}, id)
	if err != nil {
		return err
	}
	out.Until(ctx)
	if err := out.Write(credentials); err != nil {
		return written(err)
	}
	return written(out.Close())
}

// currentOr returns the identity of a profile, or without a name the current identity.
func currentOr(r *auth.Resolver, name string) (*auth.Identity, *awsconfig.Profile, error) {
	if name == "" {
		id, err := r.Current()
		if err != nil {
			return nil, nil, err
		}
		p, _ := r.Config.Profile(id.Profile)
		return id, p, nil
	}
	p, err := r.Config.Profile(name)
	if err != nil {
		return nil, nil, err
	}
	id, err := r.Profile(p)
	return id, p, err
}
