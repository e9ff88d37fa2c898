package saml

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"strings"
	"sync"
	"time"
)

// oktaFactor is a second factor of a user.
type oktaFactor struct {
	ID       text `json:"id"`
	Type     text `json:"factorType"`
	Provider text `json:"provider"`
	Profile  struct {
		PhoneNumber text `json:"phoneNumber"`
		Email       text `json:"email"`
		Name        text `json:"name"` // of the phone
		Question    text `json:"questionText"`
	} `json:"profile"`
	Embedded struct {
		Challenge struct {
			CorrectAnswer text `json:"correctAnswer"`
		} `json:"challenge"`
	} `json:"_embedded"`
}

// securityQuestion is the type of a factor that has an answer in place of a code.
const securityQuestion = "question"

// factorID is the form of a factor's id, which becomes a part of a URL.
var factorID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{1,100}$`) })

// label names a factor for the user. It returns "" for one that works only in a browser.
func (f oktaFactor) label() string {
	app := map[text]string{"GOOGLE": "Google Authenticator", "OKTA": "Okta Verify", "RSA": "RSA SecurID", "SYMANTEC": "Symantec VIP", "YUBICO": "YubiKey"}
	name := cmp.Or(app[f.Provider], string(f.Provider))
	switch f.Type {
	case "token:software:totp", "token:hotp", "token", "token:hardware":
		return strings.TrimSpace("code of " + name)
	case "push":
		return strings.TrimSpace("push of " + name + " " + string(f.Profile.Name))
	case "sms":
		return strings.TrimSpace("SMS to " + string(f.Profile.PhoneNumber))
	case "call":
		return strings.TrimSpace("call to " + string(f.Profile.PhoneNumber))
	case "email":
		return strings.TrimSpace("email to " + string(f.Profile.Email))
	case securityQuestion:
		return strings.TrimSpace("security question " + string(f.Profile.Question))
	}
	return ""
}

// verify proves a second factor and returns the new state of the transaction.
func (o *okta) verify(ctx context.Context, t *transaction) (*transaction, error) {
	var usable []oktaFactor
	var labels, others []string
	for _, f := range t.Embedded.Factors {
		if label := f.label(); label != "" && factorID().MatchString(string(f.ID)) {
			usable, labels = append(usable, f), append(labels, cmp.Or(o.said(label), string(f.Type)))
		} else {
			others = append(others, string(f.Type))
		}
	}
	if len(usable) == 0 {
		return nil, fail(BrowserOnly, o.said(strings.Join(others, ", ")), "the second factors of %s at Okta work only in a browser; %s", o.username(), otherProgram)
	}
	i, err := o.user.choose(ctx, "Second factor", labels)
	if err != nil {
		return nil, err
	}
	p := &oktaProof{okta: o, factor: usable[i], label: labels[i], stateToken: string(t.StateToken)}
	if p.factor.Type == "push" {
		return p.byPush(ctx)
	}
	return p.byCode(ctx)
}

// oktaProof is the proof of one factor.
type oktaProof struct {
	*okta
	factor     oktaFactor
	label      string
	stateToken string
}

// send sends a code or an answer, or asks Okta to challenge the factor or to say what the user has
// answered. The URL is built from the factor's id: links in answers may lead anywhere.
func (p *oktaProof) send(ctx context.Context, code string) (*transaction, error) {
	in := map[string]any{"stateToken": p.stateToken}
	switch {
	case code == "":
	case p.factor.Type == securityQuestion:
		in["answer"] = code
	default:
		in["passCode"] = withoutSpaces(code)
	}
	return p.step(ctx, "verify", p.path("api/v1/authn/factors", string(p.factor.ID), "verify"), in)
}

// byCode asks for a code, which Okta sends before for some factors.
func (p *oktaProof) byCode(ctx context.Context) (t *transaction, err error) {
	if err := p.user.canType(); err != nil {
		return nil, err
	}
	question := "One-time " + p.label
	switch p.factor.Type {
	case "sms", "call", "email":
		if _, err := p.send(ctx, ""); err != nil && err != errRecentlySent {
			return nil, err
		}
		question = "Code that Okta has sent (" + p.label + ")"
	case securityQuestion:
		question = "Answer to the " + p.label
	}
	err = p.user.code(ctx, question, func(code string) error {
		p.keep(code)
		t, err = p.send(ctx, code)
		if err == nil && t.Status == "MFA_CHALLENGE" {
			err = errCodeRefused
		}
		if refusedCode(err) != nil && p.factor.Type == securityQuestion {
			return fail(CodeRefused, "", "Okta has refused the answer")
		}
		return err
	})
	return t, err
}

// pushWaitOkta is the time after which Okta drops a push.
const pushWaitOkta = 5 * time.Minute

// byPush waits for the user's answer on the phone. A push with a number challenge shows three
// numbers there, and the user has to choose the one that is shown here.
func (p *oktaProof) byPush(ctx context.Context) (*transaction, error) {
	t, err := p.send(ctx, "")
	asked, number, failures := false, "", 0
	for waited := time.Duration(0); ; waited += pushInterval {
		if problem := (*Error)(nil); err != nil {
			unsure := errors.As(err, &problem) && (problem.Kind == Unreachable || problem.Kind == Failed)
			if failures++; !unsure || failures == maxPollFailures || waited == 0 {
				return nil, err
			}
		} else {
			failures = 0
			if t.Status != "MFA_CHALLENGE" {
				return t, nil
			}
			if err := p.pushRefusal(t); err != nil {
				return nil, err
			}
			if answer := p.said(string(t.Embedded.Factor.Embedded.Challenge.CorrectAnswer)); answer != "" && answer != number {
				number, asked = answer, true
				p.user.note("Approve the sign-in on your phone (" + p.label + ") with the number " + answer)
			} else if !asked {
				asked = true
				p.user.note("Approve the sign-in on your phone (" + p.label + ")")
			}
		}
		if waited >= pushWaitOkta {
			return nil, p.unanswered()
		}
		if err := p.sleep(ctx, pushInterval); err != nil {
			return nil, err
		}
		t, err = p.send(ctx, "")
	}
}

func (p *oktaProof) unanswered() error {
	return fail(TimedOut, "", "nobody has approved the sign-in to Okta on the phone")
}

// pushRefusal returns an error unless the push still waits for an answer.
func (p *oktaProof) pushRefusal(t *transaction) error {
	switch t.FactorResult {
	case "WAITING", "CHALLENGE":
		return nil
	case "REJECTED", "CANCELLED":
		return fail(PushDenied, "", "the sign-in to Okta was denied on the phone")
	case "TIMEOUT", "TIME_WINDOW_EXCEEDED":
		return p.unanswered()
	}
	return fail(Failed, "", "the push of Okta failed: its result is %q", p.said(string(t.FactorResult)))
}
