package child

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Place is the account and region of a command.
type Place struct {
	AccountID, AccountName string
	Role                   string // "" for a user
	Region                 string
}

// otherCredentials are variables that select or describe other credentials than the
// command's own.
var otherCredentials = []string{
	"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWS_ACCOUNT_ID",
	"AWS_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_SECURITY_TOKEN", // older names of the same
	"AWS_PROFILE", "AWS_DEFAULT_PROFILE",
	"AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE",
	"AWS_REGION", "AWS_DEFAULT_REGION",
	"MUSTER_ACCOUNT_ID", "MUSTER_ACCOUNT_NAME", "MUSTER_ROLE", "MUSTER_EXPIRES",
	"MUSTER_SAML_PASSWORD", "MUSTER_SAML_CLIENT_SECRET",
}

// Environ returns the environment of a command: base without the variables of other
// credentials and without those in drop, then the place, then credentials, as from
// CredentialVars.
func Environ(base, drop []string, p Place, credentials []string) []string {
	replaced := make(map[string]bool, len(credentials))
	for _, pair := range credentials {
		name, _, _ := strings.Cut(pair, "=")
		replaced[name] = true
	}
	var environ []string
	for _, pair := range base {
		name, _, _ := strings.Cut(pair, "=")
		if !replaced[name] && !slices.Contains(otherCredentials, name) && !slices.Contains(drop, name) && !strings.HasPrefix(name, "AWS_CONTAINER_") {
			environ = append(environ, pair)
		}
	}
	environ = append(environ,
		"MUSTER_ACCOUNT_ID="+p.AccountID, "MUSTER_ACCOUNT_NAME="+p.AccountName, "MUSTER_ROLE="+p.Role,
		"AWS_REGION="+p.Region, "AWS_DEFAULT_REGION="+p.Region)
	return append(environ, credentials...)
}

// CredentialVars returns the variables for credentials. A user's long-term keys have
// neither a token nor an expiration.
func CredentialVars(c aws.Credentials) []string {
	vars := []string{"AWS_ACCESS_KEY_ID=" + c.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + c.SecretAccessKey}
	if c.SessionToken != "" {
		vars = append(vars, "AWS_SESSION_TOKEN="+c.SessionToken)
	}
	if c.CanExpire {
		vars = append(vars, "AWS_CREDENTIAL_EXPIRATION="+c.Expires.UTC().Format(time.RFC3339))
	}
	return vars
}

// LookPath finds a program by its path, or by its name in the folders of path, a PATH. It
// skips relative folders: they would depend on the working directory.
func LookPath(path, name string) (string, error) {
	if filepath.Base(name) != name {
		return exec.LookPath(name)
	}
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if found, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return found, nil
		}
	}
	return "", fmt.Errorf("no program %q on PATH", name)
}
