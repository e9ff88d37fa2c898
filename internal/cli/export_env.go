package cli

import (
	"fmt"
	"strings"
	"time"

	"muster/internal/shell"
)

// dialect is how a shell, or a file of variables, sets a variable. set and clear are formats;
// clear is for a variable that these credentials do not have, because a value of an earlier
// evaluation must not stay.
type dialect struct {
	set, clear, unset string
	quote             func(string) string
	forbidden         string // characters that cannot be quoted
}

// dialects are named as in -o. The AWS CLI has the same names.
var dialects = map[string]dialect{
	"env":         {set: "export %s=%s\n", clear: "unset %s\n", unset: "unset %s\n", quote: shell.Quote},
	"fish":        {set: "set -gx %s %s\n", clear: "set -e %s\n", unset: "set -e %s\n", quote: quoteFish},
	"powershell":  {set: "$Env:%s = %s\n", clear: removePowerShell, unset: removePowerShell, quote: quotePowerShell},
	"windows-cmd": {set: "set %s=%s\n", clear: "set %s=\n", unset: "set %s=\n", quote: verbatim, forbidden: "%!^&|<>\"() "},
	// Files of variables, such as those of docker --env-file and systemd, know no unset.
	"env-no-export": {set: "%s=%s\n", clear: "%s=\n", unset: "unset %s\n", quote: shell.Word},
}

const removePowerShell = "Remove-Item -ErrorAction Ignore Env:%s\n"

// credentialVariables are the variables that -o env sets.
var credentialVariables = []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CREDENTIAL_EXPIRATION"}

// dialect returns the dialect of -o and --shell; ok is false for other formats.
func (e *Export) dialect() (name string, ok bool) {
	name = e.Output
	if name == "env" && e.Shell != "bash" {
		name = e.Shell
	}
	_, ok = dialects[name]
	return name, ok
}

// envText returns a format of lines that set the variables.
func envText(name string) func([]namedCredentials) (string, error) {
	d := dialects[name]
	return func(keys []namedCredentials) (string, error) {
		k := keys[0]
		if err := k.plain(name, d.forbidden); err != nil {
			return "", err
		}
		expiration := ""
		if ends := k.ends(); !ends.IsZero() {
			expiration = ends.Format(time.RFC3339)
		}
		var text strings.Builder
		for i, value := range []string{k.AccessKeyId, k.SecretAccessKey, k.SessionToken, expiration} {
			if value == "" {
				fmt.Fprintf(&text, d.clear, credentialVariables[i])
				continue
			}
			fmt.Fprintf(&text, d.set, credentialVariables[i], d.quote(value))
		}
		return text.String(), nil
	}
}

// unsetText returns lines that remove the variables.
func unsetText(name string) string {
	var text strings.Builder
	for _, variable := range credentialVariables {
		fmt.Fprintf(&text, dialects[name].unset, variable)
	}
	return text.String()
}

func verbatim(s string) string { return s }

func quoteFish(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
}

// quotePowerShell quotes s. PowerShell treats typographic quotes like ' and reads a doubled
// quote as one.
func quotePowerShell(s string) string {
	var quoted strings.Builder
	quoted.WriteByte('\'')
	for _, r := range s {
		if strings.ContainsRune("'\u2018\u2019\u201a\u201b", r) {
			quoted.WriteRune(r)
		}
		quoted.WriteRune(r)
	}
	quoted.WriteByte('\'')
	return quoted.String()
}
