package awssim

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"
)

// samlUser is the user of SAMLAssertion.
const samlUser = "demo@example.com"

// SAMLAssertion returns the base64 of a SAML response that gives demo@example.com these roles, valid for five minutes. A
// role is ROLE_ARN,PROVIDER_ARN, or an ARN alone for the provider that the role trusts.
func (s *Server) SAMLAssertion(roles ...string) string {
	return base64.StdEncoding.EncodeToString([]byte(s.response(samlUser, "https://idp.example.com/saml", 5*time.Minute, roles)))
}

// response returns a signed SAML response.
func (s *Server) response(user, issuer string, lifetime time.Duration, roles []string) string {
	prefix := "https://aws.amazon.com/SAML/Attributes/"
	if s.partition.name == "aws-cn" {
		prefix = "https://www.amazonaws.cn/SAML/Attributes/"
	}
	var attributes strings.Builder
	attribute := func(name string, values ...string) {
		fmt.Fprintf(&attributes, `<saml2:Attribute Name="%s%s">`, prefix, name)
		for _, value := range values {
			fmt.Fprintf(&attributes, "<saml2:AttributeValue>%s</saml2:AttributeValue>", html.EscapeString(value))
		}
		attributes.WriteString("</saml2:Attribute>")
	}
	pairs := slices.Clone(roles)
	for i, arn := range pairs {
		role := s.role(arn)
		if strings.Contains(arn, ",") || role == nil {
			continue
		}
		pairs[i] += "," + cmp.Or(role.saml, s.arn("iam", role.account.ID, "saml-provider/none"))
		if provider := s.saml[role.saml]; provider != nil && provider.SessionDuration > 0 && i == 0 {
			attribute("SessionDuration", strconv.Itoa(int(time.Duration(provider.SessionDuration)/time.Second)))
		}
	}
	attribute("Role", pairs...)
	attribute("RoleSessionName", user)
	now := s.time().UTC()
	recipient := "https://signin." + s.web + "/saml"
	text := fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<saml2p:Response xmlns:saml2p="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion" ID="_response" Version="2.0" IssueInstant="%[1]s" Destination="%[3]s">`+
		`<saml2:Issuer>%[4]s</saml2:Issuer>%[6]s`+
		`<saml2p:Status><saml2p:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></saml2p:Status>`+
		`<saml2:Assertion ID="_assertion" Version="2.0" IssueInstant="%[1]s"><saml2:Issuer>%[4]s</saml2:Issuer>`+
		`<saml2:Subject><saml2:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">`+html.EscapeString(user)+`</saml2:NameID>`+
		`<saml2:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml2:SubjectConfirmationData NotOnOrAfter="%[2]s" Recipient="%[3]s"/></saml2:SubjectConfirmation></saml2:Subject>`+
		`<saml2:Conditions NotBefore="%[1]s" NotOnOrAfter="%[2]s"><saml2:AudienceRestriction><saml2:Audience>urn:amazon:webservices</saml2:Audience></saml2:AudienceRestriction></saml2:Conditions>`+
		`<saml2:AttributeStatement>%[5]s</saml2:AttributeStatement></saml2:Assertion></saml2p:Response>`,
		now.Format(time.RFC3339), now.Add(lifetime).Format(time.RFC3339), recipient, issuer, attributes.String(), signatureBegin+signatureEnd)
	return s.seal(text)
}

// An assertion has a MAC of its text instead of an XML Signature. The text has an empty signature in it.
const (
	signatureBegin = `<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignatureValue>`
	signatureEnd   = `</ds:SignatureValue></ds:Signature>`
)

func (s *Server) seal(unsigned string) string {
	sum := base64.StdEncoding.EncodeToString(mac(s.pageKey, "saml\x00"+unsigned))
	return strings.Replace(unsigned, signatureBegin, signatureBegin+sum, 1)
}

// assertion holds the parts of a SAML response that STS reads.
type assertion struct {
	Issuer  string
	Subject struct {
		NameID string
		Data   struct {
			Recipient string `xml:",attr"`
		} `xml:"SubjectConfirmation>SubjectConfirmationData"`
	}
	Conditions struct {
		NotOnOrAfter time.Time `xml:",attr"`
	}
	Attributes []struct {
		Name   string   `xml:",attr"`
		Values []string `xml:"AttributeValue"`
	} `xml:"AttributeStatement>Attribute"`
}

func (s *Server) readAssertion(encoded string) (*assertion, *apiError) {
	text, err := base64.StdEncoding.DecodeString(encoded)
	var response struct{ Assertion *assertion }
	if err != nil || xml.Unmarshal(text, &response) != nil || response.Assertion == nil {
		return nil, fail(400, "InvalidIdentityToken", "Invalid base64 SAMLResponse (Service: AWSOpenIdDiscoveryService; Status Code: 400; Error Code: AuthSamlInvalidSamlResponseException)").
			blame("SAMLAssertion is not the base64 of a SAML response")
	}
	before, rest, _ := strings.Cut(string(text), signatureBegin)
	_, after, ok := strings.Cut(rest, signatureEnd)
	if !ok || s.seal(before+signatureBegin+signatureEnd+after) != string(text) {
		return nil, fail(400, "InvalidIdentityToken", "Response signature invalid (service: AWSSecurityTokenService; status code: 400; error code: InvalidIdentityToken)")
	}
	return response.Assertion, nil
}

func (a *assertion) values(attribute string) []string {
	for _, one := range a.Attributes {
		if strings.HasSuffix(one.Name, "/SAML/Attributes/"+attribute) {
			return one.Values
		}
	}
	return nil
}

func (a *assertion) attribute(name string) string {
	if values := a.values(name); len(values) > 0 {
		return values[0]
	}
	return ""
}

// offers reports whether the assertion gives its subject the role through the provider.
func (a *assertion) offers(role, provider string) bool {
	return slices.ContainsFunc(a.values("Role"), func(pair string) bool { return pair == role+","+provider || pair == provider+","+role })
}

// sessionDuration is the attribute SessionDuration, the longest lifetime of a session; 0 without the attribute.
func (a *assertion) sessionDuration() time.Duration {
	seconds, _ := strconv.Atoi(a.attribute("SessionDuration"))
	return time.Duration(seconds) * time.Second
}

// webClaims are the claims of an OpenID Connect token that STS reads.
type webClaims struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud"`
	Subject  string `json:"sub"`
	Issued   int64  `json:"iat"`
	Expires  int64  `json:"exp"`
}

func (p *OIDCProvider) accepts(audience string) bool { return slices.Contains(p.Audiences, audience) }

// WebIdentityToken returns a JWT, signed with ES256, of the OIDC provider at the URL issuer for its client audience. With
// a negative lifetime it has expired already.
func (s *Server) WebIdentityToken(issuer, audience, subject string, lifetime time.Duration) string {
	now := s.time()
	claims, _ := json.Marshal(webClaims{issuer, audience, subject, now.Unix(), now.Add(lifetime).Unix()})
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"ES256","kid":"simulated","typ":"JWT"}`)) + "." + encode(claims)
	sum := sha256.Sum256([]byte(signed))
	r, t, err := ecdsa.Sign(rand.Reader, s.idpKey(), sum[:])
	if err != nil {
		panic(err) // the key is always valid
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	t.FillBytes(signature[32:])
	return signed + "." + encode(signature)
}

// readWebToken checks a token's signature and reads its claims.
func (s *Server) readWebToken(token string) (*webClaims, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, false
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, false
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(signature) != 64 {
		return nil, false
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	r, t := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	claims := new(webClaims)
	return claims, ecdsa.Verify(&s.idpKey().PublicKey, sum[:], r, t) && json.Unmarshal(body, claims) == nil
}
