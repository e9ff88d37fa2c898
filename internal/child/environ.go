// Package child runs a command in an account: with the account's credentials in
// its environment, its output kept together or marked line by line, and the
// user's signals passed on.
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

// Place is what a child is told about where it works.
type Place struct {
	AccountID, AccountName string
	Role                   string // "" for a user
	Region                 string
}

// elsewhere are variables that lead a child to other credentials than those it is
// given, or that describe others.
var elsewhere = []string{
	"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION", "AWS_ACCOUNT_ID",
	"AWS_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_SECURITY_TOKEN", // older names of the same
	"AWS_PROFILE", "AWS_DEFAULT_PROFILE",
	"AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE",
	"AWS_REGION", "AWS_DEFAULT_REGION",
	"MUSTER_ACCOUNT_ID", "MUSTER_ACCOUNT_NAME", "MUSTER_ROLE",
}

// Environ is the environment of a child: base without what leads to other
// credentials and without the variables of drop, then the place, then the variables
// of its credentials: those of CredentialVars, or of an endpoint.
func Environ(base, drop []string, p Place, credentials []string) []string {
	given := make(map[string]bool, len(credentials))
	for _, pair := range credentials {
		name, _, _ := strings.Cut(pair, "=")
		given[name] = true
	}
	var environ []string
	for _, pair := range base {
		name, _, _ := strings.Cut(pair, "=")
		if !given[name] && !slices.Contains(elsewhere, name) && !slices.Contains(drop, name) && !strings.HasPrefix(name, "AWS_CONTAINER_") {
			environ = append(environ, pair)
		}
	}
	environ = append(environ,
		"MUSTER_ACCOUNT_ID="+p.AccountID, "MUSTER_ACCOUNT_NAME="+p.AccountName, "MUSTER_ROLE="+p.Role,
		"AWS_REGION="+p.Region, "AWS_DEFAULT_REGION="+p.Region)
	return append(environ, credentials...)
}

// CredentialVars are the variables of credentials. A user's own keys have no token and do
// not end.
func CredentialVars(c aws.Credentials) []string {
	keys := []string{"AWS_ACCESS_KEY_ID=" + c.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + c.SecretAccessKey}
	if c.SessionToken != "" {
		keys = append(keys, "AWS_SESSION_TOKEN="+c.SessionToken)
	}
	if c.CanExpire {
		keys = append(keys, "AWS_CREDENTIAL_EXPIRATION="+c.Expires.UTC().Format(time.RFC3339))
	}
	return keys
}

// LookPath finds a program in the folders of a PATH, or by a path of its own.
// Folders that depend on where one is are passed over.
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
