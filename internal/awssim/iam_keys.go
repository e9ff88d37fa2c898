package awssim

import (
	"cmp"
	"fmt"
	"slices"
)

// The states of an access key.
const (
	keyActive   = "Active"
	keyInactive = "Inactive"
)

// accessKey is an access key of a user, with its state at the start.
type accessKey struct {
	AccessKey
	secret string
}

// compileKeys completes the access keys of a user. The first one has been used if a profile has it.
func (w *compiledWorld) compileKeys(u *user) error {
	first := AccessKey{ID: u.AccessKeyID, Created: created(u.AccessKeyID)}
	if u.Profile != noProfile {
		first.LastUsed = first.Created.AddDate(1, 0, 0)
	}
	u.keys = []*accessKey{{first, u.SecretAccessKey}}
	if second := u.SecondKey; second != nil {
		g := derive(0, "second key", u.arn)
		key := &accessKey{*second, g.base64(40)}
		key.ID = cmp.Or(key.ID, "AKIA"+g.base32(16))
		if key.Created.IsZero() {
			key.Created = created(key.ID)
		}
		u.keys = append(u.keys, key)
	}
	for _, key := range u.keys {
		key.Status = cmp.Or(key.Status, keyActive)
		switch _, owner := w.keyOwner(key.ID); {
		case owner != nil:
			return fmt.Errorf("user %q: the access key %s belongs to another user", u.Name, key.ID)
		case key.Status != keyActive && key.Status != keyInactive:
			return fmt.Errorf("user %q: access key %s: status %q is neither Active nor Inactive", u.Name, key.ID, key.Status)
		}
	}
	return nil
}

// keyOwner finds an access key and its user.
func (w *compiledWorld) keyOwner(id string) (*accessKey, *user) {
	for _, u := range w.users {
		for _, key := range u.keys {
			if key.ID == id {
				return key, u
			}
		}
	}
	return nil, nil
}

func (s *Server) isInactive(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.inactive[id]
}

// userOf returns the user whom a request about access keys names. Without a name it is the caller.
func (s *Server) userOf(r *request, in parameters) (*user, *apiError) {
	owner := func(u *user) bool { return u.Account == r.principal.account.ID && u.Name == in.text("UserName") }
	_, named := in["UserName"]
	if !named {
		owner = func(u *user) bool { return u.arn == r.principal.arn }
	}
	i := slices.IndexFunc(s.users, owner)
	switch {
	case i < 0 && named:
		return nil, fail(404, "NoSuchEntity", "The user with name %s cannot be found.", in.text("UserName"))
	case i < 0:
		return nil, fail(400, "ValidationError", "Must specify userName when calling with non-User credentials")
	}
	return s.users[i], nil
}

func (s *Server) listAccessKeys(r *request) (*answer, *apiError) {
	in, err := r.parameters(map[string]parameterType{"UserName": textParameter, "Marker": textParameter, "MaxItems": numberParameter})
	if err != nil {
		return nil, err
	}
	u, err := s.userOf(r, in)
	if err != nil {
		return nil, err
	}
	return iamPage(s, r, in, "AccessKeyMetadata", u.keys, func(key *accessKey) any {
		status := keyActive
		if s.isInactive(key.ID) {
			status = keyInactive
		}
		return object{{"UserName", u.Name}, {"AccessKeyId", key.ID}, {"Status", status}, {"CreateDate", key.Created}}
	})
}

func (s *Server) getAccessKeyLastUsed(r *request) (*answer, *apiError) {
	in, err := r.parameters(map[string]parameterType{"AccessKeyId": textParameter})
	if err != nil {
		return nil, err
	}
	key, u := s.keyOwner(in.text("AccessKeyId"))
	if key == nil || u.Account != r.principal.account.ID {
		return nil, fail(403, "AccessDenied", "User: %s is not authorized to perform: iam:GetAccessKeyLastUsed on resource: access key %s",
			r.principal.arn, in.text("AccessKeyId"))
	}
	used := object{{"ServiceName", "N/A"}, {"Region", "N/A"}}
	if !key.LastUsed.IsZero() {
		used = object{{"LastUsedDate", key.LastUsed}, {"ServiceName", "ec2"}, {"Region", s.organizations}}
	}
	return r.respond(object{{"UserName", u.Name}, {"AccessKeyLastUsed", used}}), nil
}

// updateAccessKey changes a key's state. Its answer has no result.
func (s *Server) updateAccessKey(r *request) (*answer, *apiError) {
	in, err := r.parameters(map[string]parameterType{"UserName": textParameter, "AccessKeyId": textParameter, "Status": textParameter})
	if err != nil {
		return nil, err
	}
	id, status := in.text("AccessKeyId"), in.text("Status")
	switch {
	case len(id) < 16 || len(id) > 128:
		return nil, r.invalidParameter("1 validation error detected: Value '%s' at 'accessKeyId' failed to satisfy constraint: Member must have length between 16 and 128", id)
	case status != keyActive && status != keyInactive:
		return nil, r.invalidParameter("1 validation error detected: Value '%s' at 'status' failed to satisfy constraint: Member must satisfy enum value set: [Active, Inactive]", status)
	}
	u, err := s.userOf(r, in)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(u.keys, func(key *accessKey) bool { return key.ID == id }) {
		return nil, fail(404, "NoSuchEntity", "The Access Key with id %s cannot be found.", id)
	}
	s.mu.Lock()
	s.inactive[id] = status == keyInactive
	s.mu.Unlock()
	x := newXML().open(r.name+"Response", "xmlns", r.api.namespace)
	x.open("ResponseMetadata").elem("RequestId", requestID).close("ResponseMetadata")
	return xmlAnswer(x.close(r.name + "Response")), nil
}

// KeyStates returns the states of all access keys: Active or Inactive by id.
func (s *Server) KeyStates() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	states := map[string]string{}
	for id, inactive := range s.inactive {
		states[id] = keyActive
		if inactive {
			states[id] = keyInactive
		}
	}
	return states
}
