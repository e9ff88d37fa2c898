package awssim

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// WriteHome writes dir/.aws in the AWS CLI's formats: config with a profile for every user, an sso-session for every
// session, the text of Home.Config, and the profiles of people at identity providers; credentials with the users' keys; and the cached SSO tokens.
func (s *Server) WriteHome(dir string) error {
	aws := filepath.Join(dir, ".aws")
	cache := filepath.Join(aws, "sso", "cache")
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return fmt.Errorf("home of the simulated organization: %w", err)
	}
	files := map[string]string{
		filepath.Join(aws, "config"):      s.configText(),
		filepath.Join(aws, "credentials"): s.credentialsText(),
	}
	for _, session := range s.sessions {
		if len(session.Tokens) == 0 {
			continue
		}
		key := session.Name
		if session.Tokens[0].Legacy {
			key = session.StartURL
		}
		sum := sha1.Sum([]byte(key))
		files[filepath.Join(cache, hex.EncodeToString(sum[:])+".json")] = s.cachedToken(session)
	}
	for name, text := range files {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			return fmt.Errorf("home of the simulated organization: %w", err)
		}
	}
	return nil
}

// Env returns the environment, as KEY=VALUE, with which any AWS client uses this server and the home of WriteHome. The
// caller sets HOME, where clients look for SSO tokens.
func (s *Server) Env(home string) []string {
	metadata := "AWS_EC2_METADATA_DISABLED=true"
	if s.metadata != nil {
		metadata = "AWS_EC2_METADATA_SERVICE_ENDPOINT=" + s.MetadataURL()
	}
	env := []string{
		"AWS_CONFIG_FILE=" + filepath.Join(home, ".aws", "config"),
		"AWS_SHARED_CREDENTIALS_FILE=" + filepath.Join(home, ".aws", "credentials"),
		"AWS_ENDPOINT_URL=" + s.URL(),
		metadata,
		"NO_PROXY=127.0.0.1", // botocore would ask a proxy even for this
	}
	if s.container != nil {
		env = append(env, "AWS_CONTAINER_CREDENTIALS_FULL_URI="+s.ContainerURL(), "AWS_CONTAINER_AUTHORIZATION_TOKEN="+s.ContainerToken())
	}
	if s.world.Home.Profile != "" {
		env = append(env, "AWS_PROFILE="+s.world.Home.Profile)
	}
	return env
}

// noProfile is the profile of a user whom WriteHome leaves out.
const noProfile = "-"

// section returns the header of a config section. As in the AWS CLI, a name with spaces is quoted.
func section(kind, name string) string {
	if kind == "profile" && name == "default" {
		return "[default]"
	}
	if strings.ContainsAny(name, " \t") {
		name = `"` + name + `"`
	}
	return "[" + kind + " " + name + "]"
}

func (s *Server) configText() string {
	var b strings.Builder
	for _, u := range s.users {
		if u.Profile == noProfile {
			continue
		}
		fmt.Fprintln(&b, section("profile", u.Profile))
		if s.world.Home.Region != "" {
			fmt.Fprintf(&b, "region = %s\n", s.world.Home.Region)
		}
		fmt.Fprintln(&b)
	}
	for _, session := range s.sessions {
		fmt.Fprintf(&b, "%s\nsso_start_url = %s\nsso_region = %s\nsso_registration_scopes = %s\n\n",
			section("sso-session", session.Name), session.StartURL, session.Region, strings.Join(session.Scopes, ","))
	}
	b.WriteString(s.world.Home.Config)
	for _, p := range s.idps {
		for _, u := range p.Users {
			if u.Profile != "" {
				b.WriteString(s.samlProfile(p, &u))
			}
		}
	}
	return b.String()
}

// samlProfile returns the profile of a person who signs in over SAML.
func (s *Server) samlProfile(p *idp, u *IDPUser) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\nsaml_provider = %s\nsaml_url = %s\nsaml_username = %s\n", section("profile", u.Profile), p.Kind, s.IDPURL(p.Name), u.Login)
	if p.Kind == IDPOneLogin {
		fmt.Fprintf(&b, "saml_client_id = %s\nsaml_subdomain = %s\nsaml_app_id = %s\n", p.ClientID, p.Name, p.apps[0].ID)
	}
	if u.Config != "" {
		b.WriteString(strings.TrimSuffix(u.Config, "\n") + "\n")
	}
	return b.String()
}

func (s *Server) credentialsText() string {
	var b strings.Builder
	for _, u := range s.users {
		if u.Profile == noProfile {
			continue
		}
		fmt.Fprintf(&b, "[%s]\naws_access_key_id = %s\naws_secret_access_key = %s\n\n", u.Profile, u.AccessKeyID, u.SecretAccessKey)
	}
	b.WriteString(s.world.Home.Credentials)
	return b.String()
}

// cachedToken returns the text of the session's token file, in botocore's format.
func (s *Server) cachedToken(session *ssoSession) string {
	t := session.Tokens[0]
	s.mu.Lock()
	defer s.mu.Unlock()
	file := map[string]string{
		"startUrl": session.StartURL, "region": session.Region, "accessToken": t.AccessToken,
		"expiresAt": s.tokens[t.AccessToken].expires.UTC().Format(time.RFC3339),
	}
	if !t.Legacy {
		file["clientId"], file["clientSecret"] = t.ClientID, t.ClientSecret
		file["registrationExpiresAt"] = s.clients[t.ClientID].expires.UTC().Format(time.RFC3339)
		if t.RefreshToken != "" {
			file["refreshToken"] = t.RefreshToken
		}
	}
	text, _ := json.Marshal(file)
	return string(text)
}
