package cli

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"muster/internal/awssim/simtest"
)

// TestKubectlPlugin: kubectl finds muster, and completes it.
func TestKubectlPlugin(t *testing.T) {
	t.Parallel()
	kubectl, err := exec.LookPath("kubectl")
	if err != nil {
		t.Skip("kubectl is not on PATH")
	}
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	home, environ := completionHome(t)
	script := muster(t, environ, "completion", "kubectl").stdout
	const completer = "kubectl_complete-muster"
	for _, test := range []struct {
		name    string
		install func(bin string) error
	}{
		{"a link and a script", func(bin string) error {
			simtest.Program(t, filepath.Join(bin, completer), script)
			return nil
		}},
		{"two links", func(bin string) error { return os.Symlink(binary, filepath.Join(bin, completer)) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			bin := t.TempDir()
			if err := os.Symlink(binary, filepath.Join(bin, "kubectl-muster")); err != nil {
				t.Fatal(err)
			}
			if err := test.install(bin); err != nil {
				t.Fatal(err)
			}
			run := func(args ...string) (stdout, stderr string, code int) {
				t.Helper()
				var out, problems bytes.Buffer
				command := exec.Command(kubectl, args...)
				command.Env = append(environ, "PATH="+bin+":"+os.Getenv("PATH"))
				command.Dir, command.Stdout, command.Stderr = home, &out, &problems
				command.Run()
				return out.String(), problems.String(), command.ProcessState.ExitCode()
			}
			for words, want := range map[string]string{
				"inst":                                    "instances\tList EC2 instances with all their IP addresses.\n:4\n",
				"instances|--account|Dev":                 "Development\t451629441155\n:4\n",
				"instances|--columns|InstanceId,Pri":      "InstanceId,PrivateIPs\tlist of strings\n:6\n",
				"accounts|--report|":                      ":0\n",
				"instances|--output|template=<<.PublicIP": "template=<<.PublicIPs\tlist of strings\ntemplate=<<.PublicIPs>>\tlist of strings\n:6\n",
			} {
				stdout, stderr, code := run(append([]string{"__complete", "muster"}, strings.Split(words, "|")...)...)
				if stdout != want || code != 0 {
					t.Errorf("%s: exit code %d, stderr %s\n%swant\n%s", words, code, stderr, stdout, want)
				}
			}
			stdout, stderr, code := run("muster", "instances", "--demo", "-o", "name", "gateway")
			if stdout != "i-03046200b400761b0\n" || code != 0 || stderr != "kubectl muster: this is a simulated organization (--demo), not AWS\n" {
				t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
			}
			stdout, stderr, code = run("muster", "instances", "--colums", "Name")
			if !strings.HasPrefix(stderr, "kubectl muster: unknown flag --colums") || !strings.HasSuffix(stderr, "'kubectl muster instances --help'\n") || code != 2 {
				t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
			}
		})
	}
}

// TestPluginNamesItself: the output of the plugin names kubectl muster, not muster,
// as the command to type.
func TestPluginNamesItself(t *testing.T) {
	t.Parallel()
	_, environ := completionHome(t)
	for _, test := range []struct {
		args string
		want []string
	}{
		{"--help", []string{"Usage: kubectl muster COMMAND [flags]\n", "  kubectl muster instances --demo\n", "kubectl muster help TOPIC"}},
		{"help accounts", []string{"'kubectl muster profiles'"}},
		{"man find", []string{"\n\\fBkubectl muster find\\fP ", "\nkubectl muster find 52.59.78.34 \\-\\-all\\-profiles\n"}},
		{"--version", []string{"kubectl muster "}},
		{"exec --help", []string{"Usage: kubectl muster exec ", "see 'kubectl muster help shell'"}},
		{"profiles --help", []string{"  kubectl muster profiles --generate --sso-session "}},
		{"completion --help", []string{"source <(kubectl muster completion bash)", "('aws muster')"}},
		{"zzz", []string{"kubectl muster: unknown command zzz", "'kubectl muster --help'"}},
		{"exec --account Development", []string{"kubectl muster: expected a command: kubectl muster exec [ACCOUNT] [flags] -- COMMAND"}},
		{"instances --sso-session nobody", []string{"kubectl muster: "}},
	} {
		for _, called := range []string{"/usr/local/bin/kubectl-muster", "muster"} {
			var stdout, stderr bytes.Buffer
			Main(t.Context(), strings.Fields(test.args), &App{
				Args0: called, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Environ: environ,
			})
			text := stdout.String() + stderr.String()
			for _, want := range test.want {
				if called == "muster" {
					want = strings.ReplaceAll(want, "kubectl muster", "muster")
				}
				if !strings.Contains(text, want) {
					t.Errorf("%s %s: %q is not in\n%s", called, test.args, want, text)
				}
			}
			if called == "muster" && strings.Contains(strings.ReplaceAll(text, "'kubectl muster'", ""), "kubectl muster") || strings.Contains(text, "kubectl kubectl") {
				t.Errorf("%s %s:\n%s", called, test.args, text)
			}
		}
	}
}

// TestAliasOfTheCLI: an alias of the AWS CLI runs muster. The AWS CLI takes its own
// options.
func TestAliasOfTheCLI(t *testing.T) {
	t.Parallel()
	n := newNeighbours(t, neighbourhood, neighbourProfiles)
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	alias := filepath.Join(n.home, ".aws", "cli", "alias")
	if err := os.MkdirAll(filepath.Dir(alias), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(alias, []byte(muster(t, n.environ, "completion", "aws-alias").stdout), 0o600); err != nil {
		t.Fatal(err)
	}
	path := "PATH=" + filepath.Dir(binary) + ":" + os.Getenv("PATH")
	for args, want := range map[string]string{
		"muster instances --demo -o name gateway":                                              "i-03046200b400761b0\n",
		"muster -- instances --demo --output template=<<.Name>> --region us-west-2 experiment": "experiment\n",
		"muster -- whoami --profile ops-again --output text --columns AccountId":               "200000000002\n",
	} {
		if got := n.cli(t, args, path); got != want {
			t.Errorf("aws %s: %q, want %q", args, got, want)
		}
	}
}
