package awsapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
)

// The federation endpoint of the console is no service of the SDK's: temporary
// credentials go in, a token comes out that signs a browser in.

// federationEndpoint is where tokens are asked for, and what the browser is sent
// to with one.
func (a *API) federationEndpoint(t Target) (string, error) {
	if base := a.endpoint(t, "signin"); base != nil {
		return strings.TrimRight(*base, "/") + "/federation", nil
	}
	p := PartitionOf(t.Region)
	if p.signin == "" {
		return "", fmt.Errorf("the partition %s has no public sign-in endpoint", p.ID)
	}
	return "https://" + p.signin + "/federation", nil
}

// SigninURL exchanges temporary credentials for the URL that signs a browser in
// to the console at destination. The session lasts as long as d says, where AWS
// lets it be said; d is 0 where it does not: for credentials of a role that was
// assumed from a role, and of GetFederationToken.
func (a *API) SigninURL(ctx context.Context, t Target, creds aws.Credentials, d time.Duration, destination, issuer string) (string, error) {
	a.secrets.Add(creds.SecretAccessKey, creds.SessionToken)
	session, err := json.Marshal(map[string]string{
		"sessionId": creds.AccessKeyID, "sessionKey": creds.SecretAccessKey, "sessionToken": creds.SessionToken,
	})
	if err != nil {
		return "", err
	}
	form := url.Values{"Action": {"getSigninToken"}, "Session": {string(session)}}
	if d > 0 {
		form.Set("SessionDuration", strconv.Itoa(int(d/time.Second)))
	}
	endpoint, err := a.federationEndpoint(t)
	if err != nil {
		return "", err
	}
	token, err := a.signinToken(ctx, endpoint, form)
	if refused := (*federationError)(nil); d > 0 && errors.As(err, &refused) && refused.kind == Denied && refused.status == http.StatusBadRequest {
		// The credentials may stem from a chain that cannot be seen from here.
		form.Del("SessionDuration")
		token, err = a.signinToken(ctx, endpoint, form)
	}
	if err != nil {
		return "", a.secrets.Error(err)
	}
	a.secrets.Add(token)
	query := url.Values{"Action": {"login"}, "Destination": {destination}, "SigninToken": {token}}
	if issuer != "" {
		query.Set("Issuer", issuer)
	}
	return endpoint + "?" + query.Encode(), nil
}

// signinToken asks for a token, as often as for any other answer of AWS.
func (a *API) signinToken(ctx context.Context, endpoint string, form url.Values) (string, error) {
	for attempt := 1; ; attempt++ {
		token, err := a.askForToken(ctx, endpoint, form)
		if err == nil {
			return token, nil
		}
		delay, err := a.retryer.RetryDelay(attempt, err)
		if err != nil {
			return "", err
		}
		if err := pause(ctx, delay); err != nil {
			return "", err
		}
	}
}

func (a *API) askForToken(ctx context.Context, endpoint string, form url.Values) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", a.settings.UserAgent)
	start := time.Now()
	resp, err := a.http.Do(req)
	if a.settings.Log != nil {
		a.settings.Log.LogAttrs(ctx, slog.LevelDebug, "call", slog.String("service", "signin"), slog.String("operation", "getSigninToken"),
			slog.Duration("duration", time.Since(start).Round(time.Microsecond)))
	}
	var text []byte
	if err == nil {
		if text, err = io.ReadAll(resp.Body); err != nil {
			err = &smithy.DeserializationError{Err: err}
		}
		resp.Body.Close()
	}
	if err != nil {
		return "", unanswered(ctx, req.URL.Host, err)
	}
	var answer struct{ SigninToken string }
	if resp.StatusCode == http.StatusOK && json.Unmarshal(text, &answer) == nil && answer.SigninToken != "" {
		return answer.SigninToken, nil
	}
	return "", refusal(req.URL.Host, resp, text)
}

// unanswered is why no answer has come, or only a part of one.
func unanswered(ctx context.Context, host string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	failure := Explain(err)
	what := "cannot be reached: " + strings.TrimPrefix(failure.Message, host+": ")
	if broken := (*BrokenAnswer)(nil); errors.As(err, &broken) {
		what = broken.Msg
	} else if failure.Kind == Broken {
		what = "gave an answer that cannot be read: " + failure.Message
	}
	return &federationError{msg: fmt.Sprintf("the sign-in endpoint (%s) %s", host, what), kind: failure.Kind, cause: err}
}

// refusal is why an answer has no token. Mostly it is a page, but AWS's gateways
// answer with an error that has a code.
func refusal(host string, resp *http.Response, text []byte) error {
	status, code := resp.StatusCode, errorCode(text)
	answered := fmt.Sprintf("answered %d %s", status, http.StatusText(status))
	e := &federationError{status: status, kind: kindOfStatus(status)}
	if code != "" {
		e.kind = kindOf(code, "", "GetSigninToken")
	}
	switch {
	case e.kind == Throttled:
		e.msg = fmt.Sprintf("the sign-in endpoint (%s) takes no more calls for now", host)
	case e.kind == Unreachable:
		e.msg = fmt.Sprintf("the sign-in endpoint (%s) %s", host, answered)
	case status == http.StatusBadRequest || status == http.StatusForbidden || e.kind != Broken:
		e.kind = Denied
		e.msg = fmt.Sprintf("the sign-in endpoint (%s) refuses these credentials: they may have ended, or be of another partition", host)
	case status != http.StatusOK:
		e.msg = fmt.Sprintf("the sign-in endpoint (%s) %s", host, answered)
	default:
		e.msg = fmt.Sprintf("the sign-in endpoint (%s) answered with a page instead of a token; a proxy may be in the way", host)
		e.cause = &BrokenAnswer{}
	}
	return e
}

// federationError is why there is no sign-in token. It holds nothing of what was
// sent: the credentials are in there.
type federationError struct {
	msg    string
	kind   Kind
	status int   // of HTTP
	cause  error // by which it is decided whether to ask again
}

func (e *federationError) Error() string { return e.msg }

// Reason tells the ledger.
func (e *federationError) Reason() Kind { return e.kind }
