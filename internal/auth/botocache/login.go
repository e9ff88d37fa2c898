package botocache

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/logincreds"
)

// LoginFile is the file of a login by `aws login`. The SDK reads it.
type LoginFile struct{ File }

// Login returns the file of a profile's login_session.
func (c *Cache) Login(loginSession string) (LoginFile, error) {
	folder, _ := c.Lookup("AWS_LOGIN_CACHE_DIRECTORY")
	if folder == "" {
		folder = c.folder("login", "cache")
	}
	path, err := logincreds.StandardCachedTokenFilepath(loginSession, folder)
	return LoginFile{c.file(folder, filepath.Base(path))}, err
}

// Check returns an error if the file cannot be read before ctx ends.
func (f LoginFile) Check(ctx context.Context) error {
	_, err := f.read(ctx)
	return err
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
