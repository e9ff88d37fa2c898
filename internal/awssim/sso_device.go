package awssim

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// deviceGrant is a device authorization (RFC 8628) in progress.
type deviceGrant struct {
	client    *oidcClient
	session   *ssoSession
	userCode  string
	expires   time.Time
	nextPoll  time.Time
	interval  time.Duration
	polls     int // before the user has decided
	confirmed bool
	refused   bool
}

// defaultInterval is the time between polls for an answer without an interval (RFC 8628, 3.2).
const defaultInterval = 5 * time.Second

func (s *Server) startDevice(r *request) (*answer, *apiError) {
	var in struct{ ClientId, ClientSecret, StartUrl string }
	if err := r.input(&in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, err := s.registered(r, in.ClientId, grantDevice)
	if err == nil && c.secret != in.ClientSecret {
		err = fail(http.StatusUnauthorized, "InvalidClientException", "Invalid client")
	}
	if err != nil {
		return nil, err
	}
	session := s.sessionAt(in.StartUrl, r.region)
	if session == nil {
		return nil, fail(400, "InvalidRequestException", "Invalid start url provided")
	}
	g := derive(uint64(len(s.grants)), "device", c.id)
	code, lifetime := g.base64(43), time.Duration(session.Login.ExpiresIn)
	d := &deviceGrant{client: c, session: session, userCode: g.base32(4) + "-" + g.base32(4), expires: s.now().Add(lifetime)}
	s.grants[code] = d
	verify := strings.TrimRight(session.StartURL, "/#") + "/#/device"
	if s.isOwn(r.Host) {
		verify = s.URL() + "/device" // so that a browser, which has no endpoint URL, finds the simulator
	}
	out := map[string]any{"deviceCode": code, "userCode": d.userCode, "verificationUri": verify,
		"verificationUriComplete": verify + "?user_code=" + d.userCode, "expiresIn": int(lifetime / time.Second)}
	if d.interval = time.Duration(*session.Login.Interval); d.interval < 0 {
		d.interval = defaultInterval
	} else {
		out["interval"] = int(d.interval / time.Second)
	}
	return r.jsonAnswer(out), nil
}

// Confirm plays the user, who enters the user code of a device code in the browser and allows or refuses.
func (s *Server) Confirm(userCode string, allow bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.awaiting(userCode)
	if d == nil {
		return fmt.Errorf("no sign-in waits for the user code %q", userCode)
	}
	d.confirmed, d.refused = allow, !allow
	return nil
}

// awaiting returns the device authorization of a user code, or nil. The caller holds mu.
func (s *Server) awaiting(userCode string) *deviceGrant {
	for _, d := range s.grants {
		if d.client != nil && d.userCode == userCode && s.now().Before(d.expires) {
			return d
		}
	}
	return nil
}

// verifyDevice answers a browser that opens the page for a user code. It plays the user, who allows.
func (s *Server) verifyDevice(r *request) (*answer, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.awaiting(r.URL.Query().Get("user_code"))
	if d == nil {
		return nil, fail(400, "InvalidRequestException", "No sign-in waits for this user code.")
	}
	d.refused = d.session.Login.Refuse
	d.confirmed = !d.refused
	if d.refused {
		return htmlPage(http.StatusOK, "Request denied", "You can close this window."), nil
	}
	return htmlPage(http.StatusOK, "Request approved", "You can close this window."), nil
}

// deviceToken exchanges a device code: it returns the session of the new token. The caller holds mu.
func (s *Server) deviceToken(code string, c *oidcClient) (*ssoSession, *apiError) {
	d, now := s.grants[code], s.now()
	if d == nil || d.client != c {
		return nil, fail(400, "InvalidGrantException", "Invalid device code provided")
	}
	if login := d.session.Login; !d.confirmed && !d.refused && (login.Refuse || login.Polls > 0) && d.polls >= login.Polls {
		d.confirmed, d.refused = !login.Refuse, login.Refuse
	}
	switch {
	case !now.Before(d.expires):
		return nil, fail(400, "ExpiredTokenException", "Device code has expired")
	case d.refused:
		return nil, fail(400, "AccessDeniedException", "The user refused")
	case d.confirmed:
		d.client = nil // a device code is valid once
		return d.session, nil
	case now.Before(d.nextPoll):
		d.interval += 5 * time.Second
		d.nextPoll = now.Add(d.interval * 9 / 10)
		return nil, fail(400, "SlowDownException", "Polling too fast")
	}
	d.polls++
	d.nextPoll = now.Add(d.interval * 9 / 10)
	return nil, fail(400, "AuthorizationPendingException", "The user has not confirmed yet")
}

// sameStartURL compares start URLs as AWS does: without a /, # or #/ at the end, which people paste.
func sameStartURL(a, b string) bool {
	return strings.EqualFold(strings.TrimRight(a, "/#"), strings.TrimRight(b, "/#"))
}
