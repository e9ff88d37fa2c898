package botocache

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"muster/internal/disk"
)

// Token is a file of ~/.aws/sso/cache. Keys that this program does not know are
// kept, and so are those that it knows as long as they are not changed.
type Token struct {
	StartURL, Region       string
	AccessToken            string
	ExpiresAt              time.Time
	ClientID, ClientSecret string // of the registration
	RegistrationExpiresAt  time.Time
	RefreshToken           string

	read map[string]json.RawMessage // what was in the file
}

// TokenDir is the folder of tokens and registrations.
func TokenDir(home string) string { return filepath.Join(home, ".aws", "sso", "cache") }

// TokenFile is where the token of a session is, or of a legacy profile's start URL:
// the hash is of the text exactly as the config has it.
func TokenFile(home, sessionOrStartURL string) string {
	return filepath.Join(TokenDir(home), hash([]byte(sessionOrStartURL))+".json")
}

// ReadToken reads a token. As in botocore, nothing but its access token and its end
// must be there and make sense.
func ReadToken(ctx context.Context, path string) (*Token, error) {
	data, err := disk.Read(ctx, path)
	if err != nil {
		return nil, err
	}
	t := &Token{}
	if err := json.Unmarshal(data, &t.read); err != nil {
		return nil, fmt.Errorf("%s: not a token file: %w", path, err)
	}
	for _, f := range t.texts() {
		if json.Unmarshal(t.read[f.key], f.value) != nil {
			*f.value = "" // of another type: as if it were missing
		}
	}
	var expires Time
	if err := json.Unmarshal([]byte(cmp.Or(string(t.read["expiresAt"]), "null")), &expires); err != nil {
		return nil, fmt.Errorf("%s: not a token file: expiresAt: %w", path, err)
	}
	t.ExpiresAt, t.RegistrationExpiresAt = expires.Time, t.time("registrationExpiresAt")
	if t.AccessToken == "" || t.ExpiresAt.IsZero() {
		return nil, fmt.Errorf("%s: not a token file: no accessToken or expiresAt", path)
	}
	return t, nil
}

type textField struct {
	key   string
	value *string
}

func (t *Token) texts() []textField {
	return []textField{
		{"startUrl", &t.StartURL}, {"region", &t.Region}, {"accessToken", &t.AccessToken},
		{"clientId", &t.ClientID}, {"clientSecret", &t.ClientSecret}, {"refreshToken", &t.RefreshToken},
	}
}

// time reads a time; one that is null, empty or nonsense is none.
func (t *Token) time(key string) time.Time {
	var text string
	if json.Unmarshal(t.read[key], &text) != nil {
		return time.Time{}
	}
	at, _, _ := ParseTime(text)
	return at
}

// Refreshable says whether the token can be exchanged for a new one.
func (t *Token) Refreshable(now time.Time) bool {
	return t.RefreshToken != "" && t.ClientID != "" && t.ClientSecret != "" && t.RegistrationExpiresAt.After(now)
}

// Renewed is a copy with another access token, and with another refresh token if
// there is one.
func (t *Token) Renewed(accessToken string, expires time.Time, refreshToken string) *Token {
	renewed := *t
	renewed.AccessToken, renewed.ExpiresAt = accessToken, expires
	if refreshToken != "" {
		renewed.RefreshToken = refreshToken
	}
	return &renewed
}

// Write replaces the file. What was in the file that the token was read from stays
// as it was, unless it has changed; nothing empty is added.
func (t *Token) Write(path string) error {
	written := maps.Clone(t.read)
	if written == nil {
		written = map[string]json.RawMessage{}
	}
	set := func(key string, value any) error {
		data, err := json.Marshal(value)
		written[key] = data
		return err
	}
	for _, f := range t.texts() {
		var before string
		_ = json.Unmarshal(t.read[f.key], &before)
		if *f.value == before {
			continue
		}
		if err := set(f.key, *f.value); err != nil {
			return err
		}
	}
	for key, at := range map[string]time.Time{"expiresAt": t.ExpiresAt, "registrationExpiresAt": t.RegistrationExpiresAt} {
		if at.Equal(t.time(key)) {
			continue
		}
		if err := set(key, Time{at}); err != nil {
			return err
		}
	}
	data, err := inOrder(written)
	if err != nil {
		return err
	}
	return write(path, data, true)
}

// tokenKeys are in the AWS CLI's order.
var tokenKeys = []string{
	"startUrl", "region", "accessToken", "expiresAt", "clientId", "clientSecret", "registrationExpiresAt", "refreshToken",
}

// inOrder makes an object whose known keys come first.
func inOrder(object map[string]json.RawMessage) ([]byte, error) {
	var text bytes.Buffer
	for _, key := range append(slices.Clone(tokenKeys), slices.Sorted(maps.Keys(object))...) {
		value, ok := object[key]
		if !ok || len(value) == 0 {
			continue
		}
		name, err := json.Marshal(key)
		if err != nil {
			return nil, err
		}
		object[key] = nil // written
		text.WriteByte(',')
		text.Write(name)
		text.WriteByte(':')
		text.Write(value)
	}
	if text.Len() == 0 {
		return []byte("{}"), nil
	}
	text.WriteByte('}')
	data := text.Bytes()
	data[0] = '{'
	return data, nil
}

// Time is a time as the AWS CLI writes it: UTC, whole seconds.
type Time struct{ time.Time }

// MarshalJSON writes it.
func (t Time) MarshalJSON() ([]byte, error) {
	return json.Marshal(t.UTC().Format("2006-01-02T15:04:05Z"))
}

// UnmarshalJSON reads it; null and "" are the zero time.
func (t *Time) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil || text == "" {
		return err
	}
	at, _, ok := ParseTime(text)
	if !ok {
		return fmt.Errorf("%q is not a time", text)
	}
	t.Time = at
	return nil
}
