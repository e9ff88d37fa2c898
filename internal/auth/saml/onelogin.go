package saml

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"muster/internal/safe"
)

// oneLogin is a sign-in by OneLogin's API, version 2.
type oneLogin struct {
	*web
	subdomain string
	header    map[string]string // with the API's access token
}

// oneLoginDomain is the domain of all hosts of OneLogin.
const oneLoginDomain = ".onelogin.com"

var dnsLabel = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`) })

// oneLoginServer returns the URL of the API, and the subdomain of the user's account.
func oneLoginServer(c Config) (server *url.URL, subdomain string, err error) {
	subdomain = strings.TrimSuffix(c.Subdomain, oneLoginDomain)
	if c.URL != "" {
		if server, err = url.Parse(c.URL); err != nil {
			return nil, "", fail(BadConfig, "", "saml_url %q is no URL", safe.Text(c.URL))
		}
		server.RawQuery, server.Fragment = "", ""
		if label, ok := strings.CutSuffix(server.Hostname(), oneLoginDomain); ok && subdomain == "" && !strings.Contains(label, ".") {
			subdomain = label
		}
	}
	switch {
	case subdomain == "":
		return nil, "", fail(BadConfig, "", "saml_provider = onelogin needs saml_subdomain: NAME of https://NAME.onelogin.com")
	case !dnsLabel().MatchString(subdomain):
		return nil, "", fail(BadConfig, "", "saml_subdomain %q is no subdomain, expected NAME of https://NAME.onelogin.com", safe.Text(c.Subdomain))
	case server != nil:
		return server, subdomain, nil
	case c.Region == "":
		return &url.URL{Scheme: "https", Host: subdomain + oneLoginDomain}, subdomain, nil
	case c.Region != "us" && c.Region != "eu":
		return nil, "", fail(BadConfig, "", "saml_region %q is unknown, expected us or eu", safe.Text(c.Region))
	}
	return &url.URL{Scheme: "https", Host: "api." + c.Region + oneLoginDomain}, subdomain, nil
}

// oneLoginAnswer has the members of all answers. Data is the assertion, or a list of tokens.
// Status is an object in the errors of older versions of the API.
type oneLoginAnswer struct {
	AccessToken text            `json:"access_token"`
	Message     text            `json:"message"`
	StateToken  text            `json:"state_token"`
	Devices     []oneDevice     `json:"devices"`
	Data        json.RawMessage `json:"data"`
	Status      json.RawMessage `json:"status"`
}

// message returns the text of an error or a status.
func (a *oneLoginAnswer) message() string {
	var status struct {
		Type    text            `json:"type"`
		Message json.RawMessage `json:"message"`
	}
	if a.Message != "" || json.Unmarshal(a.Status, &status) != nil {
		return string(a.Message)
	}
	var message text
	var described struct {
		Description text `json:"description"`
	}
	_ = json.Unmarshal(status.Message, &message)
	_ = json.Unmarshal(status.Message, &described)
	return string(cmp.Or(message, described.Description, status.Type))
}

// token returns the access token.
func (a *oneLoginAnswer) token() string {
	var list []struct {
		AccessToken text `json:"access_token"`
	}
	if a.AccessToken == "" && json.Unmarshal(a.Data, &list) == nil && len(list) > 0 {
		return string(list[0].AccessToken)
	}
	return string(a.AccessToken)
}

// assertion returns the assertion; ok is false if the answer has none.
func (a *oneLoginAnswer) assertion() (assertion []byte, ok bool) {
	var data string
	if json.Unmarshal(a.Data, &data) != nil || data == "" {
		return nil, false
	}
	return normalize([]byte(data))
}

func signInOneLogin(ctx context.Context, client *http.Client, c Config, u user) ([]byte, error) {
	server, subdomain, err := oneLoginServer(c)
	if err != nil {
		return nil, err
	}
	for _, setting := range []struct{ name, value string }{
		{"saml_username", c.Username}, {"saml_client_id", c.ClientID}, {"saml_app_id", c.AppID},
	} {
		if setting.value == "" {
			return nil, fail(BadConfig, "", "saml_provider = onelogin needs %s", setting.name)
		}
	}
	w, err := newWeb(client, c, u, "OneLogin", server)
	if err != nil {
		return nil, err
	}
	o := &oneLogin{web: w, subdomain: subdomain}
	if err := o.authorize(ctx); err != nil {
		return nil, err
	}
	password, err := c.ask(ctx, "password of "+safe.Text(c.Username), c.Password)
	if err != nil {
		return nil, err
	}
	o.keep(password)
	in := map[string]string{"username_or_email": c.Username, "password": password, "app_id": c.AppID, "subdomain": subdomain}
	if c.IP != "" {
		in["ip_address"] = c.IP
	}
	var a oneLoginAnswer
	status, err := o.post(ctx, "saml_assertion", o.path("api/2/saml_assertion"), o.header, in, &a)
	if err != nil {
		return nil, err
	}
	if status != http.StatusOK {
		return nil, o.refusal(status, &a)
	}
	if assertion, ok := a.assertion(); ok {
		return assertion, nil
	}
	if a.StateToken != "" && len(a.Devices) > 0 {
		return o.verify(ctx, &a)
	}
	if strings.Contains(strings.ToLower(a.message()), "mfa") {
		return nil, fail(AccountProblem, o.said(a.message()), "OneLogin needs a second factor, and %s has none: set one up in a browser at https://%s%s",
			o.username(), subdomain, oneLoginDomain)
	}
	return nil, fail(Failed, o.said(a.message()), "OneLogin (%s) gave no SAML assertion", o.host)
}

// username returns the user's name for messages.
func (o *oneLogin) username() string { return safe.Text(o.config.Username) }

// authorize gets an access token for the API.
func (o *oneLogin) authorize(ctx context.Context) error {
	secret, err := o.config.ask(ctx, "secret of saml_client_id", o.config.ClientSecret)
	if err != nil {
		return err
	}
	o.config.Secrets.Add(secret)
	o.typed = append(o.typed, secret)
	basic := base64.StdEncoding.EncodeToString([]byte(o.config.ClientID + ":" + secret))
	var a oneLoginAnswer
	status, err := o.post(ctx, "token", o.path("auth/oauth2/v2/token"), map[string]string{"Authorization": "Basic " + basic},
		map[string]string{"grant_type": "client_credentials"}, &a)
	token := a.token()
	switch {
	case err != nil:
		return err
	case status == http.StatusOK && token != "" && !strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f }):
		o.config.Secrets.Add(token)
		o.header = map[string]string{"Authorization": "Bearer " + token}
		return nil
	case status == http.StatusNotFound:
		return o.wrongServer(&a)
	case status == http.StatusUnauthorized || status == http.StatusBadRequest || status == http.StatusForbidden:
		return fail(ClientCredentials, o.said(a.message()),
			"OneLogin (%s) does not know the API client of saml_client_id: check it, its secret, and the account's saml_region or saml_subdomain", o.host)
	}
	return fail(Failed, o.said(a.message()), "OneLogin (%s) gave no access token: it answered %s", o.host, statusText(status))
}

func (o *oneLogin) wrongServer(a *oneLoginAnswer) error {
	return fail(WrongRegion, o.said(a.message()), "OneLogin has no account %q at %s: check saml_subdomain, and saml_region (us or eu)", o.subdomain, o.host)
}

// wordApp finds the word app in a message.
var wordApp = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\bapp(_id|lication)?s?\b`) })

// refusal returns the error for an answer that is not OK. OneLogin's statuses say less than
// its messages.
func (o *oneLogin) refusal(status int, a *oneLoginAnswer) error {
	message := strings.ToLower(a.message())
	says := func(words ...string) bool {
		for _, word := range words {
			if strings.Contains(message, word) {
				return true
			}
		}
		return false
	}
	said, namesApp := o.said(a.message()), wordApp().MatchString(message)
	switch {
	case status >= http.StatusInternalServerError:
		return fail(Failed, said, "OneLogin (%s) answered %s", o.host, statusText(status))
	case says("subdomain"):
		return o.wrongServer(a)
	case says("locked"):
		return fail(Locked, said, "OneLogin has locked the account of %s: wait, or ask an administrator to unlock it", o.username())
	case says("state token", "state_token"):
		return fail(TimedOut, said, "the sign-in to OneLogin took too long; try again")
	case says("password") && says("expired", "change", "reset"), says("suspended", "disabled", "inactive", "not active", "unactivated", "terms"):
		return fail(AccountProblem, said, "OneLogin does not sign %s in: look at the account in a browser at https://%s%s", o.username(), o.subdomain, oneLoginDomain)
	case says("insufficient", "permission", "scope"), status == http.StatusForbidden && !namesApp:
		return fail(ClientCredentials, said, "OneLogin does not let the API client of saml_client_id sign users in: it needs the scope Authentication Only")
	case says("user credentials", "authentication failed", "invalid username", "invalid password", "user not found"):
		return fail(WrongPassword, said, "OneLogin rejects the name or the password of %s", o.username())
	case status == http.StatusNotFound, namesApp:
		return fail(NotAssigned, said, "OneLogin has no app %q for %s: check saml_app_id, or ask an administrator to assign the app", safe.Text(o.config.AppID), o.username())
	case status == http.StatusUnauthorized:
		return fail(WrongPassword, said, "OneLogin does not sign %s in: check the name, the password, and saml_app_id", o.username())
	}
	return fail(Failed, said, "OneLogin (%s) answered %s", o.host, statusText(status))
}

// oneDevice is a second factor of a user.
type oneDevice struct {
	ID   text `json:"device_id"`
	Type text `json:"device_type"`
}

func (d oneDevice) label() string {
	if d.Type == "" {
		return fmt.Sprintf("device %s", d.ID)
	}
	return string(d.Type)
}

// isPush reports whether the device is a phone that shows a question. It has codes, too.
func (d oneDevice) isPush() bool { return strings.EqualFold(string(d.Type), "OneLogin Protect") }

// isWebOnly reports whether the device works only with a browser.
func (d oneDevice) isWebOnly() bool {
	t := strings.ToLower(string(d.Type))
	return strings.Contains(t, "webauthn") || strings.Contains(t, "fido") || strings.Contains(t, "u2f")
}

// sendsCode reports whether OneLogin sends a code when it is asked to.
func (d oneDevice) sendsCode() bool {
	t := strings.ToLower(string(d.Type))
	return strings.Contains(t, "sms") || strings.Contains(t, "email") || strings.Contains(t, "voice") || strings.Contains(t, "call")
}
