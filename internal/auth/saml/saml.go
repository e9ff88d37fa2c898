// Package saml signs a user in at a SAML provider and returns the assertion, a signed
// statement about the user that STS exchanges for credentials of a role. It speaks the API
// of OneLogin (onelogin*.go) and that of Okta (okta*.go), and runs any other program that
// prints an assertion (command.go).
//
// Passwords, codes, tokens and assertions are in memory only. No error contains one: errors
// have a text of this package, and what a provider has said is made safe and scrubbed.
package saml

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"muster/internal/secret"
)

// The providers.
const (
	OneLogin = "onelogin"
	Okta     = "okta"
	Command  = "command"
)

// Config describes how a user signs in.
type Config struct {
	Provider string // OneLogin, Okta or Command
	// URL is the embed link of the app at Okta. At OneLogin it may be "", or the URL of the
	// API in place of Region and Subdomain.
	URL      string
	Username string // name or email address at the provider
	Password func(ctx context.Context) (string, error)

	// These are for OneLogin.
	ClientID     string // of the API
	ClientSecret func(ctx context.Context) (string, error)
	Region       string // us or eu; "" for us
	Subdomain    string // of onelogin.com; "" if the URL or the region is enough
	AppID        string
	IP           string // address of the user, which may be exempt from MFA; usually ""

	Command string // the command line of Command
	// Run runs that command line in a shell, and returns what it has printed.
	Run func(ctx context.Context, command string) ([]byte, error)

	Secrets *secret.Set // gets each secret of the sign-in; may be nil
	// Sleep waits between two questions to the provider; nil for the real time.
	Sleep func(ctx context.Context, d time.Duration) error
}

// Prompt asks the user. A nil Prompt means that there is no terminal.
type Prompt interface {
	// Code asks for a one-time code.
	Code(ctx context.Context, question string) (string, error)
	// Choose asks for one of several choices, and returns its index.
	Choose(ctx context.Context, question string, choices []string) (int, error)
	// Note shows a line, such as "Approve the push on your phone: 42".
	Note(text string)
}

// SignIn signs the user in and returns the assertion, in base64 as STS expects it. Of the
// client it uses the transport only. Its errors are of type *Error, but for those of the
// context, of the prompt and of Config's functions.
func SignIn(ctx context.Context, client *http.Client, c Config, p Prompt) (assertion []byte, err error) {
	switch c.Provider {
	case OneLogin, Okta, Command:
		return nil, errors.New("signing in is not implemented yet")
	}
	return nil, &Error{Kind: BadConfig, Msg: fmt.Sprintf("saml_provider = %s: expected onelogin, okta or command", c.Provider)}
}

// AccountNames returns the names of the accounts on AWS's sign-in page, by account id. The
// page names only accounts with an alias; the others are not in the result.
func AccountNames(ctx context.Context, client *http.Client, signInURL string, assertion []byte) (map[string]string, error) {
	return nil, nil
}
