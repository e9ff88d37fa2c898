package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"

	"muster/internal/auth/saml"
	"muster/internal/awsconfig"
)

// The variables with the secrets of a sign-in at a SAML provider. The lines of a
// saml_secret_command may have the same names.
const (
	samlPassword     = "MUSTER_SAML_PASSWORD"
	samlClientSecret = "MUSTER_SAML_CLIENT_SECRET"
)

// samlConfig returns the settings of a sign-in. ip replaces saml_ip.
func (r *Resolver) samlConfig(p *awsconfig.Profile, ip string) saml.Config {
	s, secrets := p.SAML, &samlSecrets{r: r, profile: p}
	return saml.Config{
		Provider: s.Provider, URL: s.URL, Username: s.Username,
		ClientID: s.ClientID, Region: s.Region, Subdomain: s.Subdomain, AppID: s.AppID, IP: cmp.Or(ip, s.IP),
		Command: s.Command,
		Run: func(ctx context.Context, command string) ([]byte, error) {
			return r.runProcess(ctx, profileCommand{p.Name, "saml_command", command, true})
		},
		Password: func(ctx context.Context) (string, error) {
			return secrets.get(ctx, samlPassword, fmt.Sprintf("Password of %s at %s: ", s.Username, s))
		},
		ClientSecret: func(ctx context.Context) (string, error) {
			return secrets.get(ctx, samlClientSecret, fmt.Sprintf("Client secret of the API credentials %s at %s: ", s.ClientID, s))
		},
		Secrets: r.API.Secrets(),
	}
}

// samlSecrets finds the secrets of one sign-in: in the environment, in the output of
// saml_secret_command, or else by asking the user.
type samlSecrets struct {
	r       *Resolver
	profile *awsconfig.Profile

	mu      sync.Mutex
	printed map[string]string // by the command; nil before it has run
}

func (s *samlSecrets) get(ctx context.Context, variable, question string) (secret string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { s.r.API.Secrets().AddWords(secret) }()
	if secret = s.r.env(variable); secret != "" {
		return secret, nil
	}
	if s.printed == nil && s.profile.SAML.SecretCommand != "" {
		output, err := s.r.runProcess(ctx, profileCommand{s.profile.Name, "saml_secret_command", s.profile.SAML.SecretCommand, true})
		if err != nil {
			return "", err
		}
		if s.printed = parseSecrets(string(output)); len(s.printed) == 0 {
			return "", &processError{s.profile.Name, errors.New("its saml_secret_command printed no password")}
		}
	}
	if secret = s.printed[variable]; secret != "" {
		return secret, nil
	}
	if s.r.Prompt == nil {
		return "", fmt.Errorf("profile %q: %s is needed, and there is no terminal to ask on: set it, or saml_secret_command in the profile", s.profile.Name, variable)
	}
	return s.r.Prompt(ctx, question)
}

// parseSecrets parses the output of a saml_secret_command: lines NAME=VALUE with the names of
// the variables, or else the password in the first line, as password managers print it.
func parseSecrets(output string) map[string]string {
	secrets, named := map[string]string{}, false
	lines := strings.Split(strings.ReplaceAll(output, "\r\n", "\n"), "\n")
	for _, line := range lines {
		if name, value, _ := strings.Cut(line, "="); name == samlPassword || name == samlClientSecret {
			secrets[name], named = value, true
		}
	}
	if !named {
		secrets[samlPassword] = lines[0]
	}
	maps.DeleteFunc(secrets, func(_, value string) bool { return value == "" })
	return secrets
}
