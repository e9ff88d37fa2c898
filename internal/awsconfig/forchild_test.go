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

func TestForChild(t *testing.T) {
	t.Parallel()
	const others = "[profile a]\nendpoint_url = http://a\ns3 =\n  max_concurrent_requests = 5\nregion = eu-west-1\n[profile b]\naws_access_key_id = B\n"
	for _, test := range []struct {
		name, config, credentials, profile string
		environment, endpoint              bool
		want                               string // "": the user's own file
		none                               bool   // no credentials file
	}{
		{"nothing to hide", "[profile a]\noutput = json\n[default]\nregion = us-east-1\noutput = json\n", "", "a", true, false, "", false},
		{"no default", "[profile b]\naws_access_key_id = A\n", "", "b", false, false, "", false},
		{"the default itself", "[default]\naws_access_key_id = A\noutput = json\n", "", "default", true, false, "", false},
		{"the default itself, served", "# mine\r\n[default]\r\naws_access_key_id = A\r\noutput = json\r\n" + others, "", "default", false, false,
			"# mine\r\n" + others + "[default]\noutput = json\n", false},
		{"another profile's settings", "[default]\nendpoint_url = http://d\nservices = x\n" + others, "", "a", true, false,
			others + "[default]\nendpoint_url = http://a\ns3 = \n  max_concurrent_requests = 5\n", false},
		{"settings where the default has none", others, "", "a", true, false,
			others + "[default]\nendpoint_url = http://a\ns3 = \n  max_concurrent_requests = 5\n", false},
		{"no profile's settings", "[default]\nca_bundle = /x\n" + others, "", "", true, false, others, false},
		{"an endpoint for all services", "[default]\nendpoint_url = http://d\nuse_fips_endpoint = true\n" + others, "", "a", true, true,
			others + "[default]\ns3 = \n  max_concurrent_requests = 5\n", false},
		{"settings in the other file", "[profile b]\nrole_arn = r\n", "[default]\nendpoint_url = http://d\n", "b", true, false, "[profile b]\nrole_arn = r\n", true},
		{"keys in the other file, served", "[profile b]\nrole_arn = r\n", "[default]\naws_access_key_id = A\n", "b", false, false, "[profile b]\nrole_arn = r\n", true},
		{"keys in the other file", "[default]\noutput = table\n", "[default]\naws_access_key_id = A\n[b]\naws_access_key_id = B\n", "b", true, false, "\n", false},
		{"quoted", "[profile \"default\"]\nendpoint_url = http://d\n[profile b]\nrole_arn = r\n", "", "b", true, false, "[profile b]\nrole_arn = r\n", false},
		{"a value of several lines", "[default]\ncredential_process = run\n   and on\nendpoint_url = http://d\n[profile b]\nrole_arn = r", "", "b", true, false, "[profile b]\nrole_arn = r", false},
		{"for every section", "[DEFAULT]\naws_access_key_id = A\noutput = json\n[default]\nendpoint_url = http://d\n[profile b]\nrole_arn = r\n", "", "b", true, false,
			"[DEFAULT]\noutput = json\n[profile b]\nrole_arn = r\n[default]\noutput = json\n", false},
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
			got, err := config.ForChild(config.byName[test.profile], test.environment, test.endpoint)
			if err != nil {
				t.Fatal(err)
			}
			if text := string(got.Config); strings.TrimSpace(text) != strings.TrimSpace(test.want) || got.NoCredentials != test.none || (got.Config == nil) != (test.want == "") {
				t.Errorf("%q, %t; want %q, %t", text, got.NoCredentials, test.want, test.none)
			}
		})
	}
}

// FuzzWithDefault: the default profile has exactly the given settings, and the other
// sections keep theirs.
func FuzzWithDefault(f *testing.F) {
	f.Add("[default]\naws_access_key_id = A\n  region = eu-west-1\n[profile a]\nrole_arn = r\n")
	f.Add("[profile default]\ns3 =\n  role_arn = no\n credential_process = x\n  [y\n\n   z\n#\n;\n[b]\nk:v")
	f.Add("\ufeff[default] # x\r\nsso_session = x\r  y\r\nregion=z")
	f.Fuzz(func(t *testing.T, text string) {
		before, err := parse("config", []byte(text))
		if err != nil || strings.Contains(text, "DEFAULT") { // whose keys are every section's
			return
		}
		settings := map[string]string{"endpoint_url": "http://a", "s3": "\nmax_concurrent_requests = 5\naddressing_style = path"}
		after, err := parse("config", withDefault([]byte(text), settings))
		if err != nil {
			t.Fatalf("%q: %v", withDefault([]byte(text), settings), err)
		}
		for _, s := range defaultsOf(after) {
			for key, value := range settings {
				if s.keys[key] == nil || s.keys[key].text != value {
					t.Errorf("%s is %v", key, s.keys[key])
				}
			}
			if len(s.keys) != len(settings) {
				t.Errorf("%d settings", len(s.keys))
			}
		}
		if got, want := dump(without(after, defaultsOf(after))), dump(without(before, defaultsOf(before))); got != want {
			t.Errorf("left of %q:\n%s\nwant\n%s", text, got, want)
		}
	})
}

// without returns the sections except for some.
func without(sections, some []*section) []*section {
	return slices.DeleteFunc(slices.Clone(sections), func(s *section) bool { return slices.Contains(some, s) })
}

// defaultsOf returns the sections of the default profile.
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
