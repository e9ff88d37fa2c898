package awssim

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// principal is the caller of a request: a user, or a session.
type principal struct {
	account *account
	arn     string // as in GetCallerIdentity
	role    string // the ARN of a session's role; "" for users
	userID  string
	user    *user // of long-term keys, and of GetSessionToken's; nil for roles
	allow   []string
	mfa     bool

	limit      *policy  // session policies, which narrow allow down; nil: none
	chained    bool     // a session that a role's session has begun
	federated  bool     // of GetFederationToken
	source     string   // the source identity
	transitive []string // keys of the session tags that chained sessions inherit
}

// credentials are an access key, its secret and its principal.
type credentials struct {
	principal
	keyID, secret string
	token         string    // "" for long-term keys
	expires       time.Time // zero for long-term keys
	v1            bool      // issued by the global STS endpoint: good in always-on regions only
}

// issue makes temporary credentials with a token of at least some bytes. They are derived from the principal, so that
// the same run makes the same ones.
func (s *Server) issue(p principal, lifetime time.Duration, v1 bool, least int) *credentials {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.issued[p.arn]++
	g := derive(uint64(s.issued[p.arn]), "session", p.arn)
	c := &credentials{principal: p, v1: v1, expires: s.now().Add(lifetime).UTC().Truncate(time.Second)}
	c.keyID, c.secret = "ASIA"+g.base32(16), g.base64(40)
	// Tokens of regional endpoints have another prefix than tokens of the global endpoint.
	c.token = "IQoJb3JpZ2luX2Vj" + g.base64(300) + "="
	if v1 {
		c.token = "FwoGZXIvYXdz" + g.base64(200) + "="
	}
	if missing := least - len(c.token); missing > 0 {
		c.token = strings.TrimSuffix(c.token, "=") + g.base64(missing) + "="
	}
	s.keys[c.keyID] = c
	return c
}

func (s *Server) lookup(keyID string) *credentials {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.keys[keyID]
}

// longTerm returns the credentials of an access key of an IAM user.
func (w *compiledWorld) longTerm(u *user, key *accessKey) *credentials {
	return &credentials{keyID: key.ID, secret: key.secret, principal: principal{
		account: w.byID[u.Account], arn: u.arn, user: u, allow: u.Allow,
		userID: u.id(),
	}}
}

// roleSession returns the principal of a role's session.
func (w *compiledWorld) roleSession(a *account, roleARN, roleName, session string, allow []string) principal {
	return principal{
		account: a, role: roleARN, allow: allow,
		arn:    w.arn("sts", a.ID, "assumed-role/"+roleName+"/"+session),
		userID: roleID(roleARN) + ":" + session,
	}
}

// denial returns the kind of policy that denies the action to p, "scp" or "iam"; "" if p is allowed.
func (w *compiledWorld) denial(p *principal, action, region string) string {
	for _, d := range w.deny {
		if slices.Contains(d.Accounts, p.account.ID) && matchesAny(d.Actions, action) && matchesAny(d.Regions, region) {
			return d.Kind
		}
	}
	if !matchesAny(p.allow, action) || p.limit != nil && !p.limit.permits(action) {
		return "iam"
	}
	return ""
}

// matchesAny ignores case, as IAM does. An empty list matches everything.
func matchesAny(patterns []string, name string) bool {
	name = strings.ToLower(name)
	for _, pattern := range patterns {
		if ok, _ := path.Match(strings.ToLower(pattern), name); ok {
			return true
		}
	}
	return len(patterns) == 0
}

// trusts reports whether the role's trust policy allows p.
func (r *role) trusts(p *principal) bool {
	for _, who := range r.trust {
		switch who {
		case "*", p.account.ID, p.arn, p.role:
			return true
		}
		if strings.HasSuffix(who, "::"+p.account.ID+":root") || p.user != nil && who == p.user.arn {
			return true
		}
	}
	return false
}

// useCode reports whether an MFA code of the device is valid. Each code is valid once.
func (s *Server) useCode(u *user, serial, code string) bool {
	if serial == "" || serial != u.MFASerial {
		return false
	}
	valid, now := slices.Contains(u.MFACodes, code), s.time()
	for step := -1; step <= 1 && u.MFASecret != ""; step++ {
		expected, _ := totp(u.MFASecret, now.Add(time.Duration(step)*totpPeriod))
		valid = valid || expected == code
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	used := serial + " " + code
	if !valid || s.usedCodes[used] {
		return false
	}
	s.usedCodes[used] = true
	return true
}

const totpPeriod = 30 * time.Second

// totp returns the six digits of RFC 6238 for a time.
func totp(secret string, at time.Time) (string, error) {
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(strings.TrimRight(secret, "=")))
	if err != nil {
		return "", fmt.Errorf("not base32")
	}
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(at.Unix()/int64(totpPeriod/time.Second)))
	h := hmac.New(sha1.New, key)
	h.Write(counter[:])
	sum := h.Sum(nil)
	offset := sum[len(sum)-1] & 15
	number := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff % 1000000
	text := strconv.Itoa(int(number))
	return strings.Repeat("0", 6-len(text)) + text, nil
}
