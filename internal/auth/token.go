package auth

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"github.com/google/renameio/v2/maybe"
)

// token is a file of ~/.aws/sso/cache, as the AWS CLI writes it. Keys that this
// program does not know are kept.
type token struct {
	StartURL              string    `json:"startUrl"`
	Region                string    `json:"region"`
	AccessToken           string    `json:"accessToken"`
	ExpiresAt             tokenTime `json:"expiresAt"`
	ClientID              string    `json:"clientId,omitempty"`
	ClientSecret          string    `json:"clientSecret,omitempty"`
	RegistrationExpiresAt tokenTime `json:"registrationExpiresAt,omitzero"`
	RefreshToken          string    `json:"refreshToken,omitempty"`

	other map[string]json.RawMessage
}

// tokenTime is a time as the AWS CLI writes it: UTC, whole seconds. Its older
// versions wrote "UTC" for "Z".
type tokenTime struct{ time.Time }

func (t tokenTime) MarshalJSON() ([]byte, error) {
	return json.Marshal(t.UTC().Format("2006-01-02T15:04:05Z"))
}

func (t *tokenTime) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05UTC", "2006-01-02T15:04:05"} {
		if parsed, err := time.Parse(layout, text); err == nil {
			t.Time = parsed
			return nil
		}
	}
	return fmt.Errorf("%q is no time", text)
}

// tokenFile is where the AWS CLI keeps the token of a session, or of a legacy
// profile's start URL: the hash is of the text exactly as the config has it.
func tokenFile(home, sessionOrStartURL string) string {
	sum := sha1.Sum([]byte(sessionOrStartURL))
	return filepath.Join(tokenDir(home), hex.EncodeToString(sum[:])+".json")
}

func tokenDir(home string) string { return filepath.Join(home, ".aws", "sso", "cache") }

func readToken(path string) (*token, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	t := &token{}
	if err := json.Unmarshal(data, t); err != nil {
		return nil, fmt.Errorf("%s: not a token file: %w", path, err)
	}
	if err := json.Unmarshal(data, &t.other); err != nil {
		return nil, fmt.Errorf("%s: not a token file: %w", path, err)
	}
	if t.AccessToken == "" || t.ExpiresAt.IsZero() {
		return nil, fmt.Errorf("%s: not a token file: no accessToken or expiresAt", path)
	}
	return t, nil
}

// write replaces the file.
func (t *token) write(path string) error {
	known, err := json.Marshal(t)
	if err != nil {
		return err
	}
	var written map[string]json.RawMessage
	if err := json.Unmarshal(known, &written); err != nil {
		return err
	}
	for key := range written {
		delete(t.other, key)
	}
	data := known
	if len(t.other) > 0 {
		other, err := json.Marshal(t.other)
		if err != nil {
			return err
		}
		data = slices.Concat(known[:len(known)-1], []byte(","), other[1:])
	}
	return WriteSecret(path, data)
}

// lockFile waits until no other process refreshes the token in a file.
func lockFile(ctx context.Context, path string) (unlock func() error, err error) {
	lock := flock.New(strings.TrimSuffix(path, ".json")+".lock", flock.SetPermissions(0o600))
	_, err = lock.TryLockContext(ctx, 20*time.Millisecond)
	return lock.Unlock, err
}

// WriteSecret replaces a file in one step, readable by its owner alone.
func WriteSecret(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	// A file that is replaced hands its mode down.
	if err := os.Chmod(path, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return maybe.WriteFile(path, data, 0o600)
}
