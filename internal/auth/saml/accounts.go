package saml

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"muster/internal/safe"
	"muster/internal/secret"
)

// AccountNames returns the names of the accounts on AWS's sign-in page, by account id. The
// page names only accounts with an alias or a name; the others are not in the result. It is a
// page for people, so that any answer may have no names. With a single role there is no page:
// AWS signs the user in to the console instead.
func AccountNames(ctx context.Context, client *http.Client, signInURL string, assertion []byte) (map[string]string, error) {
	page, err := url.Parse(signInURL)
	if err != nil {
		return nil, fail(BadConfig, "", "the sign-in page %q is no URL", safe.Text(signInURL))
	}
	w, err := newWeb(client, Config{Secrets: new(secret.Set)}, user{}, "AWS's sign-in page", &url.URL{Scheme: page.Scheme, User: page.User, Host: page.Host})
	if err != nil {
		return nil, err
	}
	w.config.Secrets.Add(string(assertion))
	a, err := w.send(ctx, request{
		"saml", http.MethodPost, page, map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"},
		[]byte(url.Values{"SAMLResponse": {string(assertion)}, "RelayState": {""}}.Encode()),
	})
	if err != nil {
		return nil, err
	}
	if a.status/100 == 3 { // there is nothing to choose
		return nil, nil
	}
	if a.status != http.StatusOK {
		return nil, fail(Failed, "", "%s (%s) answered %s", w.provider, w.host, statusText(a.status))
	}
	return pageNames(a.body), nil
}

// pageNames finds the names of accounts in a sign-in page, of today's form or the older one.
func pageNames(page []byte) map[string]string {
	names := map[string]string{}
	walk(page, func(tag string, attrs map[string]string, text string) bool {
		switch {
		case tag == "meta" && attrs["name"] == "data":
			addRoleAccounts(names, attrs["content"])
		case tag == "div" && attrs["class"] == "saml-account-name":
			addName(names, strings.TrimPrefix(strings.TrimSpace(text), "Account:"))
		}
		return false
	})
	return names
}

// addRoleAccounts adds the names in the page's data: JSON in base64, with the ARNs of roles by
// account.
func addRoleAccounts(names map[string]string, data string) {
	decoded, err := base64.StdEncoding.DecodeString(data)
	var content struct {
		Accounts map[string]json.RawMessage `json:"roles_accounts"`
	}
	if err != nil || json.Unmarshal(decoded, &content) != nil {
		return
	}
	for account := range content.Accounts {
		addName(names, account)
	}
}

// namedAccount is an account as the page shows it: a name, and the id in parentheses.
var namedAccount = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(.{1,128}) \(([0-9]{12})\)$`) })

func addName(names map[string]string, account string) {
	match := namedAccount().FindStringSubmatch(strings.TrimSpace(account))
	if match == nil || safe.Text(match[1]) != match[1] || names[match[2]] != "" {
		return
	}
	names[match[2]] = strings.TrimSpace(match[1])
}
