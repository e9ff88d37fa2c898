package saml

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
	TimedOut                      // the push was not answered, or the code has expired
	NotAssigned                   // the app is unknown, or not assigned to the user
	BrowserOnly                   // the organization allows signing in only in a browser
	PageChanged                   // a page is not as expected
	ClientCredentials             // OneLogin does not know the API client, or it lacks rights
	WrongRegion                   // OneLogin's region or subdomain
	NoTerminal                    // a code or a choice is needed, and nobody can be asked
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
