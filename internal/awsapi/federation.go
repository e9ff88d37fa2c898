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

	"muster/internal/catalog"
)

// federationEndpoint returns the URL of the console's federation endpoint, which is not a
// service of the SDK. It exchanges temporary credentials for a sign-in token, and signs in
// a browser that has the token.
func (a *API) federationEndpoint(t Target) (string, error) {
	if base := a.endpoint(t, "signin"); base != nil {
		return strings.TrimRight(*base, "/") + "/federation", nil
	}
	p := catalog.PartitionOf(t.Region)
	if p.Signin == "" {
		return "", fmt.Errorf("the partition %s has no public sign-in endpoint", p.ID)
	}
	return "https://" + p.Signin + "/federation", nil
}

// SigninURL exchanges temporary credentials for a URL that signs a browser in to the console
// at destination. d is the duration of the session. It must be 0 for credentials of a
// chained role and of GetFederationToken, for which AWS allows no duration.
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
	if denied := (*federationError)(nil); d > 0 && errors.As(err, &denied) && denied.kind == Denied && denied.status == http.StatusBadRequest {
		// The credentials may be of a chained role, which they do not show.
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

// signinToken gets a sign-in token, with the same retries as other calls.
func (a *API) signinToken(ctx context.Context, endpoint string, form url.Values) (string, error) {
	for attempt := 1; ; attempt++ {
		token, err := a.requestSigninToken(ctx, endpoint, form)
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

func (a *API) requestSigninToken(ctx context.Context, endpoint string, form url.Values) (string, error) {
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
		return "", requestError(ctx, req.URL.Host, err)
	}
	var answer struct{ SigninToken string }
	if resp.StatusCode == http.StatusOK && json.Unmarshal(text, &answer) == nil && answer.SigninToken != "" {
		return answer.SigninToken, nil
	}
	return "", rejection(req.URL.Host, resp, text)
}

// requestError returns the error for a request without a complete answer.
func requestError(ctx context.Context, host string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	failure := Explain(err)
	problem := "cannot be reached: " + strings.TrimPrefix(failure.Message, host+": ")
	if broken := (*BrokenAnswer)(nil); errors.As(err, &broken) {
		problem = broken.Msg
	} else if failure.Kind == Broken {
		problem = "gave an unreadable answer: " + failure.Message
	}
	return &federationError{msg: fmt.Sprintf("the sign-in endpoint (%s) %s", host, problem), kind: failure.Kind, cause: err}
}

// rejection returns the error for an answer without a token. Usually the answer is a page;
// AWS's gateways answer with an error code.
func rejection(host string, resp *http.Response, text []byte) error {
	status, code := resp.StatusCode, errorCode(text)
	answered := fmt.Sprintf("answered %d %s", status, http.StatusText(status))
	e := &federationError{status: status, kind: kindOfStatus(status)}
	if code != "" {
		e.kind = kindOf(code, "", "GetSigninToken", "")
	}
	switch {
	case e.kind == Throttled:
		e.msg = fmt.Sprintf("the sign-in endpoint (%s) throttles calls; try again later", host)
	case e.kind == Unreachable:
		e.msg = fmt.Sprintf("the sign-in endpoint (%s) %s", host, answered)
	case status == http.StatusBadRequest || status == http.StatusForbidden || e.kind != Broken:
		e.kind = Denied
		e.msg = fmt.Sprintf("the sign-in endpoint (%s) rejects these credentials: they may have expired, or belong to another partition", host)
	case status != http.StatusOK:
		e.msg = fmt.Sprintf("the sign-in endpoint (%s) %s", host, answered)
	default:
		e.msg = fmt.Sprintf("the sign-in endpoint (%s) answered with a page instead of a token; a proxy may be in the way", host)
		e.cause = &BrokenAnswer{}
	}
	return e
}

// federationError is the error of a request for a sign-in token. It contains nothing of the
// request, which has the credentials in it.
type federationError struct {
	msg    string
	kind   Kind
	status int   // HTTP status; 0 without an answer
	cause  error // the retryer decides by it; may be nil
}

func (e *federationError) Error() string { return e.msg }

// Reason implements Reason.
func (e *federationError) Reason() Kind { return e.kind }
