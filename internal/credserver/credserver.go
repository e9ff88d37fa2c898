// Package credserver gives children credentials that outlast any single set of
// them, through the endpoint for containers that every SDK knows:
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

// Source gives the credentials of one place, renewed where little is left of them.
type Source func(context.Context) (aws.Credentials, error)

// Server answers on the loopback interface only.
type Server struct {
	host string
	http http.Server
	now  func() time.Time

	mu     sync.Mutex
	grants map[string]*Grant // by path
	made   int
}

// Grant is one child's access to the credentials of one place.
type Grant struct {
	server *Server
	path   string
	token  string
	source Source
}

// Start serves until Close, on a free port.
func Start(now func() time.Time) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("the endpoint for credentials: %w", err)
	}
	s := &Server{host: listener.Addr().String(), now: now, grants: map[string]*Grant{}}
	s.http = http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)} // stderr is the children's
	go s.http.Serve(listener)
	return s, nil
}

// Close ends the server; its grants are worth nothing from then on.
func (s *Server) Close() error { return s.http.Close() }

// Grant makes a path and a token for one child.
func (s *Server) Grant(source Source) *Grant {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	g := &Grant{server: s, path: "/credentials/" + strconv.Itoa(s.made), token: rand.Text(), source: source}
	s.grants[g.path] = g
	return g
}

// Environ are the variables by which an SDK finds the credentials.
func (g *Grant) Environ() []string {
	return []string{
		"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://" + g.server.host + g.path,
		"AWS_CONTAINER_AUTHORIZATION_TOKEN=" + g.token,
	}
}

// Revoke ends the access, as when the child has ended.
func (g *Grant) Revoke() {
	g.server.mu.Lock()
	defer g.server.mu.Unlock()
	delete(g.server.grants, g.path)
}

// allows compares hashes, in a time that tells nothing about either token.
func (g *Grant) allows(token string) bool {
	want, got := sha256.Sum256([]byte(g.token)), sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

// ServeHTTP answers a grant's holder. The Host header gives away a page in a
// browser whose host's name was made to lead here (DNS rebinding).
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	grant := s.grants[r.URL.Path]
	s.mu.Unlock()
	switch {
	case r.Host != s.host:
		refuse(w, http.StatusForbidden, "WrongHost", "this endpoint is asked by its address only")
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

// unending is how long credentials that do not end are said to last: botocore
// insists on an Expiration.
const unending = time.Hour

func (s *Server) answer(w http.ResponseWriter, creds aws.Credentials) {
	expires := creds.Expires
	if !creds.CanExpire {
		expires = s.now().Add(unending)
	}
	reply(w, http.StatusOK, map[string]string{
		"AccessKeyId": creds.AccessKeyID, "SecretAccessKey": creds.SecretAccessKey, "Token": creds.SessionToken,
		"Expiration": expires.UTC().Format(time.RFC3339),
	})
}

// refuse answers as ECS does, so that SDKs tell why.
func refuse(w http.ResponseWriter, status int, code, message string) {
	reply(w, status, map[string]string{"code": code, "message": message})
}

func reply(w http.ResponseWriter, status int, body map[string]string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}
