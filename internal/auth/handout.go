package auth

import (
	"context"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"muster/internal/awsconfig"
)

// Here are the ways to credentials that a person asks for by hand. They go
// through no cache: who asks wants new ones.

// SessionToken returns what GetSessionToken gives to a user, with a code of the
// MFA device where serial is not "". An empty code is asked for.
func (r *Resolver) SessionToken(base *Identity, serial, code string, d time.Duration) *Identity {
	return r.derived(base, base.Role, base.AccountID, Hop{HopSessionToken, serial}, func(ctx context.Context) (aws.Credentials, error) {
		if !base.lasting {
			return aws.Credentials{}, &NoCredentialsError{"GetSessionToken needs a user's own access key; " + base.String() + " has temporary credentials already"}
		}
		return r.getSessionToken(ctx, base, serial, code, d)
	})
}

func (r *Resolver) getSessionToken(ctx context.Context, base *Identity, serial, code string, d time.Duration) (aws.Credentials, error) {
	in := &sts.GetSessionTokenInput{DurationSeconds: seconds(d)}
	if serial != "" {
		code, err := r.mfaCode(ctx, serial, code)
		if err != nil {
			return aws.Credentials{}, err
		}
		in.SerialNumber, in.TokenCode = &serial, &code
	}
	out, err := r.API.STS(base.Target).GetSessionToken(ctx, in, func(o *sts.Options) { o.Credentials = base.Credentials })
	if err != nil {
		return aws.Credentials{}, err
	}
	return fromSTS(out.Credentials)
}

// Federate returns what GetFederationToken gives to a user: a session with no
// more rights than both the user and the policies have.
func (r *Resolver) Federate(base *Identity, name string, policyARNs []string, d time.Duration) *Identity {
	return r.derived(base, "", base.AccountID, Hop{HopFederation, name}, func(ctx context.Context) (aws.Credentials, error) {
		in := &sts.GetFederationTokenInput{Name: &name, DurationSeconds: seconds(d), PolicyArns: policies(policyARNs)}
		out, err := r.API.STS(base.Target).GetFederationToken(ctx, in, func(o *sts.Options) { o.Credentials = base.Credentials })
		if err != nil {
			return aws.Credentials{}, err
		}
		return fromSTS(out.Credentials)
	})
}

// WebIdentity returns the identity of a role that a token of an OpenID Connect
// provider, kept in a file, gives access to. Of the options, those of MFA, tags
// and external ids are not used.
func (r *Resolver) WebIdentity(p *awsconfig.Profile, tokenFile string, o RoleOptions, read func(string) ([]byte, error)) *Identity {
	id := &Identity{Role: RoleName(o.ARN), AccountID: arnPart(o.ARN, 4), Target: r.Target(p), Hops: []Hop{{HopWebIdentity, tokenFile}, {HopRole, o.ARN}}}
	id.Credentials = r.cache(provider(func(ctx context.Context) (aws.Credentials, error) {
		token, err := read(tokenFile)
		if err != nil {
			return aws.Credentials{}, err
		}
		out, err := r.API.STS(id.Target).AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{
			RoleArn: &o.ARN, RoleSessionName: aws.String(sessionNameOr(o.SessionName)), WebIdentityToken: aws.String(strings.TrimSpace(string(token))),
			DurationSeconds: seconds(o.Duration), Policy: optional(o.Policy), PolicyArns: policies(o.PolicyARNs),
		})
		if err != nil {
			return aws.Credentials{}, err
		}
		return fromSTS(out.Credentials)
	}))
	return id
}

// SAML returns the identity of a role that an assertion gives access to.
func (r *Resolver) SAML(p *awsconfig.Profile, assertion *Assertion, role SAMLRole, o RoleOptions) *Identity {
	id := &Identity{
		Role: RoleName(role.ARN), AccountID: arnPart(role.ARN, 4), Target: r.Target(p),
		Hops: []Hop{{HopSAML, role.Provider}, {HopRole, role.ARN}},
	}
	id.Credentials = r.cache(provider(func(ctx context.Context) (aws.Credentials, error) {
		out, err := r.API.STS(id.Target).AssumeRoleWithSAML(ctx, &sts.AssumeRoleWithSAMLInput{
			RoleArn: &role.ARN, PrincipalArn: &role.Provider, SAMLAssertion: &assertion.encoded,
			DurationSeconds: seconds(o.Duration), Policy: optional(o.Policy), PolicyArns: policies(o.PolicyARNs),
		})
		if err != nil {
			return aws.Credentials{}, err
		}
		return fromSTS(out.Credentials)
	}))
	return id
}

func policies(arns []string) []types.PolicyDescriptorType {
	var list []types.PolicyDescriptorType
	for _, arn := range arns {
		list = append(list, types.PolicyDescriptorType{Arn: &arn})
	}
	return list
}

// derived is an identity made of another's by one call.
func (r *Resolver) derived(base *Identity, role, accountID string, h Hop, fetch provider) *Identity {
	return &Identity{
		Profile: base.Profile, Role: role, AccountID: accountID, Target: base.Target,
		Credentials: r.cache(fetch), Hops: base.and(h),
	}
}

// Assertion is an identity provider's statement of who the user is.
type Assertion struct {
	Roles   []SAMLRole
	encoded string // base64, as STS takes it
}

// SAMLRole is a role that an assertion offers, with the provider that vouches.
type SAMLRole struct{ ARN, Provider string }

// roleAttribute holds "role,provider" or "provider,role".
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
	decoder := xml.NewDecoder(strings.NewReader(string(document)))
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
			first, second, _ := strings.Cut(value, ",")
			first, second = strings.TrimSpace(first), strings.TrimSpace(second)
			if strings.Contains(first, ":saml-provider/") {
				first, second = second, first
			}
			if strings.Contains(first, ":role/") && strings.Contains(second, ":saml-provider/") {
				a.Roles = append(a.Roles, SAMLRole{ARN: first, Provider: second})
			}
		}
	}
	return a, nil
}
