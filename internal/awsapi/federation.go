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
	if refused := (*federationError)(nil); d > 0 && errors.As(err, &refused) && refused.status == http.StatusBadRequest {
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

func (a *API) signinToken(ctx context.Context, endpoint string, form url.Values) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", a.settings.UserAgent)
	start := time.Now()
	resp, err := a.calls.Do(req)
	if a.settings.Log != nil {
		a.settings.Log.LogAttrs(ctx, slog.LevelDebug, "call", slog.String("service", "signin"), slog.String("operation", "getSigninToken"),
			slog.Duration("duration", time.Since(start).Round(time.Microsecond)))
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		if broken := (*url.Error)(nil); errors.As(err, &broken) {
			err = broken.Err
		}
		return "", &federationError{msg: fmt.Sprintf("the sign-in endpoint (%s) cannot be reached: %s", req.URL.Host, network(err)), kind: Unreachable}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	switch {
	case err != nil && ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return "", &federationError{msg: "the sign-in endpoint's answer broke off", kind: Broken}
	}
	var answer struct{ SigninToken string }
	parsed := json.Unmarshal(body, &answer)
	switch {
	case resp.StatusCode == http.StatusBadRequest || resp.StatusCode == http.StatusForbidden:
		return "", &federationError{
			msg:  fmt.Sprintf("the sign-in endpoint (%s) refuses these credentials: they may have ended, or be of another partition", resp.Request.URL.Host),
			kind: Denied, status: resp.StatusCode,
		}
	case resp.StatusCode != http.StatusOK:
		return "", &federationError{msg: fmt.Sprintf("the sign-in endpoint (%s) answered %s", resp.Request.URL.Host, resp.Status), kind: Broken, status: resp.StatusCode}
	case parsed != nil || answer.SigninToken == "":
		return "", &federationError{
			msg:  fmt.Sprintf("the sign-in endpoint (%s) answered with a page instead of a token; a proxy may be in the way", resp.Request.URL.Host),
			kind: Broken, status: resp.StatusCode,
		}
	}
	return answer.SigninToken, nil
}

// federationError is why there is no sign-in token. It holds nothing of what was
// sent: the credentials are in there.
type federationError struct {
	msg    string
	kind   Kind
	status int // of HTTP
}

func (e *federationError) Error() string { return e.msg }

// Reason tells the ledger.
func (e *federationError) Reason() Kind { return e.kind }
