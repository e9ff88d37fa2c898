package cli

import (
	"os/exec"
	"strings"
	"testing"
)

// TestHostileKeys: no key can add a line, a section or a command to an export.
func TestHostileKeys(t *testing.T) {
	t.Parallel()
	forms := map[string]func([]namedCredentials) (string, error){
		"env": envText("env"), "env-no-export": envText("env-no-export"), "fish": envText("fish"), "powershell": envText("powershell"), "windows-cmd": envText("windows-cmd"), "ini": iniText("{account-id}"),
	}
	for _, value := range []string{"a\nb", "a\r[default]", "a\x00", "a\u0085b", "a\u2028b", "a\u2029", " zq", "a\t", "\x1b]0;x\a", "a\xff"} {
		for name, form := range forms {
			for field := range 3 {
				keys := roleCredentials{AccessKeyId: "AKIA", SecretAccessKey: "s", SessionToken: "t"}
				*[]*string{&keys.AccessKeyId, &keys.SecretAccessKey, &keys.SessionToken}[field] = value
				if text, err := form([]namedCredentials{{keys, accountCredentials{AccountId: "100000000001"}, "r"}}); err == nil {
					t.Errorf("%s: %q is printed: %q", name, value, text)
				} else if strings.ContainsAny(err.Error(), "\n\r") || strings.Contains(err.Error(), value) {
					t.Errorf("%s: %q", name, err)
				}
			}
		}
	}
	const odd = "q'\"$(x)`y`\\z‘’‚‛“;#"
	k := []namedCredentials{{roleCredentials{AccessKeyId: "AKIA", SecretAccessKey: odd}, accountCredentials{AccountId: "100000000001"}, "r"}}
	text, err := forms["powershell"](k)
	if want := "$Env:AWS_SECRET_ACCESS_KEY = 'q''\"$(x)`y`\\z‘‘’’‚‚‛‛“;#'\n"; err != nil || !strings.Contains(text, want) {
		t.Errorf("%s, %v; want %s", text, err, want)
	}
	if text, err := forms["windows-cmd"](k); err == nil || strings.Contains(err.Error(), "q'") {
		t.Errorf("windows-cmd: %q, %v", text, err)
	}
	text, err = forms["env"](k)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("bash", "-c", text+`printf %s "$AWS_SECRET_ACCESS_KEY"`).Output()
	if err != nil {
		t.Skip("no bash: ", err)
	}
	if string(out) != odd {
		t.Errorf("bash reads %q", out)
	}
}
