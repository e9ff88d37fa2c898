package auth

import (
	"encoding/base64"
	"slices"
	"testing"
	"time"
)

// TestParseAssertion: XML and base64, with and without line breaks; incomplete roles
// are ignored.
func TestParseAssertion(t *testing.T) {
	t.Parallel()
	const (
		role, provider = "arn:aws:iam::100000000001:role/Ops", "arn:aws:iam::100000000001:saml-provider/idp"
		text           = `<Response><Assertion><AttributeStatement>
			<Attribute Name="https://aws.amazon.com/SAML/Attributes/SessionDuration"><AttributeValue>28800</AttributeValue></Attribute>
			<Attribute Name="https://aws.amazon.com/SAML/Attributes/RoleSessionName"><AttributeValue>me</AttributeValue></Attribute>
			<Attribute Name="https://aws.amazon.com/SAML/Attributes/Role">
				<AttributeValue>` + role + "," + provider + `</AttributeValue>
				<AttributeValue> ` + provider + " , " + role + `2 </AttributeValue>
				<AttributeValue>` + role + `</AttributeValue>
				<AttributeValue>` + role + "&#10;x," + provider + `</AttributeValue>
				<AttributeValue>` + role + "," + role + `</AttributeValue>
			</Attribute></AttributeStatement></Assertion></Response>`
	)
	encoded := base64.StdEncoding.EncodeToString([]byte(text))
	for name, c := range map[string]struct {
		text string
		err  string
	}{
		"XML":         {"\n" + text + "\n", ""},
		"base64":      {encoded, ""},
		"in lines":    {encoded[:64] + "\r\n" + encoded[64:] + "\n", ""},
		"neither":     {"SAMLResponse=", "the SAML assertion is neither XML nor base64"},
		"half of it":  {text[:320], "the SAML assertion is not well-formed: XML syntax error on line 4: unexpected EOF"},
		"half a role": {text[:520], "the SAML assertion is not well-formed: XML syntax error on line 6: unexpected EOF"},
	} {
		a, err := ParseAssertion([]byte(c.text))
		if c.err != "" {
			if err == nil || err.Error() != c.err {
				t.Errorf("%s: %v, want %s", name, err, c.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if want := []SAMLRole{{ARN: role, Provider: provider}, {ARN: role + "2", Provider: provider}}; !slices.Equal(a.Roles, want) || a.encoded != encoded || a.SessionDuration != 8*time.Hour {
			t.Errorf("%s: roles %v, encoded %.20s", name, a.Roles, a.encoded)
		}
	}
}
