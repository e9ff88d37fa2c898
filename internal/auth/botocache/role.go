package botocache

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"muster/internal/disk"
)

// roleFile is a file of ~/.aws/cli/cache.
type roleFile struct {
	ProviderType string `json:"ProviderType,omitempty"` // "sso" or absent
	Credentials  struct {
		AccessKeyID     string   `json:"AccessKeyId"`
		SecretAccessKey string   `json:"SecretAccessKey"`
		SessionToken    string   `json:"SessionToken"`
		Expiration      roleTime `json:"Expiration"`
		AccountID       string   `json:"AccountId,omitempty"`
	} `json:"Credentials"`
	AssumedRoleUser *struct{ Arn string } `json:",omitempty"` // in the AWS CLI's own files
}

// account is whose credentials the file holds, "" where it does not tell.
func (f *roleFile) account() string {
	if f.Credentials.AccountID != "" || f.AssumedRoleUser == nil {
		return f.Credentials.AccountID
	}
	session, _ := arn.Parse(f.AssumedRoleUser.Arn)
	return session.AccountID
}

// ProviderSSO marks the credentials that the AWS CLI removes at logout.
const ProviderSSO = "sso"

// roleTime is a time as botocore writes it into files of AssumeRole: with "UTC" for
// the "Z" of SSO's.
type roleTime struct {
	Time
	zulu bool
}

func (t roleTime) MarshalJSON() ([]byte, error) {
	if t.zulu {
		return t.Time.MarshalJSON()
	}
	return json.Marshal(t.UTC().Format("2006-01-02T15:04:05UTC"))
}

// RoleSource is the source of credentials that are from a file.
const RoleSource = "cache"

// RoleDir is the folder of credentials of roles.
func RoleDir(home string) string { return filepath.Join(home, ".aws", "cli", "cache") }

// RoleFile is where the credentials of a key are.
func RoleFile(home, key string) string { return filepath.Join(RoleDir(home), key+".json") }

// AssumeRoleKey names credentials of AssumeRole after its arguments.
func AssumeRoleKey(args map[string]any) string { return pythonHash(args, ", ", ": ") }

// SSORoleKey names credentials of a permission set. A legacy profile has no session
// name but a start URL.
func SSORoleKey(accountID, permissionSet, session, startURL string) string {
	args := map[string]any{"accountId": accountID, "roleName": permissionSet}
	if session != "" {
		args["sessionName"] = session
	} else {
		args["startUrl"] = startURL
	}
	return pythonHash(args, ",", ":")
}

// ReadRole returns the credentials of a file, if there are any.
func ReadRole(ctx context.Context, path string) (aws.Credentials, bool) {
	f, ok := readRole(ctx, path)
	c := f.Credentials
	if !ok || c.AccessKeyID == "" || c.SecretAccessKey == "" || c.SessionToken == "" {
		return aws.Credentials{}, false
	}
	return aws.Credentials{
		AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken,
		CanExpire: true, Expires: c.Expiration.Time.Time, AccountID: f.account(), Source: RoleSource,
	}, true
}

func readRole(ctx context.Context, path string) (f roleFile, ok bool) {
	data, err := disk.ReadRegular(ctx, path)
	return f, err == nil && json.Unmarshal(data, &f) == nil
}

// WriteRole replaces a file. It does not wait for the disk: a file that a crash has
// cut short holds no credentials, and a sweep writes thousands.
func WriteRole(path, providerType string, creds aws.Credentials) error {
	f := roleFile{ProviderType: providerType}
	f.Credentials.AccessKeyID, f.Credentials.SecretAccessKey, f.Credentials.SessionToken = creds.AccessKeyID, creds.SecretAccessKey, creds.SessionToken
	f.Credentials.Expiration = roleTime{Time{creds.Expires}, providerType == ProviderSSO}
	f.Credentials.AccountID = creds.AccountID
	data, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return write(path, data, false)
}

// ForgetRoles removes the credentials of permission sets and those under the keys.
// It returns how many there were.
func ForgetRoles(ctx context.Context, home string, keys []string) (removed int, err error) {
	entries, err := os.ReadDir(RoleDir(home))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	for _, entry := range entries {
		key, isJSON := strings.CutSuffix(entry.Name(), ".json")
		if !isJSON || ctx.Err() != nil {
			continue
		}
		path := RoleFile(home, key)
		if !slices.Contains(keys, key) {
			if f, ok := readRole(ctx, path); !ok || f.ProviderType != ProviderSSO {
				continue
			}
		}
		gone, removeErr := disk.Remove(path)
		err = errors.Join(err, removeErr)
		if gone {
			removed++
		}
	}
	return removed, errors.Join(err, ctx.Err())
}
