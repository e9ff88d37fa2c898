package awssim

import (
	"cmp"
	"encoding/json"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// operation is an operation of AWS's API.
type operation struct {
	service   string
	api       *api // of the services in apis; nil for others
	name      string
	protocol  protocol
	action    string // the IAM action that a policy must allow; "": none is needed
	serve     handler
	oneRegion bool                              // the service has one region in a partition; of added operations
	target    func(*request) string             // the account that a request names; nil: it names none
	identify  func(*Server, *request) *apiError // authenticates the caller; nil: the request is not signed
}

type handler = func(*Server, *request) (*answer, *apiError)

// protocol is the format of a service's requests and answers.
type protocol int

const (
	protocolREST     protocol = iota // JSON, one path an operation: SSO, OIDC, Account, container credentials
	protocolJSON                     // JSON 1.1, X-Amz-Target: Organizations
	protocolJSON10                   // JSON 1.0, X-Amz-Target: SQS, DynamoDB
	protocolCBOR                     // CBOR, one path an operation: CloudWatch
	protocolQuery                    // form in, XML out: STS, IAM
	protocolEC2                      // the same with its own envelope: EC2
	protocolS3                       // XML, one path an operation: S3
	protocolHTML                     // pages: sign-in, instance metadata
	protocolOneLogin                 // JSON with the errors of OneLogin
	protocolOkta                     // JSON with the errors of Okta
)

const (
	versionSTS          = "2011-06-15"
	versionEC2          = "2016-11-15"
	targetOrganizations = "AWSOrganizationsV20161128."
)

// operations maps the names that requests have for operations: VERSION:ACTION, the X-Amz-Target, METHOD PATH, or PATH
// ACTION.
var operations = sync.OnceValue(func() map[string]*operation {
	m := map[string]*operation{}
	roleAccount := func(r *request) string { return accountOfARN(r.form.Get("RoleArn")) }
	sts := func(name, action string, serve handler) *operation {
		op := &operation{service: "sts", name: name, protocol: protocolQuery, action: action, serve: serve, identify: (*Server).signed}
		m[versionSTS+":"+name] = op
		return op
	}
	sts("GetCallerIdentity", "", (*Server).getCallerIdentity)
	sts("GetSessionToken", "", (*Server).getSessionToken)
	sts("GetFederationToken", "sts:GetFederationToken", (*Server).getFederationToken)
	sts("AssumeRole", "sts:AssumeRole", (*Server).assumeRole).target = roleAccount
	sts("AssumeRoot", "sts:AssumeRoot", (*Server).assumeRoot).target = func(r *request) string { return accountOfRoot(r.form.Get("TargetPrincipal")) }
	for name, serve := range map[string]handler{
		"AssumeRoleWithSAML": (*Server).assumeRoleWithSAML, "AssumeRoleWithWebIdentity": (*Server).assumeRoleWithWebIdentity,
	} {
		op := sts(name, "", serve)
		op.target, op.identify = roleAccount, nil
	}
	for name, serve := range map[string]handler{
		"DescribeInstances": (*Server).describeInstances, "DescribeRegions": (*Server).describeRegions,
		"DescribeNetworkInterfaces": (*Server).describeNetworkInterfaces, "DescribeAddresses": (*Server).describeAddresses,
		"DescribeSecondaryInterfaces": (*Server).describeSecondaryInterfaces, "DescribeVolumes": (*Server).describeVolumes,
		"DescribeSecurityGroups": (*Server).describeSecurityGroups, "DescribeVpcs": (*Server).describeVpcs, "DescribeSubnets": (*Server).describeSubnets,
		"DescribeImages": (*Server).describeImages, "DescribeSnapshots": (*Server).describeSnapshots,
	} {
		m[versionEC2+":"+name] = &operation{service: "ec2", name: name, protocol: protocolEC2, action: "ec2:" + name, serve: serve, identify: (*Server).signed}
	}
	for name, serve := range map[string]handler{
		"ListAccounts": (*Server).listAccounts, "ListAccountsForParent": (*Server).listAccounts,
		"ListOrganizationalUnitsForParent": (*Server).listUnits, "ListRoots": (*Server).listRoots,
		"ListParents": (*Server).listParents, "ListTagsForResource": (*Server).listTags,
		"DescribeAccount": (*Server).describeAccount, "DescribeOrganization": (*Server).describeOrganization,
		"DescribeOrganizationalUnit": (*Server).describeUnit,
	} {
		m[targetOrganizations+name] = &operation{service: "organizations", name: name, protocol: protocolJSON,
			action: "organizations:" + name, serve: serve, identify: (*Server).signed}
	}
	m["POST /listRegions"] = &operation{service: "account", name: "ListRegions", action: "account:ListRegions",
		serve: (*Server).listRegions, identify: (*Server).signed}
	m["GET /"] = &operation{service: "s3", name: "ListBuckets", protocol: protocolS3, action: "s3:ListAllMyBuckets",
		serve: (*Server).listBuckets, identify: (*Server).signed}

	portal := func(path, name string, serve handler) *operation {
		op := &operation{service: "sso", name: name, serve: serve, identify: (*Server).bearer}
		m[path] = op
		return op
	}
	queried := func(r *request) string { return r.URL.Query().Get("account_id") }
	portal("GET /assignment/accounts", "ListAccounts", (*Server).ssoListAccounts)
	portal("GET /assignment/roles", "ListAccountRoles", (*Server).ssoListRoles).target = queried
	portal("GET /federation/credentials", "GetRoleCredentials", (*Server).ssoCredentials).target = queried
	portal("POST /logout", "Logout", (*Server).ssoLogout)

	open := func(path, service, name string, p protocol, serve handler) {
		m[path] = &operation{service: service, name: name, protocol: p, serve: serve}
	}
	open("POST /token", "oidc", "CreateToken", protocolREST, (*Server).createToken)
	open("POST /client/register", "oidc", "RegisterClient", protocolREST, (*Server).registerClient)
	open("POST /device_authorization", "oidc", "StartDeviceAuthorization", protocolREST, (*Server).startDevice)
	open("GET /authorize", "oidc", "Authorize", protocolHTML, (*Server).authorizeCode)
	open("GET /device", "oidc", "VerifyDevice", protocolHTML, (*Server).verifyDevice)
	open(federationPath+" getSigninToken", "signin", "GetSigninToken", protocolHTML, (*Server).getSigninToken)
	open(federationPath+" login", "signin", "Login", protocolHTML, (*Server).consoleLogin)
	open("GET /v1/authorize", "signin", "Authorize", protocolHTML, (*Server).loginPage)
	open("GET "+confirmationPath, "signin", "Confirm", protocolHTML, (*Server).loginConfirmation)
	open("POST /v1/token", "signin", "CreateOAuth2Token", protocolREST, (*Server).loginToken)
	open("GET "+containerPath, "container", "GetCredentials", protocolREST, (*Server).containerCredentials)
	atIDP := func(path, service, name string, p protocol, serve handler) {
		open(path, service, name, p, serve)
		m[path].identify = (*Server).atIDP
	}
	atIDP("POST /auth/oauth2/v2/token", IDPOneLogin, "GenerateToken", protocolOneLogin, (*Server).generateToken)
	atIDP("POST /api/2/saml_assertion", IDPOneLogin, "GenerateSAMLAssertion", protocolOneLogin, (*Server).generateAssertion)
	atIDP("POST "+oneLoginVerifyPath, IDPOneLogin, "VerifyFactor", protocolOneLogin, (*Server).verifyOneLogin)
	atIDP("POST /api/v1/authn", IDPOkta, "Authenticate", protocolOkta, (*Server).oktaAuthenticate)
	atIDP("POST /api/v1/authn/factors/{id}/verify", IDPOkta, "VerifyFactor", protocolOkta, (*Server).oktaVerify)
	atIDP("POST /api/v1/authn/factors/{id}/verify/resend", IDPOkta, "ResendFactor", protocolOkta, (*Server).oktaVerify)
	atIDP("GET /.well-known/okta-organization", IDPOkta, "Organization", protocolOkta, (*Server).oktaOrganization)
	atIDP("GET /login/sessionCookieRedirect", IDPOkta, "SessionCookieRedirect", protocolHTML, (*Server).oktaRedirect)
	atIDP("GET "+oktaLoginPath, IDPOkta, "SignInPage", protocolHTML, (*Server).oktaLogin)
	atIDP("GET /home/amazon_aws/{id}/272", IDPOkta, "EmbedLink", protocolHTML, (*Server).oktaEmbed)
	atIDP("GET /app/amazon_aws/{id}/sso/saml", IDPOkta, "App", protocolHTML, (*Server).oktaApp)
	open("POST /saml", "signin", "SAML", protocolHTML, (*Server).consoleSAML)
	addAPIs(m)
	return m
})

// admit finds the operation of r and authenticates its caller.
func (s *Server) admit(r *request) *apiError {
	r.operation = &operation{}
	if err := s.route(r); err != nil {
		if r.call.Code == "" {
			r.problem("%s: %s", err.code, err.message)
		}
		return err
	}
	r.call.Service, r.call.Operation, r.call.Region = r.service, r.name, r.region
	var err *apiError
	if r.identify != nil {
		err = r.identify(s, r)
	}
	r.call.Region = r.region
	if err == nil && r.principal != nil {
		r.call.Account, r.call.Target = r.principal.account.ID, r.principal.account.ID
	}
	if err == nil && r.target != nil {
		r.call.Target = r.target(r)
	}
	return err
}

// route finds the operation of r, and its region if the host name is one of AWS.
func (s *Server) route(r *request) *apiError {
	if r.metadata {
		if r.operation, r.region = metadataOperations[r.Method], s.metadata.region; r.operation == nil {
			r.operation = &operation{service: "imds", protocol: protocolHTML}
			return fail(http.StatusMethodNotAllowed, "405 - Method Not Allowed", "the method is %s", r.Method)
		}
		return nil
	}
	if err := r.find(); err != nil {
		return err
	}
	r.call.Service, r.call.Operation = r.service, r.name
	if s.isOwn(r.Host) {
		return nil
	}
	host := strings.ToLower(r.Host)
	if name, port, err := net.SplitHostPort(host); err == nil && (port == "443" || port == "80") {
		host = name
	}
	at, ok := s.resolveHost(host)
	if !ok {
		return fail(http.StatusNotFound, "UnknownEndpoint", "no endpoint of this world has the host name %s", host)
	}
	if tunnel, ok := r.Context().Value(tunnelKey{}).(string); ok && tunnel != host {
		return fail(http.StatusMisdirectedRequest, "MisdirectedRequest", "the host is %s in a tunnel to %s", host, tunnel)
	}
	r.region, r.global = at.region, at.global
	r.call.Region = r.region
	if at.service != r.service {
		return fail(http.StatusBadRequest, "UnknownOperationException", "%s is no operation of %s", r.name, host)
	}
	return nil
}

// isOwn reports whether a host is the server's own address and no host name of AWS.
func (s *Server) isOwn(host string) bool {
	if host == s.listener.Addr().String() {
		return true
	}
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	return name == "localhost" || net.ParseIP(name) != nil
}

// find reads the operation off the method, path, headers and form.
func (r *request) find() *apiError {
	malformed := func(p protocol, code, format string, args ...any) *apiError {
		r.operation = &operation{protocol: p}
		return fail(http.StatusBadRequest, code, format, args...)
	}
	media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		op := r.lookup(target)
		switch {
		case op == nil || !op.protocol.hasTarget() || r.Method != http.MethodPost || r.URL.Path != "/":
			return malformed(protocolJSON, "UnknownOperationException", "%s %s with X-Amz-Target %s", r.Method, r.URL.Path, target)
		case media != op.protocol.jsonType():
			return malformed(op.protocol, "SerializationException", "the Content-Type is %q", media)
		}
		r.operation = op
		return nil
	}
	if r.URL.Path == federationPath {
		return r.findFederation()
	}
	if r.URL.Path != "/" {
		if op := cmp.Or(r.lookup(r.restKey()), operations()[oktaKey(r.restKey())]); op != nil {
			if r.Method == http.MethodPost && media != op.protocol.postType() && len(r.body) > 0 {
				r.operation = &operation{name: op.name, service: op.service, protocol: op.protocol}
				return op.wrongMedia(media)
			}
			if op.protocol == protocolCBOR && r.Header.Get("Smithy-Protocol") != protocolNameCBOR {
				return malformed(op.protocol, "UnknownOperationException", "the Smithy-Protocol is %q", r.Header.Get("Smithy-Protocol"))
			}
			r.operation = op
			return nil
		}
		return malformed(protocolREST, "UnknownOperationException", "nothing is at %s %s", r.Method, r.URL.Path)
	}
	r.form = r.URL.Query()
	if r.Method == http.MethodPost {
		var err error
		if media != contentForm {
			return malformed(protocolQuery, "MalformedInput", "the Content-Type is %q", media)
		}
		if r.form, err = url.ParseQuery(string(r.body)); err != nil {
			return malformed(protocolQuery, "MalformedQueryString", "the form cannot be read")
		}
	} else if r.Method != http.MethodGet {
		return malformed(protocolQuery, "MethodNotAllowed", "the method is %s", r.Method)
	}
	if r.Method == http.MethodGet && !r.form.Has("Action") {
		r.operation = operations()["GET /"]
		return nil
	}
	op := r.lookup(r.form.Get("Version") + ":" + r.form.Get("Action"))
	if op == nil {
		p := protocolQuery
		if r.form.Get("Version") == versionEC2 {
			p = protocolEC2
		}
		return malformed(p, "InvalidAction", "The action %s is not valid for this web service.", r.form.Get("Action"))
	}
	r.operation = op
	return nil
}

// lookup finds an operation by its key.
func (r *request) lookup(key string) *operation {
	if op := operations()[key]; op != nil {
		return op
	}
	return r.added(key)
}

// signed checks the signature and finds the credentials that made it.
func (s *Server) signed(r *request) *apiError {
	refuse := func(why refusal, problem string, args ...any) *apiError {
		if problem != "" {
			r.problem(problem, args...)
		}
		return why.errorOf(r.protocol)
	}
	if r.Header.Get("Authorization") == "" {
		return refuse(refusedUnsigned, "not signed")
	}
	sig, err := parseSignature(r.Request)
	if err == nil && r.service == "s3" {
		err = checkPayloadHeader(r.Request)
	}
	if err != nil {
		return refuse(refusedIncomplete, "%v", err)
	}
	r.call.AccessKeyID = sig.keyID
	if sig.service != r.signingName() || !s.has(sig.region) && sig.region != s.organizations && sig.region != s.iam || r.region != "" && sig.region != r.region {
		return refuse(refusedScope, "signed for %s in %s", sig.service, sig.region)
	}
	if r.region == "" {
		// Without a host name of AWS, the region is the one in the signature. SDKs then sign for their own region, even
		// for a service that has only one.
		switch r.region = sig.region; {
		case r.service == "organizations" || r.service == "account":
			r.region = s.organizations
		case r.service == "iam" || r.oneRegion:
			r.region = s.iam
		}
		r.call.Region = r.region
	}
	c := s.lookup(sig.keyID)
	if c == nil || s.isInactive(sig.keyID) {
		return refuse(refusedKey, "")
	}
	switch token := r.Header.Get("X-Amz-Security-Token"); {
	case token != c.token:
		return refuse(refusedKey, "the session token does not belong to the access key %s", sig.keyID)
	case !c.account.active():
		return refuse(refusedKey, "")
	}
	if skew := s.clock().Sub(sig.time); skew > 5*time.Minute || skew < -5*time.Minute {
		return refuse(refusedSkew, "signed %v away from the server's clock", skew.Round(time.Second))
	}
	if !sig.verify(c.secret, r.Request, r.body) {
		return refuse(refusedSignature, "wrong signature")
	}
	if !c.expires.IsZero() && s.time().After(c.expires) {
		return refuse(refusedExpired, "credentials of %s that expired at %s", c.arn, c.expires.Format(time.RFC3339))
	}
	if i := slices.IndexFunc(s.regions, func(known region) bool { return known.name == r.region }); i >= 0 {
		if !c.account.enabled(s.regions[i]) {
			return refuse(refusedRegion, "")
		}
		if c.v1 && s.regions[i].optIn {
			return refuse(refusedRegion, "a token of the global STS endpoint in an opt-in region")
		}
	}
	r.caller, r.principal = c, &c.principal
	return nil
}

// authorize checks the policies.
func (s *Server) authorize(r *request) *apiError {
	if r.action == "" || r.principal == nil {
		return nil
	}
	kind := s.denial(r.principal, r.action, r.region)
	if kind == "" {
		return nil
	}
	return denied(r, kind)
}

// input reads the JSON that r carries.
func (r *request) input(v any) *apiError {
	if len(r.body) == 0 {
		return nil
	}
	if err := json.Unmarshal(r.body, v); err != nil {
		r.problem("the body is not the JSON expected: %v", err)
		return fail(http.StatusBadRequest, "SerializationException", "the body is not the JSON expected")
	}
	return nil
}

// accountOfARN returns the account id in an ARN, or "".
func accountOfARN(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 {
		return parts[4]
	}
	return ""
}
