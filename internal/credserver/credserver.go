// Package credserver serves credentials to child processes that may run longer than the
// credentials are valid. It is a container credentials endpoint, as every SDK knows it:
// AWS_CONTAINER_CREDENTIALS_FULL_URI with an authorization token.
package credserver

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Source returns credentials, and renews them before they end.
type Source func(context.Context) (aws.Credentials, error)

// Server is the endpoint. It listens on the loopback interface only.
type Server struct {
	host string
	http http.Server
	now  func() time.Time

	mu     sync.Mutex
	grants map[string]*Grant // by path
	count  int               // of all grants so far
}

// Grant is the access of one child to one source of credentials.
type Grant struct {
	server *Server
	path   string
	token  string
	source Source
}

// Start starts a server on a free port.
func Start(now func() time.Time) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("the endpoint for credentials: %w", err)
	}
	s := &Server{host: listener.Addr().String(), now: now, grants: map[string]*Grant{}}
	s.http = http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)} // stderr belongs to the children
	go s.http.Serve(listener)
	return s, nil
}

// Close stops the server. All grants end.
func (s *Server) Close() error { return s.http.Close() }

// Grant returns a new grant with its own path and token.
func (s *Server) Grant(source Source) *Grant {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	g := &Grant{server: s, path: "/credentials/" + strconv.Itoa(s.count), token: rand.Text(), source: source}
	s.grants[g.path] = g
	return g
}

// Environ returns the environment variables for the child.
func (g *Grant) Environ() []string {
	return []string{
		"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://" + g.server.host + g.path,
		"AWS_CONTAINER_AUTHORIZATION_TOKEN=" + g.token,
	}
}

// Revoke ends the grant. Call it when the child has ended.
func (g *Grant) Revoke() {
	g.server.mu.Lock()
	defer g.server.mu.Unlock()
	delete(g.server.grants, g.path)
}

// allows reports whether the token is right, in constant time.
func (g *Grant) allows(token string) bool {
	want, got := sha256.Sum256([]byte(g.token)), sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

// ServeHTTP returns credentials to a child. It checks the Host header, because a page in a
// browser may reach this server by DNS rebinding.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	grant := s.grants[r.URL.Path]
	s.mu.Unlock()
	switch {
	case r.Host != s.host:
		refuse(w, http.StatusForbidden, "WrongHost", "expected the endpoint's address as the Host")
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		refuse(w, http.StatusMethodNotAllowed, "WrongMethod", "expected GET")
	case grant == nil || !grant.allows(r.Header.Get("Authorization")):
		refuse(w, http.StatusForbidden, "WrongToken", "the Authorization header is not AWS_CONTAINER_AUTHORIZATION_TOKEN")
	default:
		creds, err := grant.source(r.Context())
		if err != nil {
			refuse(w, http.StatusInternalServerError, "NoCredentials", err.Error())
			return
		}
		s.answer(w, creds)
	}
}

// longTermTTL is the lifetime that is reported for long-term keys: botocore requires an
// Expiration.
const longTermTTL = time.Hour

func (s *Server) answer(w http.ResponseWriter, creds aws.Credentials) {
	expires := creds.Expires
	if !creds.CanExpire {
		expires = s.now().Add(longTermTTL)
	}
	reply(w, http.StatusOK, map[string]string{
		"AccessKeyId": creds.AccessKeyID, "SecretAccessKey": creds.SecretAccessKey, "Token": creds.SessionToken,
		"Expiration": expires.UTC().Format(time.RFC3339),
	})
}

// refuse answers with an error in the format of ECS, so that SDKs show the message.
func refuse(w http.ResponseWriter, status int, code, message string) {
	reply(w, status, map[string]string{"code": code, "message": message})
}

func reply(w http.ResponseWriter, status int, body map[string]string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}
