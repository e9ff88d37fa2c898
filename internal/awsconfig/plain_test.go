package awsconfig

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestPlain(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, config, credentials, want string
		stripped                        bool
	}{
		{"no default", "[profile a]\naws_access_key_id = A\n", "[a]\naws_secret_access_key = S\n", "", false},
		{"settings only", "[default]\nregion = eu-west-1\n", "", "", false},
		{"keys in the other file", "[default]\nregion = eu-west-1\n", "[default]\naws_access_key_id = A\n", "[default]\nregion = eu-west-1\n", true},
		{
			"a role, among others",
			"# mine\r\n[default]\r\nrole_arn = arn:aws:iam::100000000001:role/R\r\n  source_profile = a\r\nregion = eu-west-1\r\n" +
				"credential_process = run\r\n   and on\r\ns3 =\r\n  max_concurrent_requests = 5\r\n[profile a]\r\naws_access_key_id = A\r\n",
			"",
			"# mine\r\n[default]\r\nregion = eu-west-1\r\ns3 =\r\n  max_concurrent_requests = 5\r\n[profile a]\r\naws_access_key_id = A\r\n", true,
		},
		{"a key that is indented by mistake", "[default]\naws_access_key_id = A\n  region = eu-west-1\n", "", "[default]\n  region = eu-west-1\n", true},
		{"a value that goes on with a bracket", "[default]\ncredential_process = test\n  [ -f x\naws_account_id = 1\n", "", "[default]\n", true},
		{"quoted", "[profile \"default\"]\nsso_session = x\noutput = json\n", "", "[profile \"default\"]\noutput = json\n", true},
		{"for every section", "[DEFAULT]\naws_access_key_id = A\n[default]\noutput = json\n", "", "[DEFAULT]\n[default]\noutput = json\n", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			files := Files{Config: filepath.Join(dir, "config"), Credentials: filepath.Join(dir, "credentials")}
			for path, text := range map[string]string{files.Config: test.config, files.Credentials: test.credentials} {
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			config, err := Load(files)
			if err != nil {
				t.Fatal(err)
			}
			text, stripped, err := config.Plain()
			if err != nil || stripped != test.stripped || string(text) != test.want {
				t.Errorf("%q, %v, %v; want %q, %v", text, stripped, err, test.want, test.stripped)
			}
		})
	}
}

// FuzzPlain: of the default profile all is left but its way to credentials, of the
// other sections all.
func FuzzPlain(f *testing.F) {
	f.Add("[default]\naws_access_key_id = A\n  region = eu-west-1\n[profile a]\nrole_arn = r\n")
	f.Add("[profile default]\ns3 =\n  role_arn = no\n credential_process = x\n  [y\n\n   z\n#\n;\n[b]\nk:v")
	f.Add("\ufeff[default] # x\r\nsso_session = x\r  y\r\nregion=z")
	f.Fuzz(func(t *testing.T, text string) {
		before, err := parse("config", []byte(text))
		if err != nil || strings.Contains(text, "DEFAULT") { // whose keys are every section's
			return
		}
		after, err := parse("config", withoutCredentials([]byte(text)))
		if err != nil {
			t.Fatalf("%q: %v", withoutCredentials([]byte(text)), err)
		}
		for _, key := range credentialKeys {
			for _, s := range defaultsOf(before) {
				delete(s.keys, key)
			}
			for _, s := range defaultsOf(after) {
				if s.keys[key] != nil {
					t.Errorf("%s is left", key)
				}
			}
		}
		if got, want := dump(after), dump(before); got != want {
			t.Errorf("left of %q:\n%s\nwant\n%s", text, got, want)
		}
	})
}

// defaultsOf are the sections of the default profile.
func defaultsOf(sections []*section) []*section {
	var defaults []*section
	for _, s := range sections {
		if name, _ := sectionName(s.header, "profile"); s.header == "default" || name == "default" {
			defaults = append(defaults, s)
		}
	}
	return defaults
}

// dump lists sections with their keys and values.
func dump(sections []*section) string {
	var out strings.Builder
	for _, s := range sections {
		fmt.Fprintf(&out, "%q\n", s.header)
		for _, key := range slices.Sorted(maps.Keys(s.keys)) {
			fmt.Fprintf(&out, "%q = %q\n", key, s.keys.verbatim(key))
		}
	}
	return out.String()
}
