package awssim

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// deviceGrant is a device authorization (RFC 8628) on its way.
type deviceGrant struct {
	client    *oidcClient
	session   *ssoSession
	userCode  string
	expires   time.Time
	nextPoll  time.Time
	interval  time.Duration
	confirmed bool
	refused   bool
}

func (s *Server) startDevice(r *request) (*answer, *apiError) {
	var in struct{ ClientId, ClientSecret, StartUrl string }
	if err := r.input(&in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.clients[in.ClientId]
	if c == nil || c.secret != in.ClientSecret || !s.now().Before(c.expires) {
		return nil, fail(http.StatusUnauthorized, "InvalidClientException", "Invalid client")
	}
	var session *ssoSession
	for _, known := range s.sessions {
		if sameStartURL(known.StartURL, in.StartUrl) && (r.region == "" || r.region == known.Region) {
			session = known
		}
	}
	if session == nil {
		return nil, fail(400, "InvalidRequestException", "Invalid start url provided")
	}
	g := derive(uint64(len(s.grants)), "device", c.id)
	code := g.base64(43)
	d := &deviceGrant{client: c, session: session, userCode: g.base32(4) + "-" + g.base32(4), expires: s.now().Add(10 * time.Minute), interval: time.Second}
	s.grants[code] = d
	verify := strings.TrimRight(session.StartURL, "/#") + "/#/device"
	return r.jsonAnswer(map[string]any{"deviceCode": code, "userCode": d.userCode, "verificationUri": verify,
		"verificationUriComplete": verify + "?user_code=" + d.userCode, "expiresIn": 600, "interval": int(d.interval / time.Second)}), nil
}

// Confirm plays the user who enters a device code's user code in the browser, and allows or refuses.
func (s *Server) Confirm(userCode string, allow bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.grants {
		if d.userCode == userCode {
			d.confirmed, d.refused = allow, !allow
			return nil
		}
	}
	return fmt.Errorf("no sign-in waits for the user code %q", userCode)
}

// deviceToken tells whose token a device code has become; mu is held.
func (s *Server) deviceToken(code string, c *oidcClient) (*ssoSession, *apiError) {
	d, now := s.grants[code], s.now()
	switch {
	case d == nil || d.client != c:
		return nil, fail(400, "InvalidGrantException", "Invalid device code provided")
	case !now.Before(d.expires):
		return nil, fail(400, "ExpiredTokenException", "Device code has expired")
	case d.refused:
		return nil, fail(400, "AccessDeniedException", "The user refused")
	case d.confirmed:
		delete(s.grants, code)
		return d.session, nil
	case now.Before(d.nextPoll):
		d.interval += 5 * time.Second
		d.nextPoll = now.Add(d.interval * 9 / 10)
		return nil, fail(400, "SlowDownException", "Polling too fast")
	}
	d.nextPoll = now.Add(d.interval * 9 / 10)
	return nil, fail(400, "AuthorizationPendingException", "The user has not confirmed yet")
}

// sameStartURL compares start URLs as AWS does: people paste them with /, # and #/ at the end.
func sameStartURL(a, b string) bool {
	return strings.EqualFold(strings.TrimRight(a, "/#"), strings.TrimRight(b, "/#"))
}
