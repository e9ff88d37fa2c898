package cli

import (
	"testing"

	"muster/internal/account"
)

func TestProfileName(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ template, name, want string }{
		{"{account-name}.{role}", "Production", "Production.Admin"},
		{"{session}/{account-id}:{role}", "x", "corp/123456789012:Admin"},
		{"{account-name}", "  a \t b\n", "a-b"},
		{"{account-name}", "Prod - EU (old) #1", "Prod-EU-old-1"},
		{"{account-name}", "a]\"'`$(x);|&<>*?[{b}\\c!~,d", "a-x-b-c-d"},
		{"{account-name}", "\x1b[2J\x00été 東京\u202eabc\u2028\xff", "2J-été-東京-abc"},
		{"{account-name}", "---a", "a"},
		{"{account-name}.{role}", "", "123456789012.Admin"},
		{"{account-name}.{role}", "!?", "123456789012.Admin"},
		{"{email}", "x", "me@example.com"},
		{"my {account-name}' {role}", "{role} {x}", "my-role-x-Admin"},
	} {
		a := &account.Account{ID: "123456789012", Name: test.name, Email: "me@example.com"}
		if got := profileName(test.template).of(a, "Admin", "corp"); got != test.want {
			t.Errorf("%q of %q: got %q, want %q", test.template, test.name, got, test.want)
		}
	}
}

func TestProfileNameCheck(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		template string
		session  bool
		want     string // "" for none
	}{
		{"{account-name}.{role}", false, ""},
		{"{session}-{account-id}-{email}", true, ""},
		{"plain", false, ""},
		{"{session}", false, `--name "{session}": {session} needs --sso-session`},
		{"{Role}", false, `--name "{Role}": unknown placeholder {Role}; expected {account-id}, {account-name}, {email}, {role}; did you mean "{role}"?`},
		{"{}", false, `--name "{}": unknown placeholder {}; expected {account-id}, {account-name}, {email}, {role}`},
		{"{role", false, `--name "{role": expected text with placeholders such as {account-name}.{role}`},
		{"{{role}}", false, `--name "{{role}}": expected text with placeholders such as {account-name}.{role}`},
		{"", false, `--name "": expected text with placeholders such as {account-name}.{role}`},
	} {
		err := profileName(test.template).check("--name", test.session)
		if got := errorText(err); got != test.want || err != nil && !isUsage(err) {
			t.Errorf("%q: got %q, want %q", test.template, got, test.want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
