// Package saml signs a user in at a SAML provider and returns the assertion, a signed
// statement about the user that STS exchanges for credentials of a role. It speaks the APIs of
// OneLogin (onelogin*.go) and Okta (okta*.go), and runs any other program that prints an
// assertion (command.go).
//
// Passwords, codes, tokens and assertions are in memory only. All requests of a sign-in go to
// one server (web.go). No error contains a secret: errors have a text of this package, and
// what a server has said is scrubbed and made safe for a terminal (error.go).
package saml

import (
	"context"
	"fmt"
	"log/slog"
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
	Region       string // us or eu; "" for the host of the subdomain
	Subdomain    string // of onelogin.com
	AppID        string
	IP           string // address of the user, which may be exempt from MFA; usually ""

	Command string // the command line of Command
	// Run runs that command line in a shell, and returns what it has printed.
	Run func(ctx context.Context, command string) ([]byte, error)

	UserAgent string       // NAME/VERSION
	Secrets   *secret.Set  // gets each secret of the sign-in; may be nil
	Log       *slog.Logger // gets one record for each request; may be nil
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
// client it uses the transport only, and nil is http.DefaultClient. Its errors are of type
// *Error, but for those of the context, of the prompt and of Config's functions.
func SignIn(ctx context.Context, client *http.Client, c Config, p Prompt) (assertion []byte, err error) {
	if c.Secrets == nil {
		c.Secrets = new(secret.Set)
	}
	switch c.Provider {
	case OneLogin:
		assertion, err = signInOneLogin(ctx, client, c, user{p})
	case Okta:
		assertion, err = signInOkta(ctx, client, c, user{p})
	case Command:
		assertion, err = runCommand(ctx, c)
	default:
		err = &Error{Kind: BadConfig, Msg: fmt.Sprintf("saml_provider %q is unknown, expected onelogin, okta or command", c.Provider)}
	}
	if err != nil {
		return nil, err
	}
	c.Secrets.Add(string(assertion))
	return assertion, nil
}

// ask asks one of Config's functions for a secret.
func (c *Config) ask(ctx context.Context, name string, get func(context.Context) (string, error)) (string, error) {
	if get == nil {
		return "", &Error{Kind: NoTerminal, Msg: "nobody can be asked for the " + name}
	}
	value, err := get(ctx)
	if err != nil {
		return "", err
	}
	if value == "" {
		return "", &Error{Kind: BadConfig, Msg: "the " + name + " is empty"}
	}
	return value, nil
}
