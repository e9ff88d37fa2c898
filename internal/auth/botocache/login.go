package botocache

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// LoginFile is the file of a login by `aws login`.
type LoginFile struct{ File }

// Login returns the file of a profile's login_session.
func (c *Cache) Login(loginSession string) LoginFile {
	folder, _ := c.Lookup("AWS_LOGIN_CACHE_DIRECTORY")
	if folder == "" {
		folder = c.folder("login", "cache")
	}
	sum := sha256.Sum256([]byte(strings.TrimSpace(loginSession)))
	return LoginFile{c.file(folder, hex.EncodeToString(sum[:])+".json")}
}

// Login is the contents of a LoginFile.
type Login struct {
	AccessToken  LoginCredentials `json:"accessToken"`
	TokenType    string           `json:"tokenType"`
	ClientID     string           `json:"clientId"`
	RefreshToken string           `json:"refreshToken"`
	IDToken      string           `json:"idToken"`
	DPoPKey      string           `json:"dpopKey"` // PEM
}

// LoginCredentials are the credentials of a Login.
type LoginCredentials struct {
	AccessKeyID     string `json:"accessKeyId"`
	SecretAccessKey string `json:"secretAccessKey"`
	SessionToken    string `json:"sessionToken"`
	AccountID       string `json:"accountId"`
	ExpiresAt       Time   `json:"expiresAt"`
}

// Credentials returns the credentials.
func (c LoginCredentials) Credentials() aws.Credentials {
	return aws.Credentials{
		AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken,
		CanExpire: true, Expires: c.ExpiresAt.Time, AccountID: c.AccountID, Source: LoginSource,
	}
}

// LoginSource is the Source of credentials of a login.
const LoginSource = "LoginProvider"

// Read returns the login.
func (f LoginFile) Read(ctx context.Context) (*Login, error) {
	data, err := f.read(ctx)
	if err != nil {
		return nil, err
	}
	login := &Login{}
	if err := json.Unmarshal(data, login); err != nil || login.AccessToken.AccessKeyID == "" || login.AccessToken.SecretAccessKey == "" {
		return nil, fmt.Errorf("%s: not a login", f.path)
	}
	return login, nil
}

// Write replaces the file.
func (f LoginFile) Write(login *Login) error {
	data, err := json.Marshal(login)
	if err != nil {
		return err
	}
	return f.write(data)
}

// Renew writes renewed credentials into the file, and the refresh token unless it is
// "". All other keys keep their values.
func (f LoginFile) Renew(ctx context.Context, creds aws.Credentials, refreshToken string) error {
	data, err := f.read(ctx)
	if err != nil {
		return err
	}
	var login, access map[string]json.RawMessage
	if err := json.Unmarshal(data, &login); err != nil {
		return fmt.Errorf("%s: not a login: %w", f.path, err)
	}
	if err := json.Unmarshal(login["accessToken"], &access); err != nil || access == nil {
		return fmt.Errorf("%s: not a login: no accessToken", f.path)
	}
	set := func(object map[string]json.RawMessage, key string, value any) {
		object[key], _ = json.Marshal(value) // strings and raw JSON always encode
	}
	set(access, "accessKeyId", creds.AccessKeyID)
	set(access, "secretAccessKey", creds.SecretAccessKey)
	set(access, "sessionToken", creds.SessionToken)
	set(access, "expiresAt", creds.Expires.UTC().Format(time.RFC3339))
	set(login, "accessToken", access)
	if refreshToken != "" {
		set(login, "refreshToken", refreshToken)
	}
	if data, err = json.Marshal(login); err != nil {
		return err
	}
	return f.write(data)
}
