package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/auth"
	"muster/internal/child"
	"muster/internal/credserver"
	"muster/internal/safe"
	"muster/internal/sweep"
)

// childTTL is the lifetime left of credentials that a child gets. SDKs renew
// credentials before they end, botocore 15 minutes and the Go SDK 5 minutes before,
// and should not do so at once. It is a little less than 15 minutes, the shortest
// session of AWS.
const childTTL = 14 * time.Minute

// environ returns the environment of a child. Call release when the child has ended.
func (e *execution) environ(ctx context.Context, p sweep.Place) (environ []string, release func(), err error) {
	name := p.Account.Name
	if e.shell { // its prompt prints the variable on the terminal
		name = safe.Text(name)
	}
	place := child.Place{AccountID: p.Account.ID, AccountName: name, Role: p.Identity.Role, Region: e.region(p)}
	retrieve := func(ctx context.Context) (aws.Credentials, error) {
		return p.Identity.RetrieveFor(ctx, childTTL, e.app.Now())
	}
	creds, err := retrieve(ctx)
	if err != nil {
		return nil, nil, err
	}
	variables, drop := e.settings(p.Identity)
	// The current context would select accounts for a muster that the command runs.
	variables = append(variables, variableName("context")+"=")
	renewed := e.renews(creds.CanExpire)
	if e.shell && creds.CanExpire && !renewed {
		variables = append(variables, "MUSTER_EXPIRES="+creds.Expires.UTC().Format(time.RFC3339))
	}
	files, remove, err := e.files(p.Identity, renewed)
	if err != nil {
		return nil, nil, err
	}
	variables = append(variables, files...)
	if !renewed {
		return child.Environ(e.app.Environ, drop, place, append(variables, child.CredentialVars(creds)...)), remove, nil
	}
	grant := e.server.Grant(retrieve)
	release = func() {
		grant.Revoke()
		remove()
	}
	return child.Environ(e.app.Environ, drop, place, append(variables, grant.Environ()...)), release, nil
}

// settings returns the variables for the endpoints and the CA bundle that muster uses, and
// the names of variables to remove.
func (e *execution) settings(id *auth.Identity) (variables, drop []string) {
	drop = e.drop
	if e.global.EndpointURL != "" {
		for _, pair := range e.app.Environ {
			if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AWS_ENDPOINT_URL_") {
				drop = append(drop[:len(drop):len(drop)], name)
			}
		}
		variables = append(variables, "AWS_ENDPOINT_URL="+e.global.EndpointURL, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=false")
	}
	if e.global.CABundle != "" {
		bundle := e.global.CABundle
		if path, err := filepath.Abs(bundle); err == nil {
			bundle = path
		}
		variables = append(variables, "AWS_CA_BUNDLE="+bundle)
	}
	if id.Target.FIPS {
		variables = append(variables, "AWS_USE_FIPS_ENDPOINT=true")
	}
	if id.Target.DualStack {
		variables = append(variables, "AWS_USE_DUALSTACK_ENDPOINT=true")
	}
	return variables, drop
}

// files writes a config file for a child if the user's default profile has other settings
// than the identity's profile. It returns the variables that name the file. Call remove when
// the child has ended.
func (e *execution) files(id *auth.Identity, renewed bool) (variables []string, remove func(), err error) {
	files, err := e.resolver.Config.ForChild(e.resolver.SettingsOf(id), !renewed, e.global.EndpointURL != "")
	if err != nil || files.Config == nil {
		return nil, func() {}, err
	}
	dir, err := os.MkdirTemp("", "muster-exec-") // 0700
	if err != nil {
		return nil, nil, fmt.Errorf("a config file for the command: %w", err)
	}
	remove = func() { os.RemoveAll(dir) }
	config, credentials := filepath.Join(dir, "config"), filepath.Join(dir, "credentials")
	variables = []string{"AWS_CONFIG_FILE=" + config}
	err = os.WriteFile(config, files.Config, 0o600)
	if files.NoCredentials {
		variables = append(variables, "AWS_SHARED_CREDENTIALS_FILE="+credentials)
		err = errors.Join(err, os.WriteFile(credentials, nil, 0o600))
	}
	if err != nil {
		remove()
		return nil, nil, fmt.Errorf("a config file for the command: %w", err)
	}
	return variables, remove, nil
}

// serve starts the endpoint of --serve, if the flag is given or the command is a shell.
func (e *execution) serve() (err error) {
	if e.Serve || e.shell && !e.NoServe {
		e.server, err = credserver.Start(e.app.Now)
	}
	return err
}

// unserve closes the endpoint of --serve.
func (e *execution) unserve() {
	if e.server != nil {
		e.server.Close()
	}
}
