package awsconfig

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMergeKeys: a section gets the keys, and every other byte stays.
func TestMergeKeys(t *testing.T) {
	t.Parallel()
	keys := Keys{"ASIANEW", "new/secret+", "new==token="}
	const lines = "aws_access_key_id = ASIANEW\naws_secret_access_key = new/secret+\naws_session_token = new==token=\n"
	for name, c := range map[string]struct{ before, after string }{
		"no file":         {"", "[mfa]\n" + lines},
		"no such section": {"[default]\naws_access_key_id = AKIA\n", "[default]\naws_access_key_id = AKIA\n\n[mfa]\n" + lines},
		"no end of line":  {"[default]\nregion = x", "[default]\nregion = x\n\n[mfa]\n" + lines},
		"empty section":   {"[mfa]\n[other]\nregion = x\n", "[mfa]\n" + lines + "[other]\nregion = x\n"},
		"the last line":   {"[mfa]", "[mfa]\n" + strings.TrimSuffix(lines, "\n")},
		"old keys": {
			"# mine\n[a]\nk = 1\n\n[mfa] ; temporary\n# why\naws_session_token=old\nregion = eu-west-1\naws_access_key_id   =   ASIAOLD\nAWS_SECRET_ACCESS_KEY : old\n\n[b]\naws_session_token = b\n",
			"# mine\n[a]\nk = 1\n\n[mfa] ; temporary\n# why\naws_session_token=new==token=\nregion = eu-west-1\naws_access_key_id   =   ASIANEW\nAWS_SECRET_ACCESS_KEY : new/secret+\n\n[b]\naws_session_token = b\n",
		},
		"the older name of the token": {
			"[mfa]\naws_access_key_id = ASIAOLD\naws_secret_access_key = old\naws_security_token = old\n",
			"[mfa]\naws_session_token = new==token=\naws_access_key_id = ASIANEW\naws_secret_access_key = new/secret+\naws_security_token = new==token=\n",
		},
		"CRLF": {
			"[a]\r\nk = 1\r\n[mfa]\r\naws_session_token = old\r\n[b]\r\n",
			"[a]\r\nk = 1\r\n[mfa]\r\naws_access_key_id = ASIANEW\r\naws_secret_access_key = new/secret+\r\naws_session_token = new==token=\r\n[b]\r\n",
		},
		"a byte-order mark":  {"\ufeff[mfa]\naws_session_token = old\n", "\ufeff[mfa]\naws_access_key_id = ASIANEW\naws_secret_access_key = new/secret+\naws_session_token = new==token=\n"},
		"defaults elsewhere": {"[mfa]\nregion = x\n[DEFAULT]\naws_session_token = d\n", "[mfa]\n" + lines + "region = x\n[DEFAULT]\naws_session_token = d\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := Files{Credentials: filepath.Join(t.TempDir(), ".aws", "credentials")}
			if c.before != "" {
				if err := os.Mkdir(filepath.Dir(f.Credentials), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(f.Credentials, []byte(c.before), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 { // the second time changes nothing
				if err := MergeKeys(t.Context(), f, "mfa", keys); err != nil {
					t.Fatal(err)
				}
				if got, err := os.ReadFile(f.Credentials); err != nil || string(got) != c.after {
					t.Errorf("%v, got\n%q, want\n%q", err, got, c.after)
				}
			}
			if info, err := os.Stat(f.Credentials); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v; want mode 0600", info.Mode(), err)
			}
			if entries, err := os.ReadDir(filepath.Dir(f.Credentials)); err != nil || len(entries) != 1 {
				t.Errorf("%v, %v; want no copy of the secrets", entries, err)
			}
		})
	}
}

// TestMergeKeysThroughALink: a symbolic link stays, and its target changes.
func TestMergeKeysThroughALink(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	target := filepath.Join(folder, "target")
	f := Files{Credentials: filepath.Join(folder, "credentials")}
	if err := os.WriteFile(target, []byte("[a]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, f.Credentials); err != nil {
		t.Skip(err)
	}
	if err := MergeKeys(t.Context(), f, "mfa", Keys{"A", "B", "C"}); err != nil {
		t.Fatal(err)
	}
	to, err := os.Readlink(f.Credentials)
	text, _ := os.ReadFile(target)
	if err != nil || to != target || !strings.Contains(string(text), "[mfa]\n") {
		t.Errorf("the link is %q, %v; the target has %q", to, err, text)
	}
}

// TestMergeKeysRefuses: long-term keys are not lost, and nothing is written then.
func TestMergeKeysRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ profile, text, want string }{
		"long-term keys":  {"mfa", "[mfa]\naws_access_key_id = AKIA\naws_secret_access_key = s\n", "credentials:2: the section [mfa] has long-term keys, which would be lost"},
		"several lines":   {"mfa", "[mfa]\naws_session_token = a\n  b\n", "credentials:2: the value of aws_session_token has several lines"},
		"no section name": {"a]b", "", `"a]b" is not a name`},
		"[DEFAULT]":       {"DEFAULT", "", `"DEFAULT" is not a name`},
		"another section": {"sso-session corp", "", `is not a name`},
		"a syntax error":  {"mfa", "[mfa]\nnonsense\n", "credentials:2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := Files{Credentials: filepath.Join(t.TempDir(), "credentials"), CredentialsSet: true}
			if err := os.WriteFile(f.Credentials, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			err := MergeKeys(t.Context(), f, c.profile, Keys{"ASIA", "secret-secret", "token"})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret-secret") {
				t.Errorf("%v, want %s", err, c.want)
			}
			if got, _ := os.ReadFile(f.Credentials); string(got) != c.text {
				t.Errorf("the file is now %q", got)
			}
		})
	}
}
