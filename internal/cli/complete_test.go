package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"muster/internal/cli/complete"
	"muster/internal/inventory"
	"muster/internal/seen"
)

// TestGrammarIsReadAsByKong: completion reads the tags of the grammar as kong does.
func TestGrammarIsReadAsByKong(t *testing.T) {
	t.Parallel()
	var g grammar
	app := &App{}
	app.prepare(context.Background())
	parser, err := newParser(&g, app)
	if err != nil {
		t.Fatal(err)
	}
	top := complete.ReadGrammar(reflect.TypeFor[grammar](), helpVars())
	compareGrammar(t, top, parser.Model.Node)
	if len(top.Commands) != len(parser.Model.Children) {
		t.Fatalf("%d commands, want %d", len(top.Commands), len(parser.Model.Children))
	}
	for i, node := range parser.Model.Children {
		if c := top.Commands[i]; c.Name != node.Name || c.Help != node.Help {
			t.Errorf("command %q (%s), want %q (%s)", c.Name, c.Help, node.Name, node.Help)
		}
		compareGrammar(t, top.Commands[i].Read(helpVars()), node)
		for i, below := range top.Commands[i].Read(helpVars()).Commands {
			compareGrammar(t, below.Read(helpVars()), node.Children[i])
		}
	}
}

func compareGrammar(t *testing.T, c *complete.Command, node *kong.Node) {
	t.Helper()
	var want, got []string
	describe := func(p complete.Param) string {
		return fmt.Sprintf("--%s (-%s, %q) %q, one of %q, bool %t, repeated %t, rest %t", p.Name, p.Short, p.Aliases, p.Help, p.Enum, p.Bool, p.Repeated, p.Rest)
	}
	short := func(r rune) string { return strings.Trim(string(r), "\x00") }
	for _, f := range node.Flags {
		want = append(want, describe(complete.Param{
			Name: f.Name, Help: f.Help, Aliases: f.Aliases, Short: short(f.Short), Enum: nonEmpty(f.EnumSlice()), Bool: f.IsBool(), Repeated: f.IsCumulative(),
		}))
	}
	for _, a := range node.Positional {
		want = append(want, describe(complete.Param{Name: a.Name, Help: a.Help, Enum: nonEmpty(a.EnumSlice()), Repeated: a.IsCumulative(), Rest: a.Passthrough}))
	}
	for _, p := range slices.Concat(c.Flags, c.Arguments) {
		got = append(got, describe(p))
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := slices.Compare(got, want); diff != 0 {
		t.Errorf("%s:\n%s\nwant\n%s", c.Name, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func nonEmpty(list []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == "" })
}

const completionConfig = `[profile dev]
region = eu-west-1
[profile dev team]
sso_session = corp
sso_account_id = 264511973012
sso_role_name = Read
[profile a:b]
role_arn = arn:aws:iam::200000000002:role/team/Ops
source_profile = dev
[profile okta]
saml_provider = okta
saml_url = https://corp.okta.com/home/amazon_aws/1/272
saml_username = me
saml_role = arn:aws:iam::300000000003:role/Staff
[sso-session corp]
sso_start_url = https://corp.awsapps.com/start
sso_region = eu-west-1
`

// completionHome is the environment of a user who has tried the demo.
func completionHome(t testing.TB) (home string, environ []string) {
	t.Helper()
	home = t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".aws", "config"), []byte(completionConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	environ = []string{"HOME=" + home}
	if got := muster(t, environ, "context", "set", "prod", "--organization", "--role", "EC2ReadAccess"); got.code != 0 {
		t.Fatalf("exit code %d: %s", got.code, got.stderr)
	}
	if got := muster(t, environ, "instances", "--demo", "-o", "name"); got.code != 0 {
		t.Fatalf("exit code %d: %s", got.code, got.stderr)
	}
	return home, environ
}

func TestComplete(t *testing.T) {
	t.Parallel()
	_, environ := completionHome(t)
	for _, test := range []struct{ words, want string }{
		// Commands and flags.
		{"inst", "instances\tList EC2 instances with all their IP addresses.\n:4"},
		{"zzz", ":4"},
		{"zzz|", ":4"},
		{"--ver", "--version\tPrint the version and exit.\n:4"},
		{"--demo|inst", "instances\tList EC2 instances with all their IP addresses.\n:4"},
		{"instances|--full|--fu", ":4"},
		{"instances|--tag|a|--tag", "--tag\tOnly instances with this tag; V may be a glob.\n:4"},
		{"snapshot|save|inst", "instances\tList EC2 instances with all their IP addresses.\n:4"},
		{"snapshot|save|log", "log-groups\tCloudWatch log groups\n:4"}, // and neither login nor logout
		{"snapshot|save|--store|x|list|volumes|--allow", "--allow-denied\tExit with 0 even if AWS denied access in some places.\n:4"},
		{"snapshot|save|--sto", "--store\tFolder of the snapshots (~/.local/share/muster).\n:4"},
		{"snapshot|save|volumes|--region|eu-south-1", "eu-south-1\n:4"},
		{"exec|--conc", "--concurrency\tRun at most this many commands at once (16).\n:4"},
		{"login|--he", "--help\tShow the help of muster or of a command.\n:4"},
		// Enumerated values.
		{"--color|", "auto\non\noff\n:4"},
		{"instances|--color=o", "--color=on\n--color=off\n:4"},
		{"help|exit", "exit-codes\n:4"},
		{"man|inst", "instances\tList EC2 instances with all their IP addresses.\n:4"},
		{"completion|po", "powershell\n:4"},
		{"completion|bash|z", ":4"},
		{"instances|--state|running,st", "running,stopping\nrunning,stopped\n:4"},
		{"instances|--state|running,stopped,run", ":4"},
		{"instances|-o|n", "ndjson\nname\n:4"},
		{"instances|--output|temp", "template=\ntemplate-file=\n:6"},
		{"credentials|-o|e", "env\nenv-no-export\n:4"},
		{"credentials|-oe", "-oenv\n-oenv-no-export\n:4"},
		// The user's own names.
		{"instances|--profile|", "dev\tnone\ndev team\tsso 264511973012 Read\na:b\trole 200000000002 Ops\nokta\tsaml 300000000003 Staff\n:4"},
		{"instances|--saml-profile|", "okta\tsaml 300000000003 Staff\n:4"},
		{"instances|--profile=a:", "--profile=a:b\trole 200000000002 Ops\n:4"},
		{"instances|--profile|dev,dev", "dev,dev team\tsso 264511973012 Read\n:4"},
		{"whoami|--sso-session|", "corp\thttps://corp.awsapps.com/start\n:4"},
		{"login|", "corp\thttps://corp.awsapps.com/start\ndev team\tsso 264511973012 Read\nokta\tsaml 300000000003 Staff\n:4"},
		{"logout|c", "corp\thttps://corp.awsapps.com/start\n:4"},
		{"login|corp|", "--all\tSign in to every sso-session, login_session and saml_provider that has ended, one after another.\n"},
		{"context|us", "use\tMake a context the current one.\n:4"},
		{"context|use|p", "prod\n:4"},
		{"instances|--context|", "prod\n:4"},
		{"context|set|prod|--unset|exclude-a", "exclude-account\n:4"},
		{"assume-role|--role-arn|arn", "arn:aws:iam::200000000002:role/team/Ops\tprofile a:b\n:4"},
		{"instances|--region|eu-central-", "eu-central-1\neu-central-2\n:4"},
		// What the demo's sweep has seen.
		{"instances|--account|Dev", "Development\t451629441155\n:4"},
		{"instances|--account|Development,26", "Development,264511973012\tProduction\n:4"},
		{"instances|--exclude-account|13", "139769765351\tmihai-albert\n:4"},
		{"instances|--role|E", "EC2ReadAccess\n:4"},
		{"instances|i-08", "i-08d63831da0b07bcc\tcape-town-1 Development af-south-1\n:4"},
		{"instances|i-08d63831da0b07bcc|i-08", ":4"},
		{"instances|jump", "jump host\ti-07602f2048b95310c mihai-albert eu-central-1\n:4"},
		{"instances|--|cape", "cape-town-1\ti-08d63831da0b07bcc Development af-south-1\n:4"},
		{"instances|--profile|dev|cape", "cape-town-1\ti-08d63831da0b07bcc Development af-south-1\n:4"},
		// Fields.
		{"instances|--columns|InstanceId,Pri", "InstanceId,PrivateIPs\tlist of strings\n:6"},
		{"instances|--columns|NetworkInterfaces.Mac", "NetworkInterfaces.MacAddress\tstring\n:6"},
		{"instances|--columns|Mac", ":6"},
		{"instances|--count-by|AccountName,Stat", "AccountName,State\tstring\n:6"},
		{"instances|--count-by|Region,Tags|--columns|", "Count\tnumber\nRegion\tstring\nTags\tmap of strings\n:6"},
		{"instances|-w|--watc", ":4"},
		{"instances|-w|--no-h", "--no-headers\tOmit the header.\n:4"},
		{"accounts|--sort-by|Email,-AccountI", "Email,-AccountId\tstring\n:6"},
		{"instances|--output|template=<<.Pub", "template=<<.PublicIPs\tlist of strings\ntemplate=<<.PublicIPs>>\tlist of strings\n:6"},
		{"instances|--output=template=<<.Name>> <<if .Sta", "--output=template=<<.Name>> <<if .State\tstring\n--output=template=<<.Name>> <<if .State>>\tstring\n:6"},
		{"instances|-o|template=<<.Name>> .Sta", ":4"},
		{"instances|-o|template=<<range .NetworkInterfaces>><<.Mac", "template=<<range .NetworkInterfaces>><<.MacAddress\tstring\ntemplate=<<range .NetworkInterfaces>><<.MacAddress>>\tstring\n:6"},
		{"instances|--columns|Name,Tags.o", "Name,Tags.owner\tstring\n:6"},
		{"instances|--tag|ow", "owner=\n:6"},
		{"instances|-o|template=<<.Tags.b", "template=<<.Tags.backup\tstring\ntemplate=<<.Tags.backup>>\tstring\n:6"},
		{"instances|--jq|.Tags.b", ".Tags.backup\tstring\n:6"},
		{"instances|--jq|.Publ", ".PublicIPs\tlist of strings\n.PublicIPs[]\teach\n:6"},
		{"instances|--jq|", ".AccountId\tstring\n"},
		{"instances|-o|template=<<", "template=<<.AccountId\tstring\n"},
		{"instances|--jq|.InstanceI", ".InstanceId\tstring\n:6"},
		{"instances|--jq|select(.Name != \"\"), .NetworkInterfaces[0].Mac", "select(.Name != \"\"), .NetworkInterfaces[0].MacAddress\tstring\n:6"},
		{"instances|--slurp|--jq|.[].Arch", ".[].Architecture\tstring\n:6"},
		{"instances|--query|[?State=='running'].[InstanceI", "[?State=='running'].[InstanceId\tstring\n:6"},
		{"instances|--query|[].NetworkInterfaces[].Mac", "[].NetworkInterfaces[].MacAddress\tstring\n:6"},
		{"credentials|--jq|.accountN", ".accountName\tstring\n:6"},
		// Files.
		{"instances|--report|", ":0"},
		{"instances|--retry-gaps|", ":0"},
		{"exec|--|ls|", ":0"},
		{"assume-role|--policy|f", "file://\n:6"},
		{"instances|--report=testdata/no", ":4"},
		{"instances|-o|template-file=../../main", "template-file=../../main.go\n:4"},
		{"instances|-o|template-file=../../complet", "template-file=../../completions/\n:6"},
		{"assume-role|--policy|file://../../go.su", "file://../../go.sum\n:4"},
	} {
		got := muster(t, environ, append([]string{"__complete"}, strings.Split(test.words, "|")...)...)
		whole := strings.HasPrefix(test.want[strings.LastIndexByte(strings.TrimSuffix(test.want, "\n"), '\n')+1:], ":")
		if got.code != 0 || got.stderr != "" || whole && got.stdout != test.want+"\n" || !strings.HasPrefix(got.stdout, test.want) {
			t.Errorf("%s: exit code %d, stderr %q\n%swant\n%s", test.words, got.code, got.stderr, got.stdout, test.want)
		}
	}
}

// TestCompleteBash: the text that bash inserts for the part of the word that it replaces.
func TestCompleteBash(t *testing.T) {
	t.Parallel()
	_, environ := completionHome(t)
	for _, test := range []struct{ line, want string }{
		{`muster inst`, "instances\n:4"},
		{`AWS_PROFILE=x ~/bin/muster 2>/dev/null inst`, "instances\n:4"},
		{`muster instances > out inst`, ":4"},
		{`muster instances > ou`, ":0"},
		{`muster instances --columns Name 2>`, ":0"},
		{`muster instances --account Dev &>ou`, ":0"},
		{`muster exec -- cat <ou`, ":0"},
		{`muster instances 2`, ":4"},
		{`muster instances --profile dev\ t`, "dev\\ team\n:4"},
		{`muster instances --profile "dev t`, "dev team\n:4"},
		{`muster instances --profile 'dev t`, "dev team\n:4"},
		{`muster instances --profile="dev t`, "dev team\n:4"},
		{`muster instances --profile=dev\ t`, "dev\\ team\n:4"},
		{`muster instances --profile a:`, "b\n:4"},
		{`muster instances --profile "a:`, "a:b\n:4"},
		{`muster instances --sort-by=Nam`, "Name\n:6"},
		{`muster instances --output template='<<.Pub`, "<<.PublicIPs\n<<.PublicIPs>>\n:6"},
		{`muster instances -o "template=<<.Pub`, "template=<<.PublicIPs\ntemplate=<<.PublicIPs>>\n:6"},
		{`muster instances -o template=\<\<.Name\>\>\ \<\<.VpcI`, "\\<\\<.Name\\>\\>\\ \\<\\<.VpcId\n\\<\\<.Name\\>\\>\\ \\<\\<.VpcId\\>\\>\n:6"},
		{`muster instances build`, "build\\ \\\"nightly\\\",\\ arm64\n:4"},
		{`muster exec -- `, ":exec 15"},
		{`muster exec Production --region eu-west-1 -- `, ":exec 45"},
		{`muster exec Product`, "Production\n:4"},
		{`muster exec Production --prof`, "--profile\n:4"},
		{`A=b muster exec --account='prod two' "é"  -x `, ":exec 37"},
		{`muster instances "build`, "build \\\"nightly\\\", arm64\n:4"},
		{`muster instances 'build`, "build \"nightly\", arm64\n:4"},
	} {
		got := muster(t, environ, "__bash", "9", " \t\n\"'><=;|&(:", test.line)
		if got.stdout != test.want+"\n" || got.code != 0 || got.stderr != "" {
			t.Errorf("%s: exit code %d, stderr %q\n%swant\n%s", test.line, got.code, got.stderr, got.stdout, test.want)
		}
	}
	if got := muster(t, environ, "__bash", "63", " =", "muster instances --exclude-account Production,m"); got.stdout != "Production,mihai-albert\n:4\n" {
		t.Errorf("%q", got.stdout)
	}
	const taken = "Production,264511973012,Development,451629441155,"
	want := taken + "mihai-albert  (139769765351)\n" + taken + "139769765351  (mihai-albert)\n:4\n"
	if got := muster(t, environ, "__bash", "63", " =", "muster instances --account "+taken); got.stdout != want {
		t.Errorf("%q, want %q", got.stdout, want)
	}
	if got := muster(t, environ, "__bash", "63", " =", "muster instances jum"); got.stdout != "jump\\ host\n:4\n" {
		t.Errorf("%q", got.stdout)
	}
}

// TestCompleteOtherCommand: zsh and fish learn how many words another command line has;
// kubectl and PowerShell complete names of files.
func TestCompleteOtherCommand(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ words, want string }{
		{"__zsh|exec|--|'l", ":exec 1"},
		{"__zsh|exec|--account|prod\\ two|ls|-l|", ":exec 3"},
		{"__fish|exec|--account|it's|ls|", ":exec 2"},
		{"__powershell|=exec|=ls|=", ":0"},
		{"__complete|exec|ls|", ":0"},
	} {
		if got := muster(t, nil, strings.Split(test.words, "|")...); got.stdout != test.want+"\n" || got.code != 0 || got.stderr != "" {
			t.Errorf("%s: exit code %d, stderr %q, stdout %q, want %s", test.words, got.code, got.stderr, got.stdout, test.want)
		}
	}
}

// TestNamesAreBounded: however many instances and keys of tags a sweep finds.
func TestNamesAreBounded(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	app := &App{Environ: []string{"HOME=" + home}}
	app.prepare(context.Background())
	names := startRecordingNames(app, &Global{}, seen.Scope{})
	names.role("Audit")
	for i := range 20_000 {
		names.instance(&inventory.Instance{InstanceId: fmt.Sprintf("i-%017x", i), Tags: map[string]string{
			fmt.Sprintf("a%d", i): "", fmt.Sprintf("b%d", i): "",
		}})
	}
	if got := len(names.entries); got != 2*maxNames+1 {
		t.Errorf("%d names are held, want %d", got, 2*maxNames+1)
	}
}

// TestCompletionNeverFails: whatever the files and the command line hold.
func TestCompletionNeverFails(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, ".cache", "muster", "demo.tsv"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, environ := range [][]string{
		nil,
		{"HOME=/nowhere"},
		{"HOME=" + home},
		{"HOME=" + home, "AWS_CONFIG_FILE=~/missing"},
		{"AWS_CONFIG_FILE=~/missing"},
		{"HOME=" + home, "AWS_CONFIG_FILE=" + filepath.Join(home, ".cache")},
		{"HOME=" + home, "AWS_CONFIG_FILE=/proc/self/mem"},
	} {
		for _, args := range [][]string{
			{"__complete"}, {"__complete", ""}, {"__complete", "instances", ""}, {"__complete", "instances", "--profile", ""},
			{"__complete", "instances", "--account", ","}, {"__complete", "-"}, {"__complete", "--", ""}, {"__complete", "instances", "-o", "=<<"},
			{"__complete", "instances", "--jq", "\xff.\x00"}, {"__complete", "=", "=", "="}, {"__zsh", `'"`, `\`}, {"__fish"}, {"__powershell", ""},
			{"__bash", "9", "", ""}, {"__bash", "63", "=", `muster "`}, {"__bash", "", "", `muster '\`}, {"__bash", "9", "=", "A=b "},
		} {
			got := muster(t, environ, args...)
			if got.code != 0 || got.stderr != "" || !strings.HasSuffix(got.stdout, "\n") {
				t.Errorf("%q in %q: exit code %d, stderr %q, stdout %q", args, environ, got.code, got.stderr, got.stdout)
			}
		}
	}
}
