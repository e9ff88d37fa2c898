package botocache

import (
	"context"
	"encoding/json"
	"path/filepath"

	"muster/internal/disk"
)

// Registration is this machine's as a client of a session. Those for redirects and
// for device codes must not be mixed.
type Registration struct {
	ClientID     string   `json:"clientId"`
	ClientSecret string   `json:"clientSecret"`
	ExpiresAt    Time     `json:"expiresAt"`
	Scopes       []string `json:"scopes,omitempty"`
	GrantTypes   []string `json:"grantTypes,omitempty"`
}

// RegistrationFile is where the registration for a session is; a legacy profile's
// has no name.
func RegistrationFile(home, startURL, region string, scopes []string, session string) string {
	args := map[string]any{"tool": "botocore", "startUrl": startURL, "region": region, "scopes": scopes, "session_name": nil}
	if session != "" {
		args["session_name"] = session
	}
	return filepath.Join(TokenDir(home), pythonHash(args, ", ", ": ")+".json")
}

// ReadRegistration returns a registration, nil if there is none.
func ReadRegistration(ctx context.Context, path string) *Registration {
	data, err := disk.Read(ctx, path)
	reg := &Registration{}
	if err != nil || json.Unmarshal(data, reg) != nil || reg.ClientID == "" || reg.ClientSecret == "" {
		return nil
	}
	return reg
}

// Write replaces the file.
func (r *Registration) Write(path string) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return write(path, data, true)
}
