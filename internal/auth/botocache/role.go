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
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"muster/internal/disk"
)

// RoleFile is a file with the credentials of a role or a permission set.
type RoleFile struct {
	File
	provider string // providerSSO or ""
}

// roleContents is the JSON of a RoleFile.
type roleContents struct {
	ProviderType string `json:"ProviderType,omitempty"` // providerSSO or absent
	Credentials  struct {
		AccessKeyID     string   `json:"AccessKeyId"`
		SecretAccessKey string   `json:"SecretAccessKey"`
		SessionToken    string   `json:"SessionToken"`
		Expiration      roleTime `json:"Expiration"`
		AccountID       string   `json:"AccountId,omitempty"`
	} `json:"Credentials"`
	AssumedRoleUser *struct{ Arn string } `json:",omitempty"` // only in files of the AWS CLI
}

// accountID returns the account of the credentials, "" if the file does not name it.
func (c *roleContents) accountID() string {
	if c.Credentials.AccountID != "" || c.AssumedRoleUser == nil {
		return c.Credentials.AccountID
	}
	session, _ := arn.Parse(c.AssumedRoleUser.Arn)
	return session.AccountID
}

// providerSSO is the provider type of a permission set's credentials. The AWS CLI
// removes such files at logout.
const providerSSO = "sso"

// roleTime is a time in a RoleFile. botocore writes "Z" for permission sets and "UTC"
// for other roles.
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

// RoleSource is the Source of credentials that RoleFile.Read returns.
const RoleSource = "cache"

func (c *Cache) roleFolder() string { return c.folder("cli", "cache") }

// AssumedRole returns the file of the credentials that AssumeRole gives for these
// arguments, named as in its API.
func (c *Cache) AssumedRole(args map[string]any) RoleFile {
	return RoleFile{File: c.file(c.roleFolder(), pythonHash(args, ", ", ": ")+".json")}
}

// PermissionSet returns the file of a permission set's credentials. For a legacy
// profile, session is "" and the start URL counts.
func (c *Cache) PermissionSet(accountID, name, session, startURL string) RoleFile {
	args := map[string]any{"accountId": accountID, "roleName": name}
	if session != "" {
		args["sessionName"] = session
	} else {
		args["startUrl"] = startURL
	}
	return RoleFile{c.file(c.roleFolder(), pythonHash(args, ",", ":")+".json"), providerSSO}
}

// MFASession returns the file of a user's session with MFA: of the session that
// GetSessionToken gives for the user's access key and a device. The AWS CLI has no such
// file; its names are hashes alone, so that it never reads this one.
func (c *Cache) MFASession(accessKeyID, serial string) RoleFile {
	args := map[string]any{"AccessKeyId": accessKeyID, "SerialNumber": serial}
	return RoleFile{File: c.file(c.roleFolder(), "muster-mfa-"+pythonHash(args, ", ", ": ")+".json")}
}

// Read returns the credentials; ok is false if the file has none.
func (f RoleFile) Read(ctx context.Context) (creds aws.Credentials, ok bool) {
	contents, ok := f.contents(ctx)
	if !ok {
		return aws.Credentials{}, false
	}
	c := contents.Credentials
	for _, text := range []string{c.AccessKeyID, c.SecretAccessKey, c.SessionToken} {
		if text == "" || strings.ContainsFunc(text, unicode.IsControl) { // no header can carry it
			return aws.Credentials{}, false
		}
	}
	return aws.Credentials{
		AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken,
		CanExpire: true, Expires: c.Expiration.Time.Time, AccountID: contents.accountID(), Source: RoleSource,
	}, true
}

func (f RoleFile) contents(ctx context.Context) (contents roleContents, ok bool) {
	if f.path == "" {
		return contents, false
	}
	data, err := disk.ReadRegular(ctx, f.path)
	return contents, err == nil && json.Unmarshal(data, &contents) == nil
}

// Write replaces the file. It does not wait until the data is on the disk, since a
// sweep writes thousands of files; Read ignores a file that a crash has cut off.
func (f RoleFile) Write(creds aws.Credentials) error {
	contents := roleContents{ProviderType: f.provider}
	c := &contents.Credentials
	c.AccessKeyID, c.SecretAccessKey, c.SessionToken = creds.AccessKeyID, creds.SecretAccessKey, creds.SessionToken
	c.Expiration = roleTime{Time{creds.Expires}, f.provider == providerSSO}
	c.AccountID = creds.AccountID
	data, err := json.Marshal(contents)
	if err != nil {
		return err
	}
	return f.writeSoon(data)
}

// RemoveRoles removes the credentials of all permission sets, and the given files. It
// returns the number of removed files.
func (c *Cache) RemoveRoles(ctx context.Context, files []RoleFile) (removed int, err error) {
	folder := c.roleFolder()
	if folder == "" {
		return 0, nil
	}
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	for _, entry := range entries {
		if filepath.Ext(entry.Name()) != ".json" || ctx.Err() != nil {
			continue
		}
		file := RoleFile{File: c.file(folder, entry.Name())}
		if !slices.Contains(files, file) {
			if contents, ok := file.contents(ctx); !ok || contents.ProviderType != providerSSO {
				continue
			}
		}
		gone, removeErr := file.Remove()
		err = errors.Join(err, removeErr)
		if gone {
			removed++
		}
	}
	return removed, errors.Join(err, ctx.Err())
}
