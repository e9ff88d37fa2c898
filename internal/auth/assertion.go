package auth

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Assertion is a SAML assertion: an identity provider's signed statement about a user.
type Assertion struct {
	Roles           []SAMLRole    // each once
	SessionDuration time.Duration // that the provider wants for sessions; 0 for none
	encoded         string        // in base64, as STS expects it
}

// SAMLRole is a role that an assertion gives access to, and the ARN of its provider.
type SAMLRole struct {
	ARN, Provider string
	AccountName   string // "" if it is not known
}

// AccountID returns the account of the role.
func (r SAMLRole) AccountID() string { return arnPart(r.ARN, arnAccount) }

// Name returns the name of the role without its path.
func (r SAMLRole) Name() string { return roleName(r.ARN) }

// String returns the name and the account.
func (r SAMLRole) String() string {
	account := r.AccountID()
	if r.AccountName != "" {
		account = r.AccountName + ", " + account
	}
	return fmt.Sprintf("%s (%s)", r.Name(), account)
}

// is reports whether a text is the ARN or the name of the role, with or without its path.
func (r SAMLRole) is(text string) bool {
	return text == r.ARN || text == r.Name() || strings.TrimPrefix(text, "/") == strings.TrimPrefix(arnPart(r.ARN, arnResource), "role/")
}

// listRoles lists the ARNs of roles.
func listRoles(roles []SAMLRole) string {
	arns := make([]string, len(roles))
	for i, role := range roles {
		arns[i] = role.ARN
	}
	return strings.Join(arns, ", ")
}

// The attributes that AWS reads. Their prefix differs from partition to partition.
const (
	roleAttribute     = "/SAML/Attributes/Role"
	durationAttribute = "/SAML/Attributes/SessionDuration"
)

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
		if !ok || start.Name.Local != "Attribute" {
			continue
		}
		var attribute struct {
			Name   string   `xml:",attr"`
			Values []string `xml:"AttributeValue"`
		}
		if err := decoder.DecodeElement(&attribute, &start); err != nil {
			return nil, fmt.Errorf("the SAML assertion is not well-formed: %w", err)
		}
		switch {
		case strings.HasSuffix(attribute.Name, roleAttribute):
			for _, value := range attribute.Values {
				if role, ok := parseSAMLRole(value); ok && !slices.Contains(a.Roles, role) {
					a.Roles = append(a.Roles, role)
				}
			}
		case strings.HasSuffix(attribute.Name, durationAttribute) && len(attribute.Values) == 1:
			if seconds, err := strconv.Atoi(strings.TrimSpace(attribute.Values[0])); err == nil && seconds >= 900 && seconds <= 43200 {
				a.SessionDuration = time.Duration(seconds) * time.Second
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
	return SAMLRole{ARN: first, Provider: second}, IsRoleARN(first) && strings.Contains(second, ":saml-provider/")
}
