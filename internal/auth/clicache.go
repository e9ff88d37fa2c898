package auth

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// The AWS CLI keeps the credentials of roles in ~/.aws/cli/cache, a file for each
// way of asking for them. This file reads and writes them under its names and in
// its format, so that neither tool asks for what the other has.

// leastLeft is how long credentials of the cache must still last to be used.
const leastLeft = 5 * time.Minute

// cacheEntry is a file of ~/.aws/cli/cache.
type cacheEntry struct {
	ProviderType string `json:"ProviderType,omitempty"` // "sso" or absent
	Credentials  struct {
		AccessKeyID     string   `json:"AccessKeyId"`
		SecretAccessKey string   `json:"SecretAccessKey"`
		SessionToken    string   `json:"SessionToken"`
		Expiration      roleTime `json:"Expiration"`
		AccountID       string   `json:"AccountId,omitempty"`
	} `json:"Credentials"`
}

// fromCache is the source of credentials that are from there.
const fromCache = "cache"

// providerSSO marks the entries that the AWS CLI removes at logout.
const providerSSO = "sso"

// roleTime is a time as botocore writes it into entries of AssumeRole: with "UTC"
// for the "Z" that those of SSO have.
type roleTime struct {
	tokenTime
	zulu bool
}

func (t roleTime) MarshalJSON() ([]byte, error) {
	if t.zulu {
		return t.tokenTime.MarshalJSON()
	}
	return json.Marshal(t.UTC().Format("2006-01-02T15:04:05UTC"))
}

// cached takes credentials from the file of the key while they last, and else
// from fetch, whose credentials it writes there. A cache that cannot be read or
// written does no harm.
func (r *Resolver) cached(key, providerType string, fetch provider) provider {
	if r.Home == "" || r.NoCache {
		return fetch
	}
	path := filepath.Join(r.roleCacheDir(), key+".json")
	var given string // the access key handed out last: who asks again was refused with it
	return func(ctx context.Context) (aws.Credentials, error) {
		left := cmp.Or(r.LeastLeft, leastLeft)
		if creds, ok := readEntry(path); ok && creds.AccessKeyID != given && creds.Expires.After(r.Now().Add(left)) {
			given = creds.AccessKeyID
			return creds, nil
		}
		creds, err := fetch(ctx)
		if err != nil {
			return creds, err
		}
		given = creds.AccessKeyID
		if creds.CanExpire {
			_ = writeEntry(path, providerType, creds)
		}
		return creds, nil
	}
}

func (r *Resolver) roleCacheDir() string { return filepath.Join(r.Home, ".aws", "cli", "cache") }

func readEntry(path string) (aws.Credentials, bool) {
	data, err := os.ReadFile(path)
	if err != nil {
		return aws.Credentials{}, false
	}
	var e cacheEntry
	if json.Unmarshal(data, &e) != nil || e.Credentials.AccessKeyID == "" || e.Credentials.SecretAccessKey == "" || e.Credentials.SessionToken == "" {
		return aws.Credentials{}, false
	}
	return aws.Credentials{
		AccessKeyID: e.Credentials.AccessKeyID, SecretAccessKey: e.Credentials.SecretAccessKey, SessionToken: e.Credentials.SessionToken,
		CanExpire: true, Expires: e.Credentials.Expiration.Time, AccountID: e.Credentials.AccountID, Source: fromCache,
	}, true
}

// writeEntry replaces the file in one step. It does not wait for the disk: a file
// that a crash has cut short is no entry, and a sweep writes thousands.
func writeEntry(path, providerType string, creds aws.Credentials) error {
	e := cacheEntry{ProviderType: providerType}
	e.Credentials.AccessKeyID, e.Credentials.SecretAccessKey, e.Credentials.SessionToken = creds.AccessKeyID, creds.SecretAccessKey, creds.SessionToken
	e.Credentials.Expiration = roleTime{tokenTime{creds.Expires}, providerType == providerSSO}
	e.Credentials.AccountID = creds.AccountID
	data, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".muster-*.tmp") // 0600
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		os.Remove(file.Name())
	}
	return err
}

// assumeRoleKey names the entry of a role: a hash of what botocore would send,
// less a session name that nobody chose.
func assumeRoleKey(o RoleOptions) string {
	args := map[string]any{"RoleArn": o.ARN}
	for name, value := range map[string]string{"ExternalId": o.ExternalID, "RoleSessionName": o.SessionName, "SerialNumber": o.MFASerial} {
		if value != "" {
			args[name] = value
		}
	}
	if o.Duration != 0 {
		args["DurationSeconds"] = int(o.Duration / time.Second)
	}
	return pythonHash(args, ", ", ": ")
}

// ssoRoleKey names the entry of a permission set. A legacy profile has no session
// name but a start URL.
func ssoRoleKey(accountID, permissionSet, session, startURL string) string {
	args := map[string]any{"accountId": accountID, "roleName": permissionSet}
	if session != "" {
		args["sessionName"] = session
	} else {
		args["startUrl"] = startURL
	}
	return pythonHash(args, ",", ":")
}

// pythonHash is the SHA-1 of what Python's json.dumps makes of a value with keys
// sorted. The separators are part of botocore's file names.
func pythonHash(value any, comma, colon string) string {
	sum := sha1.Sum(pythonJSON(nil, value, comma, colon))
	return hex.EncodeToString(sum[:])
}

func pythonJSON(out []byte, value any, comma, colon string) []byte {
	switch value := value.(type) {
	case string:
		return pythonString(out, value)
	case int:
		return strconv.AppendInt(out, int64(value), 10)
	case []string:
		if value == nil {
			return append(out, "null"...)
		}
		out = append(out, '[')
		for i, item := range value {
			if i > 0 {
				out = append(out, comma...)
			}
			out = pythonString(out, item)
		}
		return append(out, ']')
	case map[string]any:
		out = append(out, '{')
		for i, key := range slices.Sorted(maps.Keys(value)) {
			if i > 0 {
				out = append(out, comma...)
			}
			out = append(pythonString(out, key), colon...)
			out = pythonJSON(out, value[key], comma, colon)
		}
		return append(out, '}')
	}
	return append(out, "null"...)
}

// pythonString quotes as json.dumps does: all that is not ASCII is escaped.
func pythonString(out []byte, s string) []byte {
	var quoted bytes.Buffer
	encoder := json.NewEncoder(&quoted)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil { // a string always encodes
		return out
	}
	for _, c := range string(bytes.TrimSuffix(quoted.Bytes(), []byte("\n"))) {
		switch {
		case c < 0x80:
			out = append(out, byte(c))
		case c > 0xffff:
			c -= 0x10000
			out = fmt.Appendf(out, `\u%04x\u%04x`, 0xd800+c>>10, 0xdc00+c&0x3ff)
		default:
			out = fmt.Appendf(out, `\u%04x`, c)
		}
	}
	return out
}

// forgetRoles removes the credentials of permission sets from the role cache, and
// the entries under the names. It returns how many there were.
func (r *Resolver) forgetRoles(names []string) (int, error) {
	dir := r.roleCacheDir()
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	removed := 0
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		if filepath.Ext(path) != ".json" {
			continue
		}
		if !slices.Contains(names, entry.Name()[:len(entry.Name())-len(".json")]) && !isSSOEntry(path) {
			continue
		}
		if removeErr := os.Remove(path); removeErr != nil {
			err = errors.Join(err, removeErr)
			continue
		}
		removed++
	}
	return removed, err
}

func isSSOEntry(path string) bool {
	data, err := os.ReadFile(path)
	var e cacheEntry
	return err == nil && json.Unmarshal(data, &e) == nil && e.ProviderType == providerSSO
}
