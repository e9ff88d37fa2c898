package botocache

import (
	"context"
	"encoding/json"
	"time"
)

// The files of a sign-in at a SAML provider are muster's own: the AWS CLI has no such sign-in.
// Its names are hashes alone, so that it never reads these.

// SAMLSignIn is the part of a sign-in that a file keeps: the roles that the assertion offers,
// but not the assertion. The credentials of each role are in a SAMLRoleFile.
type SAMLSignIn struct {
	Roles           []SAMLOffer
	SessionDuration time.Duration     `json:",omitempty"` // that the provider wants; 0 for none
	Chosen          map[string]string `json:",omitempty"` // ARN of the role that the user chose, by profile
}

// SAMLOffer is a role that an assertion offers.
type SAMLOffer struct {
	RoleArn, PrincipalArn string
	AccountName           string `json:",omitempty"`
}

// SAMLFile is the file of a SAMLSignIn.
type SAMLFile struct{ File }

// SAMLSignIn returns the file of a sign-in. key are the settings that identify the user at the
// provider.
func (c *Cache) SAMLSignIn(key map[string]any) SAMLFile {
	return SAMLFile{c.file(c.roleFolder(), "muster-saml-"+pythonHash(key, ", ", ": ")+".json")}
}

// Read returns the sign-in, or nil if the file has none.
func (f SAMLFile) Read(ctx context.Context) *SAMLSignIn {
	data, err := f.read(ctx)
	s := &SAMLSignIn{}
	if err != nil || json.Unmarshal(data, s) != nil || len(s.Roles) == 0 {
		return nil
	}
	return s
}

// Write replaces the file.
func (f SAMLFile) Write(s *SAMLSignIn) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return f.write(data)
}

// SAMLRoleFile is the file of the credentials of a role that AssumeRoleWithSAML gave, or of its
// refusal.
type SAMLRoleFile struct{ RoleFile }

// SAMLRole returns the file of a role. key is that of the sign-in.
func (c *Cache) SAMLRole(key map[string]any, role SAMLOffer) SAMLRoleFile {
	args := map[string]any{"SignIn": pythonHash(key, ", ", ": "), "RoleArn": role.RoleArn, "PrincipalArn": role.PrincipalArn}
	return SAMLRoleFile{RoleFile{File: c.file(c.roleFolder(), "muster-saml-role-"+pythonHash(args, ", ", ": ")+".json")}}
}

// Refusal is the error with which AWS refused a role to the user.
type Refusal struct {
	Code, Message string
	Until         Time // when it is worth another try
}

type refusalContents struct {
	Refusal *Refusal `json:",omitempty"`
}

// ReadRefusal returns the refusal, or nil if the file has none.
func (f SAMLRoleFile) ReadRefusal(ctx context.Context) *Refusal {
	data, err := f.read(ctx)
	var contents refusalContents
	if err != nil || json.Unmarshal(data, &contents) != nil {
		return nil
	}
	return contents.Refusal
}

// WriteRefusal replaces the file.
func (f SAMLRoleFile) WriteRefusal(r *Refusal) error {
	data, err := json.Marshal(refusalContents{r})
	if err != nil {
		return err
	}
	return f.writeSoon(data)
}
