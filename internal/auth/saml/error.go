package saml

import (
	"fmt"
	"strings"

	"muster/internal/safe"
)

// Kind is the cause of an Error.
type Kind int

// The kinds.
const (
	Failed            Kind = iota // the provider failed, or answered with something else than documented
	BadConfig                     // a setting of the profile is missing or wrong
	WrongPassword                 // or user name
	Locked                        // the account is locked
	AccountProblem                // the password has expired, MFA is not set up, or similar
	CodeRefused                   // a wrong or used code
	PushDenied                    // on the phone
	TimedOut                      // the push was not answered, or the sign-in took too long
	NotAssigned                   // the app is unknown, or not assigned to the user
	BrowserOnly                   // the organization allows signing in only in a browser
	PageChanged                   // a page is not as expected
	ClientCredentials             // OneLogin does not know the API client, or it lacks rights
	WrongRegion                   // OneLogin's region or subdomain
	NoTerminal                    // a secret, a code or a choice is needed, and nobody can be asked
	Throttled                     // too many requests
	Unreachable                   // no answer
	BadOutput                     // the command printed something else than an assertion
)

// Error means that the user was not signed in.
type Error struct {
	Kind Kind
	Msg  string // one line, safe for a terminal, without secrets
}

func (e *Error) Error() string { return e.Msg }

const (
	maxSaid  = 200 // length to which text of a server is cut in an error
	minTyped = 4   // length of the shortest secret that counts: shorter texts occur everywhere
)

// said returns text of a server as part of a line: without secrets and control characters, and
// short. It returns "" for text that repeats a password or a code in a form that cannot be
// removed.
func (w *web) said(text string) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " ")
	text = w.config.Secrets.Scrub(text)
	for _, typed := range w.typed {
		if len(typed) >= minTyped && strings.Contains(strings.ToLower(text), strings.ToLower(typed)) {
			return ""
		}
	}
	if runes := []rune(text); len(runes) > maxSaid {
		text = string(runes[:maxSaid]) + "..."
	}
	return safe.Text(text)
}

// fail returns an error. said is the server's own explanation, or "".
func fail(kind Kind, said, format string, args ...any) error {
	msg := fmt.Sprintf(format, args...)
	if said != "" {
		msg += " (" + said + ")"
	}
	return &Error{kind, msg}
}

// otherProgram is the way out where only a browser can sign in.
const otherProgram = "let another program sign in: saml_provider = command, with a saml_command that prints an assertion; " +
	"'muster help saml' shows one for saml2aws"
