package awssim

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The sign-in of `aws login`: OAuth 2.0 with PKCE, and tokens that are bound to a key of the client (DPoP, RFC 9449).

// The clients of the sign-in service, which need no registration: with a browser on the same machine, or on another one.
const (
	sameDeviceClient  = "arn:aws:signin:::devtools/same-device"
	crossDeviceClient = "arn:aws:signin:::devtools/cross-device"
	confirmationPath  = "/v1/sessions/confirmation"
)

// The lifetimes that AWS documents, and that of a code.
const (
	loginCodeTTL        = 5 * time.Minute
	loginCredentialsTTL = 15 * time.Minute
	loginTTL            = 12 * time.Hour
)

// loginGrant is what the browser's sign-in gives a client: a code at first, and then refresh tokens.
type loginGrant struct {
	client, redirect, challenge string // of a code
	key                         string // of a refresh token: the thumbprint of the client's key
	user                        *user
	expires                     time.Time
}

// loginPage answers a browser that signs in as the world's first user.
func (s *Server) loginPage(r *request) (*answer, *apiError) {
	q := r.URL.Query()
	invalid := func(format string, args ...any) (*answer, *apiError) {
		e := fail(http.StatusBadRequest, "ValidationException", format, args...)
		return nil, e.blame("%s", e.message)
	}
	redirect, err := url.Parse(q.Get("redirect_uri"))
	local := err == nil && isLoopback(redirect) && redirect.Port() != "" && redirect.Path == "/oauth/callback"
	remote := err == nil && redirect.Host == r.Host && redirect.Path == confirmationPath
	switch client := q.Get("client_id"); {
	case client == sameDeviceClient && !local, client == crossDeviceClient && !remote:
		return invalid("redirect_uri is %q", q.Get("redirect_uri"))
	case client != sameDeviceClient && client != crossDeviceClient:
		return invalid("client_id is %q", client)
	case q.Get("response_type") != "code" || q.Get("scope") != "openid":
		return invalid("response_type is %q and scope is %q, not code and openid", q.Get("response_type"), q.Get("scope"))
	case q.Get("state") == "":
		return invalid("there is no state")
	case q.Get("code_challenge_method") != "SHA-256" || !pkceChallenge().MatchString(q.Get("code_challenge")):
		return invalid("code_challenge_method is %q and code_challenge is %q", q.Get("code_challenge_method"), q.Get("code_challenge"))
	case len(s.users) == 0:
		return nil, fail(http.StatusBadRequest, "ValidationException", "the world has no user who could sign in")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	code := derive(uint64(len(s.logins)), "login code", q.Get("client_id")).base64(64)
	s.logins[code] = &loginGrant{
		client: q.Get("client_id"), redirect: q.Get("redirect_uri"), challenge: q.Get("code_challenge"), user: s.users[0], expires: s.now().Add(loginCodeTTL),
	}
	back := redirect.Query()
	back.Set("state", q.Get("state"))
	back.Set("code", code)
	redirect.RawQuery = back.Encode()
	return redirection(redirect.String()), nil
}

// loginConfirmation shows the code that the user carries to the other machine.
func (s *Server) loginConfirmation(r *request) (*answer, *apiError) {
	q := r.URL.Query()
	text := "state=" + url.QueryEscape(q.Get("state")) + "&code=" + url.QueryEscape(q.Get("code"))
	return htmlPage(http.StatusOK, "Authorization code", base64.StdEncoding.EncodeToString([]byte(text))), nil
}

// loginToken exchanges a code or a refresh token for credentials and the next refresh token.
func (s *Server) loginToken(r *request) (*answer, *apiError) {
	var in struct{ ClientId, GrantType, Code, RedirectUri, CodeVerifier, RefreshToken string }
	if err := r.input(&in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	key, wrong := s.proofKey(r)
	if wrong != "" {
		s.mu.Unlock()
		return nil, fail(http.StatusBadRequest, "ValidationException", "the DPoP proof is invalid").blame("DPoP: %s", wrong)
	}
	grant, refusal := s.takeLogin(in.GrantType, in.Code, in.RedirectUri, in.CodeVerifier, in.RefreshToken, in.ClientId, key)
	s.mu.Unlock()
	if refusal != nil {
		return nil, refusal
	}
	u := grant.user
	c := s.issue(principal{account: s.byID[u.Account], arn: u.arn, user: u, allow: u.Allow, userID: u.id()}, loginCredentialsTTL, false, 0)
	s.mu.Lock()
	defer s.mu.Unlock()
	refresh := derive(uint64(len(s.logins)), "login refresh", c.keyID).base64(200)
	s.logins[refresh] = &loginGrant{client: in.ClientId, key: key, user: grant.user, expires: s.now().Add(loginTTL)}
	out := object{
		{"accessToken", object{{"accessKeyId", c.keyID}, {"secretAccessKey", c.secret}, {"sessionToken", c.token}}},
		{"tokenType", "aws_sigv4"}, {"expiresIn", int(loginCredentialsTTL / time.Second)}, {"refreshToken", refresh},
	}
	if in.GrantType == grantCode {
		claims, _ := json.Marshal(map[string]any{"sub": grant.user.arn, "aud": in.ClientId, "iat": s.now().Unix()})
		encode := base64.RawURLEncoding.EncodeToString
		out = append(out, member{"idToken", encode([]byte(`{"typ":"JWT","alg":"ES384"}`)) + "." + encode(claims) + "." + encode([]byte(derive(1, "id", c.keyID).base64(96)))})
	}
	a := r.jsonAnswer(nil)
	a.body = appendJSON(nil, out)
	return a, nil
}

// takeLogin finds the grant of a code or a refresh token, which works once. The caller holds mu.
func (s *Server) takeLogin(grantType, code, redirect, verifier, refresh, client, key string) (*loginGrant, *apiError) {
	denied := func(reason string) *apiError {
		return &apiError{status: http.StatusUnauthorized, code: "AccessDeniedException", message: reason}
	}
	switch grantType {
	case grantCode:
		grant := s.logins[code]
		if grant == nil || grant.challenge == "" || grant.client != client || !s.now().Before(grant.expires) {
			return nil, denied("AUTHCODE_EXPIRED")
		}
		used := *grant
		grant.challenge = ""
		sum := sha256.Sum256([]byte(verifier))
		switch {
		case used.redirect != redirect:
			return nil, denied("AUTHCODE_EXPIRED").blame("redirectUri is %q, at the sign-in it was %q", redirect, used.redirect)
		case !pkceVerifier().MatchString(verifier) || subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(used.challenge)) != 1:
			return nil, denied("AUTHCODE_EXPIRED").blame("codeVerifier is not what the code_challenge was made of")
		}
		return &used, nil
	case grantRefresh:
		grant := s.logins[refresh]
		switch {
		case grant == nil || grant.key == "" || grant.client != client || !s.now().Before(grant.expires):
			return nil, denied("TOKEN_EXPIRED")
		case grant.key != key:
			return nil, denied("TOKEN_EXPIRED").blame("the refresh token belongs to another DPoP key")
		}
		used := *grant
		grant.key = ""
		return &used, nil
	}
	return nil, fail(http.StatusBadRequest, "ValidationException", "grantType is %q", grantType).blame("grantType is %q", grantType)
}

// proofKey checks the DPoP header of a request, and returns the thumbprint of its key. The caller holds mu.
func (s *Server) proofKey(r *request) (thumbprint, wrong string) {
	parts := strings.Split(r.Header.Get("DPoP"), ".")
	if len(parts) != 3 {
		return "", "not a JWT"
	}
	var header struct {
		Typ, Alg string
		Jwk      struct{ Kty, Crv, X, Y, D string }
	}
	var claims struct {
		Htm, Htu, Jti string
		Iat           int64
	}
	decode := base64.RawURLEncoding.DecodeString
	head, err1 := decode(parts[0])
	body, err2 := decode(parts[1])
	signature, err3 := decode(parts[2])
	if err1 != nil || err2 != nil || err3 != nil || json.Unmarshal(head, &header) != nil || json.Unmarshal(body, &claims) != nil {
		return "", "not base64url of JSON"
	}
	x, _ := decode(header.Jwk.X)
	y, _ := decode(header.Jwk.Y)
	scheme := "https"
	if r.TLS == nil && s.isOwn(r.Host) {
		scheme = "http"
	}
	switch want := scheme + "://" + r.Host + r.URL.Path; {
	case header.Typ != "dpop+jwt" || header.Alg != "ES256" || header.Jwk.Kty != "EC" || header.Jwk.Crv != "P-256" || header.Jwk.D != "":
		return "", "the header is not that of a proof by ES256 with the public key"
	case len(x) != 32 || len(y) != 32 || len(signature) != 64:
		return "", "a coordinate or the signature has not its full length"
	case claims.Htm != r.Method || claims.Htu != want:
		return "", "it is for " + claims.Htm + " " + claims.Htu + ", not " + want
	case claims.Jti == "" || s.usedCodes["dpop "+claims.Jti]:
		return "", "its jti is missing or was used before"
	}
	if skew := s.clock().Sub(time.Unix(claims.Iat, 0)); skew > 5*time.Minute || skew < -5*time.Minute {
		return "", "its time is " + skew.String() + " away"
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, x, y))
	if err != nil {
		return "", "the public key is no point of P-256"
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
		return "", "the signature is wrong"
	}
	s.usedCodes["dpop "+claims.Jti] = true
	return header.Jwk.X + "." + header.Jwk.Y, ""
}
