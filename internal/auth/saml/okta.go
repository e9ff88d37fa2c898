package saml

import (
	"bytes"
	"context"
	"net/http"
	"net/url"

	"muster/internal/safe"
)

// okta is a sign-in by the authentication API of Okta's Classic Engine. Organizations on
// Identity Engine may have it, too, as far as their policies allow a sign-in without a browser.
type okta struct {
	*web
	app *url.URL // the embed link
}

// transaction is the state of a sign-in, or an error.
type transaction struct {
	Status       text `json:"status"`
	StateToken   text `json:"stateToken"`
	SessionToken text `json:"sessionToken"`
	FactorResult text `json:"factorResult"`
	ErrorCode    text `json:"errorCode"`
	ErrorSummary text `json:"errorSummary"`
	ErrorCauses  []struct {
		ErrorSummary text `json:"errorSummary"`
	} `json:"errorCauses"`
	Embedded struct {
		Factors []oktaFactor `json:"factors"`
		Factor  oktaFactor   `json:"factor"`
	} `json:"_embedded"`
}

// explanation returns Okta's text about an error.
func (t *transaction) explanation() string {
	if len(t.ErrorCauses) > 0 && t.ErrorCauses[0].ErrorSummary != "" {
		return string(t.ErrorCauses[0].ErrorSummary)
	}
	return string(t.ErrorSummary)
}

func signInOkta(ctx context.Context, client *http.Client, c Config, u user) ([]byte, error) {
	app, err := url.Parse(c.URL)
	switch {
	case c.URL == "":
		return nil, fail(BadConfig, "", "saml_provider = okta needs saml_url: the embed link of the AWS app")
	case err != nil:
		return nil, fail(BadConfig, "", "saml_url %q is no URL", safe.Text(c.URL))
	case app.Path == "" || app.Path == "/":
		return nil, fail(BadConfig, "", "saml_url %q is not the embed link of an app, such as https://NAME.okta.com/home/amazon_aws/ID/272", safe.Text(app.Redacted()))
	case c.Username == "":
		return nil, fail(BadConfig, "", "saml_provider = okta needs saml_username")
	}
	app.Fragment = ""
	w, err := newWeb(client, c, u, "Okta", &url.URL{Scheme: app.Scheme, User: app.User, Host: app.Host})
	if err != nil {
		return nil, err
	}
	w.isFinal = isRecentlySent
	o := &okta{web: w, app: app}
	password, err := c.ask(ctx, "password of "+safe.Text(c.Username), c.Password)
	if err != nil {
		return nil, err
	}
	o.keep(password)
	t, err := o.step(ctx, "authn", o.path("api/v1/authn"), map[string]any{
		"username": c.Username, "password": password,
		"options": map[string]bool{"multiOptionalFactorEnroll": false, "warnBeforePasswordExpired": false},
	})
	if err != nil {
		return nil, err
	}
	token, err := o.finish(ctx, t)
	if err != nil {
		return nil, err
	}
	return o.openApp(ctx, token)
}

func (o *okta) username() string { return safe.Text(o.config.Username) }

// maxSteps limits the steps of one sign-in.
const maxSteps = 10

// finish takes a transaction to its end. It returns the session token, which works once; ""
// if the user has a session already.
func (o *okta) finish(ctx context.Context, t *transaction) (sessionToken string, err error) {
	for range maxSteps {
		switch t.Status {
		case "SUCCESS":
			o.config.Secrets.Add(string(t.SessionToken))
			return string(t.SessionToken), nil
		case "MFA_REQUIRED":
			t, err = o.verify(ctx, t)
		case "PASSWORD_WARN":
			t, err = o.step(ctx, "skip", o.path("api/v1/authn/skip"), map[string]any{"stateToken": t.StateToken})
		default:
			return "", o.stuck(t)
		}
		if err != nil {
			return "", err
		}
	}
	return "", fail(Failed, "", "the sign-in to Okta (%s) does not end", o.host)
}

// step sends one step of a transaction and returns its new state.
func (o *okta) step(ctx context.Context, name string, to *url.URL, in map[string]any) (*transaction, error) {
	t := new(transaction)
	status, err := o.post(ctx, name, to, nil, in, t)
	if err != nil {
		return nil, err
	}
	o.config.Secrets.Add(string(t.StateToken))
	if status != http.StatusOK {
		return nil, o.refusal(status, t)
	}
	return t, nil
}

// stuck returns the error for a state that muster cannot leave.
func (o *okta) stuck(t *transaction) error {
	browser := "sign in once in a browser at " + o.base.Scheme + "://" + o.host
	switch t.Status {
	case "LOCKED_OUT":
		return o.locked("")
	case "PASSWORD_EXPIRED", "PASSWORD_RESET":
		return fail(AccountProblem, "", "the password of %s at Okta has expired: %s to change it", o.username(), browser)
	case "MFA_ENROLL", "MFA_ENROLL_ACTIVATE":
		return fail(AccountProblem, "", "Okta needs a second factor, and %s has none: %s to set one up", o.username(), browser)
	case "RECOVERY", "RECOVERY_CHALLENGE":
		return fail(AccountProblem, "", "the account of %s at Okta is being recovered: %s", o.username(), browser)
	case "UNAUTHENTICATED":
		return o.browserOnly("")
	}
	return fail(Failed, "", "Okta (%s) does not sign %s in: its answer is %q", o.host, o.username(), o.said(string(t.Status)))
}

func (o *okta) locked(said string) error {
	return fail(Locked, said, "Okta has locked the account of %s: wait, or ask an administrator to unlock it", o.username())
}

func (o *okta) browserOnly(said string) error {
	return fail(BrowserOnly, said, "Okta (%s) lets users sign in only in a browser; %s", o.host, otherProgram)
}

// errRecentlySent means that Okta sends no code, because it has sent one within the last 30
// seconds. That one still works.
var errRecentlySent = fail(Throttled, "", "Okta has sent a code within the last 30 seconds; try again later")

var errCodeRefused = fail(CodeRefused, "", "Okta has refused the code")

// isRecentlySent reports whether an answer has the code of errRecentlySent.
func isRecentlySent(body []byte) bool {
	return bytes.Contains(body, []byte(`"E0000109"`)) || bytes.Contains(body, []byte(`"E0000133"`))
}

// refusal returns the error for an answer that is not OK, by Okta's error code.
func (o *okta) refusal(status int, t *transaction) error {
	said := o.said(t.explanation())
	switch t.ErrorCode {
	case "E0000004":
		return fail(WrongPassword, "", "Okta rejects the name or the password of %s, or has locked the account", o.username())
	case "E0000015": // the organization has switched its authentication API off
		return o.browserOnly(said)
	case "E0000068":
		return errCodeRefused
	case "E0000069", "E0000119":
		return o.locked(said)
	case "E0000011", "E0000105":
		return fail(TimedOut, said, "the sign-in to Okta took too long; try again")
	case "E0000109", "E0000133":
		return errRecentlySent
	case "E0000047":
		return fail(Throttled, said, "Okta (%s) gets too many requests; try again in a few minutes", o.host)
	case "E0000064":
		return fail(AccountProblem, said, "the password of %s at Okta has expired", o.username())
	}
	switch {
	case status == http.StatusForbidden || status == http.StatusNotFound || status == http.StatusMethodNotAllowed:
		return o.browserOnly(said)
	case status == http.StatusUnauthorized:
		return fail(WrongPassword, said, "Okta does not sign %s in", o.username())
	}
	return fail(Failed, said, "Okta (%s) answered %s", o.host, statusText(status))
}
