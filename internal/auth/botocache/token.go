package botocache

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Token is the token of an SSO session. Writing it keeps the keys of its file that
// this package does not know, and the exact text of values that have not changed.
type Token struct {
	StartURL, Region       string
	AccessToken            string
	ExpiresAt              time.Time
	ClientID, ClientSecret string // of the registration
	RegistrationExpiresAt  time.Time
	RefreshToken           string

	file map[string]json.RawMessage // the file's contents when it was read
}

// TokenFile is the file of a Token.
type TokenFile struct{ File }

// ssoFolder returns the folder of tokens and registrations.
func (c *Cache) ssoFolder() string { return c.folder("sso", "cache") }

// Token returns the file of a session's token. A legacy profile's file is named by
// its start URL, exactly as the config spells it.
func (c *Cache) Token(sessionOrStartURL string) TokenFile {
	return TokenFile{c.file(c.ssoFolder(), hash([]byte(sessionOrStartURL))+".json")}
}

// Tokens returns every file that contains a token. Registrations in the same folder
// are left out.
func (c *Cache) Tokens(ctx context.Context) ([]TokenFile, error) {
	folder := c.ssoFolder()
	if folder == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var files []TokenFile
	for _, entry := range entries {
		if filepath.Ext(entry.Name()) != ".json" || entry.Type()&^fs.ModeSymlink != 0 {
			continue
		}
		file := TokenFile{c.file(folder, entry.Name())}
		if _, err := file.Read(ctx); err == nil {
			files = append(files, file)
		}
	}
	return files, err
}

// Read returns the token. As in botocore, only the access token and its end have to
// be valid.
func (f TokenFile) Read(ctx context.Context) (*Token, error) {
	data, err := f.read(ctx)
	if err != nil {
		return nil, err
	}
	t := &Token{}
	if err := json.Unmarshal(data, &t.file); err != nil {
		return nil, fmt.Errorf("%s: not a token file: %w", f.path, err)
	}
	for _, field := range t.textFields() {
		if json.Unmarshal(t.file[field.key], field.value) != nil {
			*field.value = "" // not a string: ignored
		}
	}
	var expires Time
	if err := json.Unmarshal([]byte(cmp.Or(string(t.file["expiresAt"]), "null")), &expires); err != nil {
		return nil, fmt.Errorf("%s: not a token file: expiresAt: %w", f.path, err)
	}
	t.ExpiresAt, t.RegistrationExpiresAt = expires.Time, t.time("registrationExpiresAt")
	if t.AccessToken == "" || t.ExpiresAt.IsZero() {
		return nil, fmt.Errorf("%s: not a token file: no accessToken or expiresAt", f.path)
	}
	return t, nil
}

type textField struct {
	key   string
	value *string
}

func (t *Token) textFields() []textField {
	return []textField{
		{"startUrl", &t.StartURL}, {"region", &t.Region}, {"accessToken", &t.AccessToken},
		{"clientId", &t.ClientID}, {"clientSecret", &t.ClientSecret}, {"refreshToken", &t.RefreshToken},
	}
}

// time returns a time of the file, or the zero time if the value is not a time.
func (t *Token) time(key string) time.Time {
	var text string
	if json.Unmarshal(t.file[key], &text) != nil {
		return time.Time{}
	}
	at, _, _ := ParseTime(text)
	return at
}

// Refreshable reports whether the refresh token can be exchanged for a new token.
func (t *Token) Refreshable(now time.Time) bool {
	return t.RefreshToken != "" && t.ClientID != "" && t.ClientSecret != "" && t.RegistrationExpiresAt.After(now)
}

// Renewed returns a copy with a new access token, and with a new refresh token unless
// that is "".
func (t *Token) Renewed(accessToken string, expires time.Time, refreshToken string) *Token {
	renewed := *t
	renewed.AccessToken, renewed.ExpiresAt = accessToken, expires
	if refreshToken != "" {
		renewed.RefreshToken = refreshToken
	}
	return &renewed
}

// Write replaces the file. Values that have not changed since the token was read keep
// their text, and empty values are not added.
func (f TokenFile) Write(t *Token) error {
	contents := maps.Clone(t.file)
	if contents == nil {
		contents = map[string]json.RawMessage{}
	}
	set := func(key string, value any) error {
		data, err := json.Marshal(value)
		contents[key] = data
		return err
	}
	for _, field := range t.textFields() {
		var before string
		_ = json.Unmarshal(t.file[field.key], &before)
		if *field.value == before {
			continue
		}
		if err := set(field.key, *field.value); err != nil {
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
	data, err := encodeInOrder(contents)
	if err != nil {
		return err
	}
	return f.write(data)
}

// tokenKeys are the keys of a token in the AWS CLI's order.
var tokenKeys = []string{
	"startUrl", "region", "accessToken", "expiresAt", "clientId", "clientSecret", "registrationExpiresAt", "refreshToken",
}

// encodeInOrder encodes an object with tokenKeys first.
func encodeInOrder(object map[string]json.RawMessage) ([]byte, error) {
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
