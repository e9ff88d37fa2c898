package cli

import (
	"context"
	"time"

	"muster/internal/auth"
	"muster/internal/awsconfig"
)

type sessionTokenCmd struct {
	DurationSeconds int    `placeholder:"N" complete:"none" help:"Session duration, 900 to 129600 (43200)."`
	SerialNumber    string `placeholder:"DEVICE" complete:"none" help:"MFA device (mfa_serial of the profile); muster asks for its code."`
	Profile         string `placeholder:"NAME" complete:"profiles" help:"Profile with the IAM user's keys."`
	Region          string `placeholder:"R" complete:"regions" help:"Region of the STS endpoint."`
	Merge           bool   `group:"output" help:"Write the credentials into the section --profile-name of your credentials file."`

	SessionExport `embed:""`
}

func (*sessionTokenCmd) Examples() []string {
	return []string{
		"muster session-token --profile malbert",
		"muster session-token --profile malbert --duration-seconds 3600 -o env",
		"muster session-token -o process",
		"muster session-token --profile malbert --profile-name temporary --merge",
	}
}

// overridden reports the same as that of assumeRoleCmd.
func (c *sessionTokenCmd) overridden(flag any, _ string, line *flagLine) bool {
	return line.given[&c.Profile] && flag == &c.DurationSeconds
}

func (c *sessionTokenCmd) Run(ctx context.Context, app *App, g *Global) error {
	duration := time.Duration(c.DurationSeconds) * time.Second
	if c.DurationSeconds != 0 && (duration < 15*time.Minute || duration > 36*time.Hour) {
		return usage("--duration-seconds %d: expected 900 to 129600", c.DurationSeconds)
	}
	if err := checkSerial(c.SerialNumber); err != nil {
		return err
	}
	if err := c.checkMergeFlags(); err != nil {
		return err
	}
	out, r, err := c.connect(app, g, c.Profile)
	if err != nil {
		return err
	}
	if c.Merge {
		if err := c.checkMerge(r.Config); err != nil {
			return err
		}
	}
	r.Region = c.Region
	base, profile, err := currentOr(r, c.Profile)
	if err != nil {
		return err
	}
	serial := c.SerialNumber
	if serial == "" && profile != nil {
		serial = profile.MFASerial
	}
	if serial == "" && g.TokenCode != "" {
		return usage("--token-code needs --serial-number, or an mfa_serial in the profile")
	}
	id := r.SessionToken(base, serial, duration)
	if c.Merge {
		return c.merge(ctx, app, r.Config.Files, id)
	}
	return exportIdentity(ctx, out, id)
}

// checkMergeFlags checks the flags that need --merge.
func (c *sessionTokenCmd) checkMergeFlags() error {
	name := string(c.ProfileName)
	switch {
	case !c.Merge:
		return nil
	case c.Output != "" && c.Output != "ini" || c.JQ != "" || c.Query != "":
		return usage("--merge writes the format ini: leave out other formats, --jq and --query")
	case c.Out != "":
		return usage("--merge and --out cannot be used together: --merge writes your credentials file")
	case c.ProfileName == defaultProfileName:
		return usage("--merge needs --profile-name: the section of the credentials file to write, such as mfa")
	case plainName(name) != name:
		return usage("--profile-name %q: with --merge, expected the name of one profile", name)
	}
	c.Output = "ini"
	return nil
}

// checkMerge returns an error if the section cannot be written, before a code is spent.
func (c *sessionTokenCmd) checkMerge(config *awsconfig.Config) error {
	name := string(c.ProfileName)
	p, err := config.Profile(name)
	if err == nil && p.Kind != awsconfig.KindNone && p.Kind != awsconfig.KindStatic && p.Kind != awsconfig.KindLogin && p.Kind != awsconfig.KindProcess {
		return usage("--profile-name %q: this profile (%s:%d) has other credentials, which come before those of the credentials file", name, p.File, p.Line)
	}
	if err := awsconfig.CheckMerge(config.Files, name); err != nil {
		return usage("--profile-name: %v", err)
	}
	return nil
}

// merge writes credentials into the credentials file.
func (c *sessionTokenCmd) merge(ctx context.Context, app *App, files awsconfig.Files, id *auth.Identity) error {
	creds, err := id.Credentials.Retrieve(ctx)
	if err != nil {
		return err
	}
	write, cancel := finalWrite(ctx) // the code is spent
	defer cancel()
	keys := awsconfig.Keys{AccessKeyID: creds.AccessKeyID, SecretAccessKey: creds.SecretAccessKey, SessionToken: creds.SessionToken}
	if err := awsconfig.MergeKeys(write, files, string(c.ProfileName), keys); err != nil {
		return err
	}
	app.note("wrote [%s] into %s, until %s; use it with --profile %s", c.ProfileName, files.Credentials,
		clock(creds.Expires), c.ProfileName)
	return nil
}
