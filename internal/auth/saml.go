package auth

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"muster/internal/awsconfig"
)

// Assertion is an identity provider's statement of who the user is.
type Assertion struct {
	Roles   []SAMLRole
	encoded string // base64, as STS takes it
}

// SAMLRole is a role that an assertion offers, with the provider that vouches.
type SAMLRole struct{ ARN, Provider string }

// roleAttribute is the name of the attribute that lists the roles.
const roleAttribute = "https://aws.amazon.com/SAML/Attributes/Role"

// ParseAssertion reads an assertion: XML, or that in base64 as browsers post it.
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

// parseSAMLRole reads a pair of ARNs, which come in either order.
func parseSAMLRole(pair string) (role SAMLRole, ok bool) {
	first, second, _ := strings.Cut(pair, ",")
	first, second = strings.TrimSpace(first), strings.TrimSpace(second)
	if strings.Contains(first, ":saml-provider/") {
		first, second = second, first
	}
	return SAMLRole{ARN: first, Provider: second}, strings.Contains(first, ":role/") && strings.Contains(second, ":saml-provider/")
}

// SAML returns the identity of a role that an assertion gives access to.
func (r *Resolver) SAML(p *awsconfig.Profile, assertion *Assertion, role SAMLRole, o RoleOptions) *Identity {
	id := &Identity{
		Role: RoleName(role.ARN), AccountID: arnPart(role.ARN, 4), Target: r.Target(p),
		Hops: []Hop{{hopSAML, role.Provider}, {hopRole, role.ARN}},
	}
	id.Credentials = r.newCredentials(provider(func(ctx context.Context) (aws.Credentials, error) {
		out, err := r.API.STS(id.Target).AssumeRoleWithSAML(ctx, &sts.AssumeRoleWithSAMLInput{
			RoleArn: &role.ARN, PrincipalArn: &role.Provider, SAMLAssertion: &assertion.encoded,
			DurationSeconds: seconds(o.Duration), Policy: optional(o.Policy), PolicyArns: policies(o.PolicyARNs),
		})
		if err != nil {
			return aws.Credentials{}, err
		}
		return roleSession("AssumeRoleWithSAML", role.ARN, out.AssumedRoleUser, out.Credentials)
	}))
	return id
}
