package awssim

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

type user struct {
	User
	arn  string
	keys []*accessKey
}

// id returns the unique id of a user.
func (u *user) id() string { return "AIDA" + derive(0, u.arn).base32(17) }

// roleID returns the unique id of a role.
func roleID(arn string) string { return "AROA" + derive(0, arn).base32(17) }

type role struct {
	Role
	account *account
	arn     string
	trust   []string // account ids, ARNs, *
	saml    string   // ARN of the SAML provider that it trusts
	oidc    string   // and of the OIDC provider
}

// readOnly are the actions of a role for which the world gives none.
var readOnly = []string{"*:Describe*", "*:Get*", "*:List*", "*:View*", "sts:AssumeRole"}

func (w *compiledWorld) compileUsers() error {
	for _, given := range w.world.Users {
		a, err := w.account(given.Account)
		if err != nil {
			return fmt.Errorf("user %q: %w", given.Name, err)
		}
		if !iamName().MatchString(given.Name) {
			return fmt.Errorf("user %q: no IAM name", given.Name)
		}
		u := &user{User: given, arn: w.arn("iam", a.ID, "user/"+given.Name)}
		g := derive(0, "user", u.arn)
		u.Account = a.ID
		u.AccessKeyID = cmp.Or(u.AccessKeyID, "AKIA"+g.base32(16))
		u.SecretAccessKey = cmp.Or(u.SecretAccessKey, g.base64(40))
		u.Profile = cmp.Or(u.Profile, u.Name)
		if len(u.Allow) == 0 {
			u.Allow = []string{"*"}
		}
		if err := w.compileKeys(u); err != nil {
			return err
		}
		switch {
		case u.MFASerial == "" && (u.MFASecret != "" || len(u.MFACodes) > 0):
			return fmt.Errorf("user %q: MFA codes without mfa_serial", u.Name)
		case u.MFASerial != "" && u.MFASecret == "" && len(u.MFACodes) == 0:
			return fmt.Errorf("user %q: mfa_serial without mfa_codes or mfa_secret", u.Name)
		}
		if _, err := totp(u.MFASecret, time.Time{}); err != nil {
			return fmt.Errorf("user %q: mfa_secret: %w", u.Name, err)
		}
		w.users = append(w.users, u)
	}
	return nil
}

func (w *compiledWorld) compileRoles() error {
	for _, given := range w.world.Roles {
		accounts, err := w.accountsOf(given.Accounts)
		if err != nil {
			return fmt.Errorf("role %q: accounts: %w", given.Name, err)
		}
		except, err := w.accountsOf(given.Except)
		if err != nil {
			return fmt.Errorf("role %q: except: %w", given.Name, err)
		}
		given.Path = cmp.Or(given.Path, "/")
		given.MaxSession = Duration(given.MaxSession.or(time.Hour))
		if len(given.Allow) == 0 {
			given.Allow = readOnly
		}
		trust := make([]string, 0, len(given.Trust)+1)
		for _, who := range given.Trust {
			if who != "*" && !strings.HasPrefix(who, "arn:") {
				a, err := w.account(who)
				if err != nil {
					return fmt.Errorf("role %q: trust: %w; or an ARN, or *", given.Name, err)
				}
				who = a.ID
			}
			trust = append(trust, who)
		}
		if len(trust) == 0 && given.SAML == "" && given.WebIdentity == nil {
			trust = append(trust, w.management.ID)
		}
		switch limit := time.Duration(given.MaxSession); {
		case !iamName().MatchString(given.Name):
			return fmt.Errorf("role %q: no IAM name", given.Name)
		case !strings.HasPrefix(given.Path, "/") || !strings.HasSuffix(given.Path, "/"):
			return fmt.Errorf("role %q: the path %q does not begin and end with /", given.Name, given.Path)
		case limit < time.Hour || limit > 12*time.Hour:
			return fmt.Errorf("role %q: max_session %v is not between 1h and 12h", given.Name, limit)
		}
		for _, a := range accounts {
			if len(given.Except) > 0 && slices.Contains(except, a) {
				continue
			}
			arn := w.arn("iam", a.ID, "role"+given.Path+given.Name)
			if w.roles[arn] != nil {
				return fmt.Errorf("role %q: it is in account %s twice", given.Name, a.ID)
			}
			r := &role{Role: given, account: a, arn: arn, trust: trust}
			if given.SAML != "" {
				r.saml = w.arn("iam", a.ID, "saml-provider/"+given.SAML)
			}
			if given.WebIdentity != nil {
				r.oidc = w.oidcARN(a, given.WebIdentity.Provider)
			}
			if r.saml != "" && w.saml[r.saml] == nil || r.oidc != "" && w.oidc[r.oidc] == nil {
				return fmt.Errorf("role %q: account %s has no provider %s", given.Name, a.ID, cmp.Or(r.saml, r.oidc))
			}
			w.roles[arn] = r
		}
	}
	return nil
}

// compileProviders puts the identity providers into their accounts.
func (w *compiledWorld) compileProviders() error {
	for i := range w.world.SAMLProviders {
		p := &w.world.SAMLProviders[i]
		accounts, err := w.accountsOf(p.Accounts)
		if err == nil && !iamName().MatchString(p.Name) {
			err = fmt.Errorf("no IAM name")
		}
		if err != nil {
			return fmt.Errorf("saml provider %q: %w", p.Name, err)
		}
		for _, a := range accounts {
			w.saml[w.arn("iam", a.ID, "saml-provider/"+p.Name)] = p
		}
	}
	for i := range w.world.OIDCProviders {
		p := &w.world.OIDCProviders[i]
		accounts, err := w.accountsOf(p.Accounts)
		if u, urlErr := url.Parse(p.URL); err == nil && (urlErr != nil || u.Scheme != "https" || len(p.Audiences) == 0) {
			err = fmt.Errorf("an https URL and audiences are needed")
		}
		if err != nil {
			return fmt.Errorf("oidc provider %q: %w", p.URL, err)
		}
		for _, a := range accounts {
			w.oidc[w.oidcARN(a, p.URL)] = p
		}
	}
	return nil
}

func (w *compiledWorld) oidcARN(a *account, issuer string) string {
	return w.arn("iam", a.ID, "oidc-provider/"+strings.TrimPrefix(issuer, "https://"))
}
