package awssim

import (
	"cmp"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// metadataService is the instance metadata service. It runs only if the world has "metadata".
type metadataService struct {
	listener net.Listener
	http     *http.Server
}

// MetadataURL returns the URL for AWS_EC2_METADATA_SERVICE_ENDPOINT; "" if the world has no "metadata".
func (s *Server) MetadataURL() string {
	if s.imds.listener == nil {
		return ""
	}
	return "http://" + s.imds.listener.Addr().String()
}

func (s *Server) startMetadata() (err error) {
	if s.metadata == nil {
		return nil
	}
	if s.imds.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	s.imds.http = &http.Server{ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.handle(w, &request{Request: r, server: s, metadata: true})
	})}
	go s.imds.http.Serve(s.imds.listener)
	return nil
}

func (m *metadataService) close() error {
	if m.http == nil {
		return nil
	}
	return m.http.Close()
}

// host is the machine that clients run on, with a role: an instance, or a container.
type host struct {
	account  *account
	role     *role // nil: an instance without an instance profile
	lifetime time.Duration
	session  string // the role session name
	region   string // of an instance
}

// compileHosts resolves the instance and the container that clients run on.
func (w *compiledWorld) compileHosts() error {
	find := func(ref, name string, lifetime Duration) (*host, error) {
		a, err := w.account(ref)
		if err != nil {
			return nil, err
		}
		h := &host{account: a, lifetime: lifetime.or(6 * time.Hour)}
		for _, role := range w.roles {
			if role.account == a && role.Name == name {
				h.role = role
			}
		}
		if name != "" && h.role == nil {
			return nil, fmt.Errorf("account %s has no role %q", a.ID, name)
		}
		return h, nil
	}
	var err error
	if m := w.world.Metadata; m != nil {
		if w.metadata, err = find(m.Account, m.Role, m.Lifetime); err != nil {
			return fmt.Errorf("metadata: %w", err)
		}
		w.metadata.session = cmp.Or(m.Instance, "i-0"+derive(0, "instance", w.metadata.account.ID).hex(16))
		if w.metadata.region = cmp.Or(m.Region, w.organizations); !w.has(w.metadata.region) {
			return fmt.Errorf("metadata: no region %q in this world", w.metadata.region)
		}
	}
	if c := w.world.Container; c != nil {
		if w.container, err = find(c.Account, c.Role, c.Lifetime); err == nil && w.container.role == nil {
			err = errors.New("a role is needed")
		}
		if err != nil {
			return fmt.Errorf("container: %w", err)
		}
		w.container.session = derive(0, "container", w.container.account.ID).hex(32)
	}
	return nil
}

// credentialsOf returns the host's credentials. As on EC2, new ones replace them five minutes before they expire.
func (s *Server) credentialsOf(h *host) *credentials {
	s.mu.Lock()
	c, now := s.hosted[h], s.now()
	s.mu.Unlock()
	if c == nil || c.expires.Sub(now) < 5*time.Minute {
		c = s.issue(s.roleSession(h.account, h.role.arn, h.role.Name, h.session, h.role.Allow), h.lifetime, false, 0)
		s.mu.Lock()
		s.hosted[h] = c
		s.mu.Unlock()
	}
	return c
}

const (
	imdsTokenHeader = "X-Aws-Ec2-Metadata-Token"
	imdsTTLHeader   = "X-Aws-Ec2-Metadata-Token-Ttl-Seconds"
)

// metadataOperations are the operations of IMDSv2: PUT gets a token, GET reads metadata with the token.
var metadataOperations = map[string]*operation{
	http.MethodPut: {service: "imds", name: "GetToken", protocol: protocolHTML, serve: (*Server).metadataToken},
	http.MethodGet: {service: "imds", name: "GetMetadata", protocol: protocolHTML, serve: (*Server).instanceMetadata},
}

func plain(text string) *answer {
	return &answer{status: http.StatusOK, contentType: "text/plain", body: []byte(text)}
}

func (s *Server) metadataToken(r *request) (*answer, *apiError) {
	seconds, err := strconv.Atoi(r.Header.Get(imdsTTLHeader))
	switch {
	case r.URL.Path != "/latest/api/token":
		return nil, fail(http.StatusNotFound, "404 - Not Found", "").blame("PUT %s", r.URL.Path)
	case err != nil || seconds < 1 || seconds > 21600:
		return nil, fail(http.StatusBadRequest, "400 - Bad Request", "").blame("%s is %q, not 1 to 21600", imdsTTLHeader, r.Header.Get(imdsTTLHeader))
	case r.Header.Get("X-Forwarded-For") != "":
		return nil, fail(http.StatusForbidden, "403 - Forbidden", "").blame("through a proxy")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	token := derive(uint64(len(s.imdsTokens)), "imds").base64(54) + "=="
	s.imdsTokens[token] = s.now().Add(time.Duration(seconds) * time.Second)
	a := plain(token)
	a.header = map[string]string{imdsTTLHeader: strconv.Itoa(seconds)}
	return a, nil
}

func (s *Server) instanceMetadata(r *request) (*answer, *apiError) {
	unauthorized := fail(http.StatusUnauthorized, "401 - Unauthorized", "")
	token := r.Header.Get(imdsTokenHeader)
	if token == "" {
		return nil, unauthorized.blame("no token, as for version 1")
	}
	s.mu.Lock()
	ends, known := s.imdsTokens[token]
	valid := known && s.now().Before(ends)
	s.mu.Unlock()
	if !valid {
		return nil, unauthorized
	}
	m := s.metadata
	r.call.Account, r.call.Target = m.account.ID, m.account.ID
	path := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/latest/"), "/")
	zone := m.region + "a"
	switch path {
	case "meta-data/instance-id":
		return plain(m.session), nil
	case "meta-data/placement/region":
		return plain(m.region), nil
	case "meta-data/placement/availability-zone":
		return plain(zone), nil
	case "dynamic/instance-identity/document":
		document, _ := json.MarshalIndent(map[string]any{"accountId": m.account.ID, "architecture": "x86_64", "availabilityZone": zone,
			"imageId": "ami-0" + derive(0, "image").hex(16), "instanceId": m.session, "instanceType": "t3.micro",
			"pendingTime": "2025-01-01T00:00:00Z", "privateIp": "10.0.0.4", "region": m.region, "version": "2017-09-30"}, "", "  ")
		return plain(string(document)), nil
	}
	const profile = "meta-data/iam/security-credentials"
	switch {
	case m.role == nil:
	case path == profile:
		return plain(m.role.Name), nil
	case path == profile+"/"+m.role.Name:
		c := s.credentialsOf(m)
		document, _ := json.MarshalIndent(map[string]string{"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": c.keyID, "SecretAccessKey": c.secret,
			"Token": c.token, "LastUpdated": c.expires.Add(-m.lifetime).Format(time.RFC3339), "Expiration": c.expires.Format(time.RFC3339)}, "", "  ")
		return plain(string(document)), nil
	case path == "meta-data/iam/info":
		document, _ := json.MarshalIndent(map[string]string{"Code": "Success", "LastUpdated": s.time().UTC().Format(time.RFC3339),
			"InstanceProfileArn": s.arn("iam", m.account.ID, "instance-profile"+m.role.Path+m.role.Name),
			"InstanceProfileId":  "AIPA" + derive(0, m.role.arn).base32(17)}, "", "  ")
		return plain(string(document)), nil
	}
	return nil, fail(http.StatusNotFound, "404 - Not Found", "")
}

// containerPath is the path of the container's credentials.
const containerPath = "/v1/credentials"

// ContainerURL returns the URL for AWS_CONTAINER_CREDENTIALS_FULL_URI; "" if the world has no "container".
func (s *Server) ContainerURL() string {
	if s.container == nil {
		return ""
	}
	return s.URL() + containerPath
}

// ContainerToken returns the token for AWS_CONTAINER_AUTHORIZATION_TOKEN; "" if the world has no "container".
func (s *Server) ContainerToken() string {
	if s.container == nil {
		return ""
	}
	return "container-" + derive(0, "token", s.container.session).base64(32)
}

func (s *Server) containerCredentials(r *request) (*answer, *apiError) {
	if s.container == nil {
		return nil, fail(http.StatusNotFound, "NotFound", "This world has no container.").blame("this world has no container")
	}
	if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte(s.ContainerToken())) != 1 {
		return nil, fail(http.StatusUnauthorized, "Unauthorized", "The authorization token is missing or wrong.").blame("the authorization token is missing or wrong")
	}
	h := s.container
	r.call.Account, r.call.Target = h.account.ID, h.account.ID
	c := s.credentialsOf(h)
	return r.jsonAnswer(map[string]string{"RoleArn": h.role.arn, "AccountId": h.account.ID, "AccessKeyId": c.keyID,
		"SecretAccessKey": c.secret, "Token": c.token, "Expiration": c.expires.Format(time.RFC3339)}), nil
}
