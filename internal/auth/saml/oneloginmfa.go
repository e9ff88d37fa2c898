package saml

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"
)

// The polling for the answer on a phone.
const (
	pushInterval = 3 * time.Second
	pushWait     = time.Minute // of the two for a sign-in, so that a code has time, too
	// maxPollFailures is the number of polls in a row that may fail: the user may have
	// answered already.
	maxPollFailures = 5
)

// verify proves a second factor and returns the assertion.
func (o *oneLogin) verify(ctx context.Context, a *oneLoginAnswer) ([]byte, error) {
	o.config.Secrets.Add(string(a.StateToken))
	device, err := o.chooseDevice(ctx, a.Devices)
	if err != nil {
		return nil, err
	}
	factor := &oneFactor{oneLogin: o, device: device, stateToken: string(a.StateToken)}
	if device.isPush() {
		assertion, err := factor.byPush(ctx)
		if err != errUnanswered || o.user.prompt == nil {
			return assertion, err
		}
		o.user.note("Nobody has answered on the phone; type the code that it shows")
	}
	return factor.byCode(ctx)
}

// chooseDevice asks for one of the devices that work without a browser.
func (o *oneLogin) chooseDevice(ctx context.Context, devices []oneDevice) (oneDevice, error) {
	var usable []oneDevice
	seen := map[string]int{}
	for _, d := range devices {
		if !d.isWebOnly() && d.ID != "" {
			usable = append(usable, d)
			seen[d.label()]++
		}
	}
	if len(usable) == 0 {
		return oneDevice{}, fail(BrowserOnly, "", "the second factors of %s work only in a browser; %s", o.username(), otherProgram)
	}
	var labels []string
	for _, d := range usable {
		label := d.label()
		if seen[label] > 1 {
			label += " " + string(d.ID)
		}
		labels = append(labels, cmp.Or(o.said(label), "device"))
	}
	i, err := o.user.choose(ctx, "Second factor", labels)
	if err != nil {
		return oneDevice{}, err
	}
	return usable[i], nil
}

// oneFactor is the proof of one device.
type oneFactor struct {
	*oneLogin
	device     oneDevice
	stateToken string
}

// errUnanswered means that the user has not answered the question on the phone.
var errUnanswered = fail(TimedOut, "", "nobody has approved the sign-in to OneLogin on the phone")

// ask sends a code, or asks OneLogin to notify the device or to say what the user has
// answered.
func (f *oneFactor) ask(ctx context.Context, code string, notify bool) (status int, a *oneLoginAnswer, err error) {
	in := map[string]any{
		"app_id": f.config.AppID, "device_id": string(f.device.ID), "state_token": f.stateToken, "do_not_notify": !notify,
	}
	if code != "" {
		in["otp_token"] = code
	}
	a = new(oneLoginAnswer)
	status, err = f.post(ctx, "verify_factor", f.path("api/2/saml_assertion/verify_factor"), f.header, in, a)
	return status, a, err
}

// byPush waits for the user's answer on the phone.
func (f *oneFactor) byPush(ctx context.Context) ([]byte, error) {
	status, a, err := f.ask(ctx, "", true)
	if err == nil && status == http.StatusOK {
		f.user.note("Approve the sign-in on your phone (" + f.said(f.device.label()) + ")")
	}
	failures := 0
	for waited := time.Duration(0); ; waited += pushInterval {
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, err
		case err != nil || status >= http.StatusInternalServerError:
			if failures++; failures == maxPollFailures || waited == 0 {
				return nil, f.pollError(status, a, err)
			}
		case status != http.StatusOK:
			return nil, f.pushRefusal(status, a)
		default:
			failures = 0
			if assertion, ok := a.assertion(); ok {
				return assertion, nil
			}
			if !strings.Contains(strings.ToLower(a.message()), "pending") {
				return nil, f.pushRefusal(status, a)
			}
		}
		if waited >= pushWait {
			return nil, errUnanswered
		}
		if err := f.sleep(ctx, pushInterval); err != nil {
			return nil, err
		}
		status, a, err = f.ask(ctx, "", false)
	}
}

func (f *oneFactor) pollError(status int, a *oneLoginAnswer, err error) error {
	if err != nil {
		return err
	}
	return f.refusal(status, a)
}

// pushRefusal returns the error for a push that was not approved.
func (f *oneFactor) pushRefusal(status int, a *oneLoginAnswer) error {
	message := strings.ToLower(a.message())
	switch {
	case strings.Contains(message, "locked"), strings.Contains(message, "state token"):
		return f.refusal(status, a)
	case strings.Contains(message, "expired"), strings.Contains(message, "timeout"), strings.Contains(message, "timed out"):
		return errUnanswered
	case status == http.StatusUnauthorized, strings.Contains(message, "denied"), strings.Contains(message, "reject"):
		return fail(PushDenied, "", "the sign-in to OneLogin was denied on the phone")
	}
	return f.refusal(status, a)
}

// byCode asks for a code.
func (f *oneFactor) byCode(ctx context.Context) (assertion []byte, err error) {
	if err := f.user.canType(); err != nil {
		return nil, err
	}
	question := "Code of " + f.said(f.device.label())
	if f.device.sendsCode() {
		if status, a, err := f.ask(ctx, "", true); err != nil {
			return nil, err
		} else if status != http.StatusOK {
			return nil, f.refusal(status, a)
		}
		question = "Code that OneLogin has sent (" + f.said(f.device.label()) + ")"
	}
	err = f.user.code(ctx, question, func(code string) error {
		code = withoutSpaces(code)
		f.keep(code)
		status, a, err := f.ask(ctx, code, false)
		if err != nil {
			return err
		}
		ok := false
		if assertion, ok = a.assertion(); ok && status == http.StatusOK {
			return nil
		}
		return f.codeRefusal(status, a)
	})
	return assertion, err
}

// codeRefusal returns the error for a code that gave no assertion.
func (f *oneFactor) codeRefusal(status int, a *oneLoginAnswer) error {
	message := strings.ToLower(a.message())
	for _, word := range []string{"locked", "state token", "state_token", "subdomain", "permission", "scope"} {
		if strings.Contains(message, word) {
			return f.refusal(status, a)
		}
	}
	if status == http.StatusUnauthorized || strings.Contains(message, "factor") || strings.Contains(message, "otp") {
		return &Error{CodeRefused, "OneLogin has refused the code"}
	}
	return f.refusal(status, a)
}
