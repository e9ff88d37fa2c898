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
	arn string
}

type role struct {
	Role
	account *account
	arn     string
	trust   []string // account ids, ARNs, *
	saml    string   // ARN of the SAML provider that it trusts
	oidc    string   // and of the OIDC provider
}

// readOnly is what roles may do when the world does not say.
var readOnly = []string{"ec2:Describe*", "organizations:Describe*", "organizations:List*", "account:ListRegions", "s3:ListAllMyBuckets", "sts:AssumeRole"}

func (e *estate) compileUsers() error {
	for _, given := range e.world.Users {
		a, err := e.account(given.Account)
		if err != nil {
			return fmt.Errorf("user %q: %w", given.Name, err)
		}
		if !iamName().MatchString(given.Name) {
			return fmt.Errorf("user %q: no IAM name", given.Name)
		}
		u := &user{User: given, arn: e.arn("iam", a.ID, "user/"+given.Name)}
		g := derive(0, "user", u.arn)
		u.Account = a.ID
		u.AccessKeyID = cmp.Or(u.AccessKeyID, "AKIA"+g.base32(16))
		u.SecretAccessKey = cmp.Or(u.SecretAccessKey, g.base64(40))
		u.Profile = cmp.Or(u.Profile, u.Name)
		if len(u.Allow) == 0 {
			u.Allow = []string{"*"}
		}
		switch {
		case slices.ContainsFunc(e.users, func(other *user) bool { return other.AccessKeyID == u.AccessKeyID }):
			return fmt.Errorf("user %q: the access key %s belongs to another user", u.Name, u.AccessKeyID)
		case u.MFASerial == "" && (u.MFASecret != "" || len(u.MFACodes) > 0):
			return fmt.Errorf("user %q: MFA codes without mfa_serial", u.Name)
		case u.MFASerial != "" && u.MFASecret == "" && len(u.MFACodes) == 0:
			return fmt.Errorf("user %q: mfa_serial without mfa_codes or mfa_secret", u.Name)
		}
		if _, err := totp(u.MFASecret, time.Time{}); err != nil {
			return fmt.Errorf("user %q: mfa_secret: %w", u.Name, err)
		}
		e.users = append(e.users, u)
	}
	return nil
}

func (e *estate) compileRoles() error {
	for _, given := range e.world.Roles {
		accounts, err := e.accountsOf(given.Accounts)
		if err != nil {
			return fmt.Errorf("role %q: accounts: %w", given.Name, err)
		}
		except, err := e.accountsOf(given.Except)
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
				a, err := e.account(who)
				if err != nil {
					return fmt.Errorf("role %q: trust: %w; or an ARN, or *", given.Name, err)
				}
				who = a.ID
			}
			trust = append(trust, who)
		}
		if len(trust) == 0 && given.SAML == "" && given.WebIdentity == nil {
			trust = append(trust, e.management.ID)
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
			arn := e.arn("iam", a.ID, "role"+given.Path+given.Name)
			if e.roles[arn] != nil {
				return fmt.Errorf("role %q: it is in account %s twice", given.Name, a.ID)
			}
			r := &role{Role: given, account: a, arn: arn, trust: trust}
			if given.SAML != "" {
				r.saml = e.arn("iam", a.ID, "saml-provider/"+given.SAML)
			}
			if given.WebIdentity != nil {
				r.oidc = e.oidcARN(a, given.WebIdentity.Provider)
			}
			if r.saml != "" && e.saml[r.saml] == nil || r.oidc != "" && e.oidc[r.oidc] == nil {
				return fmt.Errorf("role %q: account %s has no provider %s", given.Name, a.ID, cmp.Or(r.saml, r.oidc))
			}
			e.roles[arn] = r
		}
	}
	return nil
}

// compileProviders finds the accounts of the identity providers.
func (e *estate) compileProviders() error {
	for i := range e.world.SAMLProviders {
		p := &e.world.SAMLProviders[i]
		accounts, err := e.accountsOf(p.Accounts)
		if err == nil && !iamName().MatchString(p.Name) {
			err = fmt.Errorf("no IAM name")
		}
		if err != nil {
			return fmt.Errorf("saml provider %q: %w", p.Name, err)
		}
		for _, a := range accounts {
			e.saml[e.arn("iam", a.ID, "saml-provider/"+p.Name)] = p
		}
	}
	for i := range e.world.OIDCProviders {
		p := &e.world.OIDCProviders[i]
		accounts, err := e.accountsOf(p.Accounts)
		if u, urlErr := url.Parse(p.URL); err == nil && (urlErr != nil || u.Scheme != "https" || len(p.Audiences) == 0) {
			err = fmt.Errorf("an https URL and audiences are needed")
		}
		if err != nil {
			return fmt.Errorf("oidc provider %q: %w", p.URL, err)
		}
		for _, a := range accounts {
			e.oidc[e.oidcARN(a, p.URL)] = p
		}
	}
	return nil
}

func (e *estate) oidcARN(a *account, issuer string) string {
	return e.arn("iam", a.ID, "oidc-provider/"+strings.TrimPrefix(issuer, "https://"))
}
