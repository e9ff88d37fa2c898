package botocache

import (
	"context"
	"encoding/json"
)

// Registration is muster's registration as an OIDC client of a session. The flow
// with a redirect and the flow with a device code need separate registrations.
type Registration struct {
	ClientID     string   `json:"clientId"`
	ClientSecret string   `json:"clientSecret"`
	ExpiresAt    Time     `json:"expiresAt"`
	Scopes       []string `json:"scopes,omitempty"`
	GrantTypes   []string `json:"grantTypes,omitempty"`
}

// RegistrationFile is the file of a Registration.
type RegistrationFile struct{ File }

// Registration returns the file of a session's registration. The session of a legacy
// profile has the name "".
func (c *Cache) Registration(startURL, region string, scopes []string, session string) RegistrationFile {
	args := map[string]any{"tool": "botocore", "startUrl": startURL, "region": region, "scopes": scopes, "session_name": nil}
	if session != "" {
		args["session_name"] = session
	}
	return RegistrationFile{c.file(c.ssoFolder(), pythonHash(args, ", ", ": ")+".json")}
}

// Read returns the registration, or nil if the file has none.
func (f RegistrationFile) Read(ctx context.Context) *Registration {
	data, err := f.read(ctx)
	r := &Registration{}
	if err != nil || json.Unmarshal(data, r) != nil || r.ClientID == "" || r.ClientSecret == "" {
		return nil
	}
	return r
}

// Write replaces the file.
func (f RegistrationFile) Write(r *Registration) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return f.write(data)
}
