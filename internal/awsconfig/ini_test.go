package awsconfig

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestSectionNames(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, config, credentials, want string // names joined by |
	}{
		{"plain", "[default]\n[profile a]\n[profile b]\n", "", "default|a|b"},
		{"spaces", "[ profile a ]\n[profile\tb]\n[profile   c  ]\n  [profile d]\n", "", "a|b|c|d"},
		{"quotes", `[profile "a b"]` + "\n" + `[profile 'c d']` + "\n" + `[profile 'it'"'"'s e']` + "\n" + `[profile "f"]`, "", "a b|c d|it's e|f"},
		{"escapes", `[profile a\ b]` + "\n" + `[profile "c\"d\e"]` + "\n" + `[profile g\h]`, "", `a b|c"d\e|gh`},
		{"as the Go SDK", "[profile a b]\n[profile o'brien]\n[profile c\\]\n", "", `a b|o'brien|c\`},
		{"comments", "[profile a] # hub\n[profile b];x]\n[profile c]d]\n[profile e] junk\n", "", "a|b|c]d|e"},
		{"no profiles", "[preview]\n[profile]\n[profile \"\"]\n[profilea]\n[plugins]\ncli = x\n[services s]\n[sso-session t]\n", "", ""},
		{"byte-order mark and CRLF", "\ufeff[profile a]\r\nregion = x\r\n\r\n[profile b]\r\n", "\ufeff[c]\r\n", "a|b|c"},
		{"old Mac", "[profile a]\rregion = x\r[profile b]", "", "a|b"},
		{"repeated", "[profile a]\n[profile b]\n[profile a]\n[profile \"b\"]\n", "[b]\n[c]\n[b]\n", "a|b|c"},
		{"DEFAULT", "[DEFAULT]\nregion = x\n[profile a]\n", "[DEFAULT]\n", "a"},
		{"credentials", "", "[a b]\n[profile c]\n[ d ]\n[\"e\"]\n[default]\n[sso-session s]\n", `a b|profile c|d|"e"|default`},
		{"unicode", "[profile 東京]\n[profile é è]\n", "", "東京|é è"},
		{"empty", "", "\n\n# x\n", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := strings.Join(read(t, test.config, test.credentials).profileNames(), "|"); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string // of [profile x]
		region     string
		process    string
	}{
		{"separators", "region:eu-west-1\ncredential_process=a=b:c", "eu-west-1", "a=b:c"},
		{"tabs", "\tregion\t=\teu-west-1\t\n\tcredential_process\t=\tcmd\tx", "eu-west-1", "cmd\tx"},
		{"upper case", "REGION = eu-west-1\nCredential_Process = CMD", "eu-west-1", "CMD"},
		{"inline comments", "region = eu-west-1 # home\ncredential_process = cmd # x ; y", "eu-west-1", "cmd # x ; y"},
		{"inline after tab", "region = eu-west-1\t; home\ncredential_process = cmd", "eu-west-1", "cmd"},
		{"hash without space", "region = eu-west-1#x\ncredential_process = a#b", "eu-west-1#x", "a#b"},
		{"full-line comments", "; region = a\nregion = eu-west-1\n  # deeper\n#\ncredential_process = cmd", "eu-west-1", "cmd"},
		{"quotes", "region = \"eu-west-1\"\ncredential_process = \"cmd\"", "eu-west-1", `"cmd"`},
		{"repeated key", "region = a\nregion = eu-west-1\ncredential_process = a\ncredential_process = b", "eu-west-1", "b"},
		{"continuation", "credential_process = cmd\n  --one\n\n  # no\n  --two=2\nregion = eu-west-1", "eu-west-1", "cmd\n--one\n\n--two=2"},
		{"on the next line", "region =\n  eu-west-1\ncredential_process =\n  cmd", "eu-west-1", "cmd"},
		{"deeper key", "credential_process = cmd\n  region = eu-west-1", "eu-west-1", "cmd"},
		{"key all deeper", "  credential_process = cmd\n  region = eu-west-1", "eu-west-1", "cmd"},
		{"block", "s3 =\n  region = no\n  credential_process = no\nregion = eu-west-1", "eu-west-1", ""},
		{"unset", "region =\ncredential_process =", "", ""},
		{"inherited", "[DEFAULT]\nregion = eu-west-1\n[profile x]\ncredential_process = cmd", "eu-west-1", "cmd"},
		{"not inherited", "region = eu-west-1\n[DEFAULT]\nregion = a\ncredential_process = cmd", "eu-west-1", "cmd"},
		{"merged", "region = a\n[profile y]\nregion = b\n[profile x]\nregion = eu-west-1\ncredential_process = cmd", "eu-west-1", "cmd"},
		{"deeper header", "region = eu-west-1\n  [profile y]\n  credential_process = no", "eu-west-1", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := profile(t, read(t, "[profile x]\n"+test.text, ""), "x")
			if p.Region != test.region || p.CredentialProcess != test.process {
				t.Errorf("got  %q, %q\nwant %q, %q", p.Region, p.CredentialProcess, test.region, test.process)
			}
		})
	}
}

func TestDefaultProfile(t *testing.T) {
	t.Parallel()
	for _, config := range []string{
		"[default]\nregion = a\noutput = json\n[profile default]\nregion = b\n",
		"[profile \"default\"]\nregion = b\n[default]\nregion = a\noutput = json\n",
	} {
		c := read(t, config, "[default]\naws_access_key_id = K\naws_secret_access_key = S\n")
		if p := profile(t, c, "default"); len(c.Profiles) != 1 || p.Region != "b" || p.Output != "" || p.AccessKeyID != "K" {
			t.Errorf("%q: got region %q, output %q, key %q of %d profiles", config, p.Region, p.Output, p.AccessKeyID, len(c.Profiles))
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	t.Parallel()
	const secret = "wJalrXUtnFEMI"
	for _, test := range []struct{ text, want string }{
		{"region = x\n", "config:1: found text before the first section, expected [default] or [profile NAME]"},
		{"\n# x\n" + secret, "config:3: found text before the first section, expected [default] or [profile NAME]"},
		{"[default]\nregion = x\n[profile a\n", `config:3: found "[" without a name and "]", expected a section such as [profile NAME]`},
		{"[]\n", `config:1: found "[" without a name and "]", expected a section such as [profile NAME]`},
		{"[ ]\n", `config:1: found "[" without a name and "]", expected a section such as [profile NAME]`},
		{"[default]\r\naws_secret_access_key = x\r\n" + secret + "\r\n", "config:3: found a line that is not a section, key = value or comment, expected key = value"},
		{"[default]\n= " + secret, "config:2: found a line that is not a section, key = value or comment, expected key = value"},
		{"[default]\n  " + secret, "config:2: found a line that is not a section, key = value or comment, expected key = value"},
		{"\xff\xfe[\x00d\x00", "config:1: found UTF-16 text, expected UTF-8: save the file as UTF-8"},
	} {
		_, err := build(Files{Config: "config"}, []byte(test.text), nil)
		if err == nil || err.Error() != test.want {
			t.Errorf("%q\n got %v\nwant %s", test.text, err, test.want)
		} else if !errors.As(err, new(*SyntaxError)) {
			t.Errorf("%q: %T, want *SyntaxError", test.text, err)
		}
	}
}

// FuzzLoad: no text makes Load panic, every message is one line, and every plain
// profile is found.
func FuzzLoad(f *testing.F) {
	f.Add("[default]\nregion = us-east-1\n[profile \"a b\"]\nrole_arn = arn:aws:iam::111111111111:role/R\nsource_profile = a\n", "[a]\naws_access_key_id = K\n")
	f.Add("[profile a]\nsource_profile = b\nrole_arn=x\n[profile b]\nrole_arn=y\nsource_profile = a", "")
	f.Add("[profile a]\nsso_session=s\nsso_account_id=1\n[sso-session s]\nsso_start_url=u\n", "[sso-session s]\nsso_region = r")
	f.Add("[services s]\nec2 =\n  endpoint_url = x\n\n y\n[profile a]\nservices=s\nduration_seconds=\v1\n", "[a\n")
	f.Add("[profile \\\n[profile ']\n[profile a\x00\u2028]\n[DEFAULT]\n:\n", "\ufeff[=]\n=")
	f.Fuzz(func(t *testing.T, config, credentials string) {
		oneLine := func(err error) {
			if text := err.Error(); strings.ContainsAny(text, "\n\r") || text == "" {
				t.Errorf("not one line: %q", text)
			}
		}
		c, err := build(Files{Config: "config", Credentials: "credentials"}, []byte(config), []byte(credentials))
		if err != nil {
			oneLine(err)
			return
		}
		for _, p := range c.Profiles {
			if found, err := c.Profile(p.Name); err != nil || found != p || p.Name == "" {
				t.Errorf("%q is listed and not found: %v", p.Name, err)
			}
			if p.Problem != nil {
				oneLine(p.Problem)
			}
			chain, err := c.Chain(p)
			switch {
			case err != nil:
				oneLine(err)
			case chain[0] != p:
				t.Errorf("the chain of %q begins with %q", p.Name, chain[0].Name)
			}
			if p.CanGiveCredentials() != (err == nil) {
				t.Errorf("%q: CanGiveCredentials is %t but Chain says %v", p.Name, p.CanGiveCredentials(), err)
			}
		}
		for _, line := range bytes.Split([]byte(config), []byte("\n")) {
			name, ok := bytes.CutPrefix(line, []byte("[profile "))
			name, closed := bytes.CutSuffix(name, []byte("]"))
			plain := len(bytes.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_@/+")) == 0
			if ok && closed && plain && len(name) > 0 && !slices.Contains(c.profileNames(), string(name)) {
				t.Errorf("[profile %s] was not found", name)
			}
		}
		if _, err := c.Profile(config); err != nil {
			oneLine(err)
		}
	})
}
