package auth

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Assertion is a SAML assertion: an identity provider's signed statement about a user.
type Assertion struct {
	Roles   []SAMLRole
	encoded string // in base64, as STS expects it
}

// SAMLRole is a role that an assertion gives access to, and the ARN of its provider.
type SAMLRole struct{ ARN, Provider string }

// roleAttribute is the attribute with the list of roles.
const roleAttribute = "https://aws.amazon.com/SAML/Attributes/Role"

// ParseAssertion parses an assertion: XML, or XML in base64 as browsers post it.
func ParseAssertion(text []byte) (*Assertion, error) {
	trimmed := strings.TrimSpace(string(text))
	document, a := []byte(trimmed), &Assertion{}
	if strings.HasPrefix(trimmed, "<") {
		a.encoded = base64.StdEncoding.EncodeToString(document)
	} else {
		a.encoded = strings.Join(strings.Fields(trimmed), "")
		var err error
		if document, err = base64.StdEncoding.DecodeString(a.encoded); err != nil {
			return nil, errors.New("the SAML assertion is neither XML nor base64")
		}
	}
	decoder := xml.NewDecoder(bytes.NewReader(document))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("the SAML assertion is not well-formed: %w", err)
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "Attribute" || !slices.ContainsFunc(start.Attr, func(a xml.Attr) bool {
			return a.Name.Local == "Name" && a.Value == roleAttribute
		}) {
			continue
		}
		var attribute struct {
			Values []string `xml:"AttributeValue"`
		}
		if err := decoder.DecodeElement(&attribute, &start); err != nil {
			return nil, fmt.Errorf("the SAML assertion is not well-formed: %w", err)
		}
		for _, value := range attribute.Values {
			if role, ok := parseSAMLRole(value); ok {
				a.Roles = append(a.Roles, role)
			}
		}
	}
	return a, nil
}

// parseSAMLRole parses the ARNs of a role and its provider, in either order.
func parseSAMLRole(pair string) (role SAMLRole, ok bool) {
	first, second, _ := strings.Cut(pair, ",")
	first, second = strings.TrimSpace(first), strings.TrimSpace(second)
	if strings.Contains(first, ":saml-provider/") {
		first, second = second, first
	}
	return SAMLRole{ARN: first, Provider: second}, strings.Contains(first, ":role/") && strings.Contains(second, ":saml-provider/")
}
