package awsconfig

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// askBotocore prints botocore's reading of each folder in its arguments:
// the values, and for every profile the kinds of its chain. botocore builds its
// credentials lazily, so that nothing is asked of AWS; where it falls back to the
// role of a container, that gives some.
const askBotocore = `
import json, os, sys
import botocore.credentials, botocore.session
botocore.credentials.ContainerProvider.load = lambda self: botocore.credentials.Credentials('A', 'B', method='container-role')
os.environ['AWS_EC2_METADATA_DISABLED'] = 'true'
os.environ['AWS_ACCESS_KEY_ID'] = os.environ['AWS_SECRET_ACCESS_KEY'] = 'of-the-environment'
kinds = {'assume-role': 'role', 'assume-role-with-web-identity': 'web-identity', 'sso': 'sso', 'login': 'login',
         'custom-process': 'process', 'container-role': 'machine', 'shared-credentials-file': 'static', 'config-file': 'static'}
def chain(name):
    try:
        creds = botocore.session.Session(profile=name).get_credentials()
        methods = []
        while creds is not None:
            methods.append(creds.method)
            creds = creds._refresh_using.__self__._source_credentials if creds.method == 'assume-role' else None
        return [kinds[m] for m in methods if m != 'env']
    except Exception as e:
        return ['login'] if 'login' in str(e).lower() else ['unusable']
answers = []
for folder in sys.argv[1:]:
    os.environ['AWS_CONFIG_FILE'] = os.path.join(folder, 'config')
    os.environ['AWS_SHARED_CREDENTIALS_FILE'] = os.path.join(folder, 'credentials')
    full = botocore.session.Session().full_config
    answers.append({'Profiles': {name: {k: v for k, v in p.items() if isinstance(v, str)} for name, p in full['profiles'].items()},
                    'Sessions': full.get('sso_sessions', {}), 'Services': full.get('services', {}),
                    'Chains': {name: chain(name) for name in full['profiles']}})
json.dump(answers, sys.stdout)
`

// TestAgainstBotocore: this package and botocore read the same from odd files that
// botocore accepts. The files leave out the intended differences: inline comments,
// quotes, indented lines that botocore swallows, and several [default] sections.
func TestAgainstBotocore(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not on PATH")
	}
	if err := exec.Command(python, "-c", "import botocore.session").Run(); err != nil {
		t.Skip("botocore is not installed")
	}
	corpus := []texts{
		{"", ""},
		{"[default]\nregion = us-east-1\n", "[default]\n" + keyPair},
		{"[default]\nregion=us-east-1\n[profile default]\noutput=json\n", ""},
		{"[profile a]\r\nregion = eu-west-1\r\n\r\n[profile\tb]\r\nregion\t=\teu-west-2\r\n", "[a]\r\n" + strings.ReplaceAll(keyPair, "\n", "\r\n")},
		{"[profile \"a b\"]\nregion: x\n[profile 'c d']\nREGION = y\n[profile 'it'\"'\"'s e']\n[profile f\\ g]\n[profile \"h\\\"i\\j\"]\n", "[a b]\n" + keyPair + "[c d]\nRegion=z\n"},
		{"[profile a] ; comment\n[profile b]\n# region = no\n; region = no\n  # deep\nexternal_id = x#y\n[profiles c]\noutput = text\n[preview]\nx = 1\n[profile]\n[plugins]\ncli_legacy_plugin_path = /x\n", "[profile d]\n"},
		{"[DEFAULT]\nregion = us-west-2\n[profile a]\n[profile b]\nregion = us-east-1\n", "[DEFAULT]\noutput = json\n[c]\n" + keyPair},
		{"[profile a]\ncredential_process = echo\n  '{\"Version\": 1, \"AccessKeyId\": \"A\",\n\n  # no comment of the command\n\n  \"SecretAccessKey\": \"--x=y\"}'\nregion = x\ns3 =\n  addressing_style = path\n\n  region = no\noutput = json\n", ""},
		{"    [profile a]\n    region = x\n  output = json\n\t[profile b]\n\tregion = y\n\toutput = text\n", "  [c]\n  region = z\n"},
		{"[profile 東京]\nregion = x\nexternal_id = été=#;\"'\n[profile a/b@c:d]\noutput =\n", "[東京]\n" + keyPair},
		{session + "[sso-session 'big corp']\nsso_region = eu-west-1\nsso_start_url = https://big/#/\nsso_registration_scopes = sso:account:access\n" +
			"[profile a]\nsso_session = s\n" + account + "[profile b]\nsso_session = big corp\nsso_account_id = 012345678901\nsso_role_name = R\n" +
			"[profile c]\nsso_start_url = https://s\nsso_region = us-east-1\n" + account + "[profile d]\nsso_session = none\n" + account +
			"[profile e]\nsso_start_url = https://s\n" + account + "[profile f]\nsso_session = s\nsso_region = us-east-1\n" + account,
			"[a]\n" + keyPair},
		{"[services one]\nec2 =\n  endpoint_url = http://ec2\n\n  # note\nsso_oidc =\n    endpoint_url=http://oidc\n    other = 1\ns3 =\n  x = 1\n[services 'two three']\nsts =\n  endpoint_url = http://sts\n" +
			"[profile a]\nservices = one\nendpoint_url = http://all\n[profile b]\nservices = two three\n" + keyPair, ""},
		{"[profile top]\n" + reader + "source_profile = mid\n[profile mid]\n" + reader + "source_profile = base\n[profile own]\n" + reader + "source_profile = own\n" + keyPair +
			"[profile both]\n" + reader + "source_profile = none\n" + keyPair + "[profile over]\n" + reader + "source_profile = both\n" +
			"[profile self]\n" + reader + "source_profile = self\n[profile l1]\n" + reader + "source_profile = l2\n[profile l2]\n" + reader + "source_profile = l1\n" +
			"[profile env]\n" + reader + "credential_source = Environment\n[profile bad]\n" + reader + "credential_source = environment\n[profile two]\n" + reader + "credential_source = Environment\nsource_profile = base\n" +
			"[profile neither]\n" + reader + "[profile empty]\nregion = us-east-1\n[profile onempty]\n" + reader + "source_profile = empty\n" +
			"[profile web]\n" + reader + "web_identity_token_file = /t\n[profile onweb]\n" + reader + "source_profile = web\n[profile halfweb]\nweb_identity_token_file = /t\n",
			"[base]\n" + keyPair},
		{"[profile half]\naws_access_key_id = A\n[profile split]\naws_access_key_id = A\n[profile onhalf]\n" + reader + "source_profile = half\n",
			"[split]\naws_secret_access_key = B\n"},
		{"[profile p]\n" + echoProcess + "[profile pc]\n" + echoProcess + keyPair + "[profile pk]\n" + echoProcess + "[profile onp]\n" + reader + "source_profile = p\n" +
			"[profile l]\nlogin_session = me\n" + echoProcess + "[profile lk]\nlogin_session = me\n[profile token]\naws_session_token = T\n" + keyPair,
			"[pk]\naws_security_token = T2\n" + keyPair + "[lk]\n" + keyPair},
	}
	corpus = append(corpus, generatedTexts(10)...)
	args := []string{"-c", askBotocore}
	for _, files := range corpus {
		dir := t.TempDir()
		args = append(args, dir)
		for name, text := range map[string]string{"config": files.config, "credentials": files.credentials} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	ask := exec.Command(python, args...)
	ask.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AWS_") })
	ask.Stderr = new(strings.Builder)
	out, err := ask.Output()
	if err != nil {
		t.Fatalf("botocore: %v\n%s", err, ask.Stderr)
	}
	var answers []struct {
		Profiles, Sessions map[string]map[string]string
		Services           map[string]map[string]any
		Chains             map[string][]string
	}
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatal(err)
	}
	for i, want := range answers {
		dir := args[2+i]
		c, err := Load(Files{Config: filepath.Join(dir, "config"), Credentials: filepath.Join(dir, "credentials")})
		if err != nil {
			t.Errorf("file %d: %v", i, err)
			continue
		}
		if got, want := slices.Sorted(slices.Values(c.profileNames())), slices.Sorted(maps.Keys(want.Profiles)); !slices.Equal(got, want) {
			t.Errorf("file %d: got profiles %q, botocore %q", i, got, want)
		}
		if got, want := slices.Sorted(slices.Values(c.sessionNames())), slices.Sorted(maps.Keys(want.Sessions)); !slices.Equal(got, want) {
			t.Errorf("file %d: got sessions %q, botocore %q", i, got, want)
		}
		for _, s := range c.Sessions {
			compare(t, fmt.Sprintf("file %d, session %q", i, s.Name), want.Sessions[s.Name], map[string]string{
				"sso_start_url": s.StartURL, "sso_region": s.Region, "sso_registration_scopes": strings.Join(s.Scopes, ","),
			})
		}
		for _, p := range c.Profiles {
			where := fmt.Sprintf("file %d, profile %q", i, p.Name)
			compare(t, where, want.Profiles[p.Name], map[string]string{
				"region": p.Region, "output": p.Output, "role_arn": p.RoleARN, "source_profile": p.SourceProfile, "credential_source": p.CredentialSource,
				"external_id": p.ExternalID, "credential_process": p.CredentialProcess, "web_identity_token_file": p.WebIdentityTokenFile,
				"sso_session": p.SSOSessionName, "sso_start_url": p.SSOStartURL,
				"aws_access_key_id": p.AccessKeyID, "endpoint_url": p.EndpointURL, "login_session": p.LoginSession,
			})
			for key, value := range want.Profiles[p.Name] {
				if got := p.keys.verbatim(key); got != value {
					t.Errorf("%s: got %s = %q, botocore %q", where, key, got, value)
				}
			}
			for service, settings := range want.Services[want.Profiles[p.Name]["services"]] {
				url, _ := settings.(map[string]any)["endpoint_url"].(string)
				if p.Endpoints[service] != url {
					t.Errorf("%s: got endpoint %q of %s, botocore %q", where, p.Endpoints[service], service, url)
				}
			}
			var kinds []string
			chain, err := c.Chain(p)
			for _, link := range chain {
				kinds = append(kinds, strings.TrimSuffix(string(link.Kind), "-legacy"))
			}
			switch {
			case p.HasNoSource():
				kinds = []string{"machine"}
			case p.Problem != nil || err != nil:
				kinds = []string{"unusable"}
			}
			if mistake := p.Problem != nil && slices.Equal(want.Chains[p.Name], []string{"machine"}); mistake {
				continue // botocore ignores this header
			}
			if !slices.Equal(kinds, want.Chains[p.Name]) {
				t.Errorf("%s: got chain %q, botocore %q; error: %v", where, kinds, want.Chains[p.Name], err)
			}
		}
	}
}

type texts struct{ config, credentials string }

// generatedTexts returns config files with values of several lines, sessions with the
// keys of profiles, names that look like comments, and profiles without a source of
// credentials.
func generatedTexts(n int) []texts {
	random := rand.New(rand.NewPCG(1, 2))
	oneOf := func(choices ...string) string { return choices[random.IntN(len(choices))] }
	maybe := func(text string) string { return oneOf(text, "") }
	names := []string{"a", "team #1", "b ; c", "it's", "eu", "x#y"}
	header := func(kind, name string) string {
		return "[" + kind + " \"" + name + "\"]" + maybe(" # note") + "\n"
	}
	lines := func() (text string) {
		for range random.IntN(5) {
			text += oneOf("  nested = 1", " -continued", "\t--flag", "  [ -f x ]", "", "  # note", "; note", " a:b", "     Upper = x", "  key=", "  #x = y") + "\n"
		}
		return text
	}
	var files []texts
	for range n {
		var config string
		for _, name := range []string{"s", "s #2"} {
			config += header("sso-session", name) + "sso_start_url = https://s\nsso_region = us-east-1\n" +
				maybe("sso_role_name = "+oneOf("R", "Q")+"\n") + maybe("sso_account_id = 111111111111\n")
		}
		for _, name := range names {
			config += header("profile", name) + maybe("region = eu-west-1\n"+lines())
			switch random.IntN(6) {
			case 0: // settings
				config += maybe("cli_pager = less\n"+lines()) + maybe("s3 =\n  addressing_style = path\n\n    x = y\n") + maybe("output =\n")
			case 1:
				config += "sso_session = " + oneOf("s", "s #2") + "\n" + maybe("sso_account_id = "+oneOf("111111111111", "222222222222")+"\n") + maybe("sso_role_name = R\n")
			case 2:
				config += reader + "source_profile = " + oneOf(names...) + "\n"
			case 3:
				config += `credential_process = sh -c "echo '{\"Version\": 1, \"AccessKeyId\": \"A\", \"SecretAccessKey\": \"B\"}'"` + "\n" + lines()
			case 4:
				config += keyPair + "x_custom =" + oneOf("", " y", "\n  z = 1") + "\n" + maybe("cli_pager = less\n"+lines())
			case 5:
				config += reader + "source_profile = " + oneOf(names...) + "\n" + keyPair
			}
		}
		files = append(files, texts{config: config})
	}
	return files
}

const echoProcess = "credential_process = echo '{\"Version\": 1, \"AccessKeyId\": \"A\", \"SecretAccessKey\": \"B\"}'\n"

func compare(t *testing.T, where string, want, got map[string]string) {
	t.Helper()
	for key, value := range got {
		if value != want[key] {
			t.Errorf("%s: got %s %q, botocore %q", where, key, value, want[key])
		}
	}
}
