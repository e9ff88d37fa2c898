package auth

import (
	"maps"
	"testing"
)

// TestParseSecrets: a password in the first line, as password managers print it, or lines with
// the names of the variables. A password may have any characters.
func TestParseSecrets(t *testing.T) {
	t.Parallel()
	for output, want := range map[string]map[string]string{
		"pass word=1 \n":              {samlPassword: "pass word=1 "},
		"first\r\nuser: ann\r\n":      {samlPassword: "first"},
		"no newline":                  {samlPassword: "no newline"},
		"MUSTER_SAML_PASSWORD=a=b \n": {samlPassword: "a=b "},
		"# both\nMUSTER_SAML_CLIENT_SECRET=c\nMUSTER_SAML_PASSWORD=p\nOTHER=x\n": {samlClientSecret: "c", samlPassword: "p"},
		"MUSTER_SAML_CLIENT_SECRET=c\n":                                          {samlClientSecret: "c"},
		"MUSTER_SAML_PASSWORD=\n":                                                {},
		"":                                                                       {},
		"\n":                                                                     {},
	} {
		if got := parseSecrets(output); !maps.Equal(got, want) {
			t.Errorf("%q: %v, want %v", output, got, want)
		}
	}
}
