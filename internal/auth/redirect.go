package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc/types"

	"muster/internal/auth/botocache"
)

// withRedirect signs in by the authorization code that the browser brings to a
// port of this machine (RFC 8252), which only the holder of the verifier can
// exchange (PKCE, RFC 7636).
func (l *login) withRedirect() flow {
	return flow{
		grantTypes: []string{"authorization_code", "refresh_token"},
		signIn: func(ctx context.Context, reg *botocache.Registration) (*ssooidc.CreateTokenOutput, error) {
			inbox, err := listen(l.Port)
			if err != nil {
				return nil, err
			}
			defer inbox.close()
			verifier := rand.Text() + rand.Text() // 52 letters and digits; 43 to 128 are allowed
			page, err := l.authorizeURL(reg, inbox, verifier)
			if err != nil {
				return nil, err
			}
			l.Show(page, "")
			code, err := inbox.wait(ctx, l.open(page))
			if err != nil {
				return nil, err
			}
			return l.client.CreateToken(ctx, &ssooidc.CreateTokenInput{
				ClientId: &reg.ClientID, ClientSecret: &reg.ClientSecret, GrantType: aws.String("authorization_code"),
				Code: &code, CodeVerifier: &verifier, RedirectUri: &inbox.url,
			})
		},
	}
}

// open starts the browser; what it returns tells that it could not be.
func (l *login) open(page string) <-chan error {
	failed := make(chan error, 1)
	if l.Open != nil {
		go func() {
			if err := l.Open(page); err != nil {
				failed <- err
			}
		}()
	}
	return failed
}

// authorizeURL is the page to sign in on. It is at the token service's endpoint,
// though no operation of its API.
func (l *login) authorizeURL(reg *botocache.Registration, inbox *inbox, verifier string) (string, error) {
	endpoint, err := l.r.API.OIDCEndpoint(l.target, l.region)
	if err != nil {
		return "", err
	}
	challenge := sha256.Sum256([]byte(verifier))
	query := url.Values{
		"response_type": {"code"}, "client_id": {reg.ClientID}, "redirect_uri": {inbox.url}, "state": {inbox.state},
		"code_challenge_method": {"S256"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])},
		"scopes": {strings.Join(reg.Scopes, " ")},
	}
	return strings.TrimRight(endpoint, "/") + "/authorize?" + strings.ReplaceAll(query.Encode(), "+", "%20"), nil
}

// inbox waits on a port of this machine for the browser.
type inbox struct {
	url    string // that the browser is sent to
	state  string // that it has to bring back
	server *http.Server
	mail   chan letter
}

type letter struct {
	code string
	err  error
}

func listen(port int) (*inbox, error) {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return nil, fmt.Errorf("waiting for the browser on port %d: %w; leave --port out for a free one, or use --use-device-code", port, err)
	}
	b := &inbox{url: "http://" + listener.Addr().String() + redirectPath, state: rand.Text(), mail: make(chan letter, 1)}
	b.server = &http.Server{Handler: b, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	go b.server.Serve(listener)
	return b, nil
}

// close lets the browser have its answer first.
func (b *inbox) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if b.server.Shutdown(ctx) != nil {
		b.server.Close()
	}
}

func (b *inbox) wait(ctx context.Context, unopened <-chan error) (code string, err error) {
	select {
	case l := <-b.mail:
		return l.code, l.err
	case err := <-unopened:
		return "", fmt.Errorf("%w: %v", errNoBrowser, err)
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// ServeHTTP takes the first answer that carries the state; whoever does not know
// it (any page that the browser has open) is not listened to.
func (b *inbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Connection", "close")
	switch {
	case r.URL.Path != redirectPath:
		http.NotFound(w, r)
		return
	case r.Method != http.MethodGet || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(b.state)) != 1:
		http.Error(w, "This answer belongs to no sign-in that is under way.", http.StatusBadRequest)
		return
	}
	var l letter
	text := "Signed in. You can close this window and go back to the terminal."
	switch oauth := q.Get("error"); {
	case oauth == "access_denied":
		l.err = &types.AccessDeniedException{}
	case oauth != "":
		l.err = fmt.Errorf("signing in failed in the browser: %s %s", oauth, q.Get("error_description"))
	case q.Get("code") == "":
		l.err = errors.New("the browser brought no authorization code")
	default:
		l.code = q.Get("code")
	}
	if l.err != nil {
		text = "Not signed in. The terminal says why."
	}
	io.WriteString(w, "<!doctype html><title>muster</title><p>"+text+"</p>\n")
	select {
	case b.mail <- l:
	default: // the first answer counts
	}
}
