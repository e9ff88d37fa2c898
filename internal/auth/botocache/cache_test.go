package botocache

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

func newCache(t *testing.T) *Cache {
	t.Helper()
	return &Cache{Home: t.TempDir(), Lookup: func(string) (string, bool) { return "", false }}
}

// TestFileNames: the names are those that botocore gives to the same files.
func TestFileNames(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	for want, file := range map[string]File{
		"sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json": c.Token("corp").File,
		"sso/cache/787ef34d0a944c01385765faa28b5e67d1c08f33.json": c.Registration("https://corp.awsapps.com/start", "eu-west-1", []string{"sso:account:access"}, "corp").File,
		"sso/cache/3a62fc7fd3ab838419eccab5b58d0124a95b510d.json": c.Registration("https://corp.awsapps.com/start", "eu-west-1", nil, "").File,
		"cli/cache/cbd46bf863084d5134c4f2a4397970039ed3d6c4.json": c.PermissionSet("010000000004", "ReadOnly", "Ünit 😀", "https://corp.awsapps.com/start").File,
		"cli/cache/5672c1314e105ffdea896ce3012f0705de322ed4.json": c.PermissionSet("010000000004", "ReadOnly", "", "https://old.awsapps.com/start/#/").File,
		"cli/cache/fb705f4479649a83ee51f390bf96a2029f915ca2.json": c.AssumedRole(map[string]any{
			"RoleArn": "arn:aws:iam::200000000002:role/Ops", "RoleSessionName": "me", "DurationSeconds": 900,
		}).File,
		"login/cache/6c50eef71e4c3661067c6f050f698dca84d16c6b8e2fe64acd0958d7f2d41fc1.json": c.Login("arn:aws:iam::100000000001:user/admin").File,
	} {
		if want = filepath.Join(c.Home, ".aws", filepath.FromSlash(want)); file.Path() != want {
			t.Errorf("got %s, want %s", file.Path(), want)
		}
	}
}

// TestRoleFiles: credentials are read as they were written. RemoveRoles removes those of
// permission sets and the named ones.
func TestRoleFiles(t *testing.T) {
	t.Parallel()
	c := newCache(t)
	want := aws.Credentials{
		AccessKeyID: "ASIA", SecretAccessKey: "secret", SessionToken: "token", AccountID: "010000000004", Source: RoleSource,
		CanExpire: true, Expires: time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC),
	}
	permissionSet := c.PermissionSet(want.AccountID, "ReadOnly", "corp", "")
	named, other := c.AssumedRole(map[string]any{"RoleArn": "named"}), c.AssumedRole(map[string]any{"RoleArn": "other"})
	for file, expiration := range map[RoleFile]string{permissionSet: `"2026-03-04T05:06:07Z"`, named: `"2026-03-04T05:06:07UTC"`, other: `"2026-03-04T05:06:07UTC"`} {
		if err := file.Write(want); err != nil {
			t.Fatal(err)
		}
		if got, ok := file.Read(t.Context()); got != want || !ok {
			t.Errorf("got %+v, %t", got, ok)
		}
		text, err := os.ReadFile(file.Path())
		if err != nil || !strings.Contains(string(text), expiration) {
			t.Errorf("%s, %v; want the time as %s", text, err, expiration)
		}
		if info, err := os.Stat(file.Path()); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
	}
	if n, err := c.RemoveRoles(t.Context(), []RoleFile{named}); n != 2 || err != nil {
		t.Errorf("%d removed, %v; want 2", n, err)
	}
	if permissionSet.Exists() || named.Exists() || !other.Exists() {
		t.Error("the wrong files were removed")
	}
}

// TestNoHomeFolder: without a home folder there are no files, and none can be written.
func TestNoHomeFolder(t *testing.T) {
	t.Parallel()
	c := &Cache{Lookup: func(string) (string, bool) { return "", false }}
	token, role := c.Token("corp"), c.AssumedRole(nil)
	if _, err := token.Read(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("read: %v", err)
	}
	for operation, err := range map[string]error{
		"write a token": token.Write(&Token{}), "write a role": role.Write(aws.Credentials{}), "check": token.CheckWritable(),
	} {
		if !errors.Is(err, ErrNoHome) {
			t.Errorf("%s: %v, want ErrNoHome", operation, err)
		}
	}
	if files, err := c.Tokens(t.Context()); len(files) != 0 || err != nil {
		t.Errorf("tokens %v, %v", files, err)
	}
	if n, err := c.RemoveRoles(t.Context(), nil); n != 0 || err != nil {
		t.Errorf("%d removed, %v", n, err)
	}
}
