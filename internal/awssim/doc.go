// Package awssim simulates an AWS organization: an HTTP server in the process. It serves STS, Organizations, Account,
// EC2 (DescribeRegions, DescribeInstances, DescribeNetworkInterfaces, DescribeSecondaryInterfaces, DescribeAddresses,
// DescribeVolumes, DescribeSecurityGroups, DescribeVpcs, DescribeSubnets, DescribeImages, DescribeSnapshots), lists of
// IAM, S3, Lambda, SQS, DynamoDB, RDS, ECS, Elastic Load Balancing and CloudWatch, stacks and stack sets of CloudFormation
// that create IAM roles, and the portal and the OIDC service of IAM Identity Center. It checks what AWS checks: signatures, session tokens and their expiry, role trust, external ids,
// MFA codes, policies, opt-in regions, page tokens, and the form of each request.
// It imports no other package of muster, so that it cannot share muster's mistakes.
//
// The federation endpoint signs in to the console (GET or POST /federation, under the host names signin...). A world with
// "metadata" has instance metadata (IMDSv2), one with "container" has container credentials.
//
//	w, err := awssim.ParseWorld(orgJSON)   // or DefaultWorld(), or Large(LargeSpec{...})
//	s, err := awssim.Start(w)
//	defer s.Close()
//	err = s.WriteHome(home)                // home/.aws in the AWS CLI's formats
//	env := s.Env(home)                     // AWS_ENDPOINT_URL and the other variables
//	...                                    // run muster, the AWS CLI or an SDK
//	s.Problems()                           // the mistakes of the client; [] if there were none
//	s.DeleteRole(arn)                      // by hand, behind CloudFormation's back
//	s.KeyStates()                          // Active or Inactive, by the id of an access key
//	s.Calls(), s.Truth(), s.MaxInFlight(), s.LookupHost(ctx, "shop-1.eu-west-1.elb.amazonaws.com")
//	s.Confirm(userCode, true), s.SAMLAssertion(roleARN), s.WebIdentityToken(issuer, audience, subject, time.Hour)
//	s.IDPURL("corp"), s.OneTimeCode("ann@example.com", "totp"), s.AnswerPush("ann@example.com", false)
//	s.MetadataURL(), s.ContainerURL(), s.ContainerToken() // also in Env
//
// WithOperations adds operations of any other service; their answers come from the caller.
//
// Clients reach it through AWS_ENDPOINT_URL (URL), or under AWS's own host names through HTTPS_PROXY (ProxyURL) with
// AWS_CA_BUNDLE (CAPEM). Through AWS_ENDPOINT_URL it cannot see the host name of the service, and takes the region from
// the signature.
//
// Its files are named by service: ec2_*, sts_*, sso_*, org, iam_*, s3, lambda, sqs, dynamodb, rds, ecs, elbv2, cloudwatch,
// cloudformation_*, signin_*, metadata, onelogin, okta_*. idp is what OneLogin and Okta share.
// world_* read and check a world.
// server, route, sigv4, answer, page, fault and proxy serve all services; route_apis, parameters and value serve those that
// only list their resources; operation serves those that are added.
//
// # The world
//
// A world is JSON, and short, since almost everything has a default:
//
//	{
//	  "regions": ["us-east-1", "eu-west-1", "af-south-1"],
//	  "organization": {
//	    "page_size": 2, "empty_pages": true,
//	    "ous": [{"name": "Workloads", "ous": [{"name": "Prod"}]}]
//	  },
//	  "accounts": [
//	    {"id": "111111111111", "name": "main", "buckets": ["main-logs"]},
//	    {"id": "222222222222", "name": "shop", "ou": "Workloads/Prod", "opted_in": ["af-south-1"], "tags": {"env": "prod"}},
//	    {"id": "333333333333", "name": "old", "state": "SUSPENDED"}
//	  ],
//	  "users": [{"account": "main", "name": "ann", "second_key": {"created": "2024-05-06T07:08:09Z"}}],
//	  "saml_providers": [{"name": "okta"}],
//	  "identity_providers": [
//	    {"kind": "okta", "name": "corp", "provider": "okta", "users": [
//	      {"login": "ann@example.com", "password": "secret", "profile": "corp", "factors": [
//	        {"kind": "totp", "secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}, {"kind": "push", "polls": 2, "number": 42}, {"kind": "sms"}]}]}],
//	  "oidc_providers": [{"url": "https://gitlab.com", "audiences": ["aws"]}],
//	  "roles": [
//	    {"name": "Reader", "except": ["main"]},
//	    {"name": "Staff", "saml": "okta"},
//	    {"name": "Builder", "web_identity": {"provider": "https://gitlab.com", "subject": "project_path:acme/*"}}
//	  ],
//	  "metadata": {"account": "shop", "role": "Reader", "region": "eu-west-1"},
//	  "container": {"account": "shop", "role": "Reader", "lifetime": "1h"},
//	  "sso": [{"name": "corp", "start_url": "https://corp.awsapps.com/start", "region": "us-east-1",
//	    "assignments": {"shop": ["ReadOnly"], "*": ["Billing"]}}],
//	  "ec2": {"page_size": 5, "empty_pages": true},
//	  "instances": [
//	    {"account": "shop", "region": "af-south-1", "name": "web", "private_ips": ["10.0.0.5"], "public_ips": ["13.244.1.2"]},
//	    {"account": "*", "region": "*", "name": "node", "count": 3, "type": "auto"}
//	  ],
//	  "interfaces": [
//	    {"account": "shop", "region": "eu-west-1", "kind": "elb", "owner": "app/shop/50dc6c495c0c9188",
//	      "dns": "shop-1.eu-west-1.elb.amazonaws.com", "addresses": [{"private": "auto", "public": "54.171.20.40"}]},
//	    {"account": "shop", "region": "eu-west-1", "kind": "nat", "addresses": [{"private": "auto", "public": "34.250.17.92", "allocation_id": "auto"}]}
//	  ],
//	  "addresses": [{"account": "shop", "region": "eu-west-1", "public": "34.250.17.93"}],
//	  "lists": {"page_size": 2},
//	  "resources": [
//	    {"account": "shop", "region": "eu-west-1", "kind": "function", "name": "orders", "type": "python3.8"},
//	    {"account": "*", "region": "*", "kind": "queue", "name": "jobs", "count": 3}
//	  ],
//	  "stack_sets": {"polls": 3, "fail": {"shop": "the reason"}},
//	  "deny": [{"kind": "scp", "actions": ["ec2:DescribeRegions"], "regions": ["us-east-1"]}],
//	  "faults": [{"service": "ec2", "operation": "DescribeInstances", "region": "eu-west-1", "kind": "throttle", "times": 2}],
//	  "home": {"profile": "ann", "region": "eu-west-1",
//	    "config": "[profile shop]\nrole_arn = arn:aws:iam::222222222222:role/Reader\nsource_profile = ann\n"}
//	}
//
// The first account manages the organization, unless organization.management names another. Without "organization" there
// is none. By default, users have all permissions; roles and permission sets may read, and assume roles; a role is in
// every account and trusts the management account; an SSO session has one valid token that can be refreshed. The types of
// this package document all other keys. An error names the mistake in a world.
//
// # Signing in
//
// Any HTTP client that follows redirects can be the browser. GET /authorize of the OIDC endpoint checks the request,
// plays the user and redirects the browser to the redirect URI with a code, or with access_denied. The user allows a
// device code with Confirm, with a GET of its verificationUriComplete (for clients with AWS_ENDPOINT_URL, a page of this
// server), or after a number of polls:
//
//	"sso": [{"name": "corp", ..., "tokens": [], "login": {"polls": 2, "interval": "1s", "expires_in": "10m"}}]
//	"sso": [{"name": "corp", ..., "tokens": [], "login": {"refuse": true}}]
//
// As in AWS, a client registers for the authorization code (with redirectUris and issuerUrl) or for the device code,
// never for both, and in the session's region only. The portal rejects tokens without the scope sso:account:access.
//
// `aws login` signs in at the endpoint of signin as the world's first user: GET /v1/authorize plays the user likewise, and
// POST /v1/token checks the PKCE verifier and the DPoP proof. Each code and each refresh token works once, and a refresh
// token only with the key that it was given to.
//
// # Signing in over SAML
//
// An identity provider (world_idp.go has its keys) is a OneLogin account or an Okta organization. Each gives assertions
// for the roles that trust its SAML provider ("saml" of a role). IDPURL is for saml_url: it returns a URL of this server,
// where the paths are those of the real hosts. Clients with a proxy use the real hosts: api.us.onelogin.com,
// api.eu.onelogin.com, NAME.onelogin.com, NAME.okta.com and signin.aws.amazon.com.
//
//	OneLogin  POST /auth/oauth2/v2/token                  HTTP Basic, or client_id:ID, client_secret:SECRET
//	          POST /api/2/saml_assertion                  bearer:TOKEN
//	          POST /api/2/saml_assertion/verify_factor    is the callback_url
//	Okta      POST /api/v1/authn
//	          POST /api/v1/authn/factors/ID/verify        also verify/resend
//	          GET  /login/sessionCookieRedirect           token, redirectUrl
//	          GET  /home/amazon_aws/ID/272                the embed link; takes sessionToken or onetimetoken, needs the cookie
//	          GET  /app/amazon_aws/ID/sso/saml            where it leads: the page with the form; likewise
//	          GET  /.well-known/okta-organization         pipeline: v1, or idx with Identity Engine
//	console   POST /saml                                  SAMLResponse; lists accounts, with "alias" of an account, and roles
//
// A person's password, state and second factors are in the world. OneTimeCode plays the person who reads a code; each
// code works once. A push waits for "polls" polls and then gets its "answer", or that of AnswerPush. After "lockout"
// wrong passwords and codes in a row, the person is locked out. A session token of Okta works once. An app can have a
// page without a form ("page": "changed"), or assertions that have expired ("lifetime": "-1s"):
//
//	{"kind": "onelogin", "name": "corp", "region": "eu", "lockout": 3, "client_id": "0123", "client_secret": "4567",
//	  "apps": [{"id": "123456", "users": ["ann@example.com"], "roles": ["Reader*"]}], "allowed_ips": ["203.0.113.7"],
//	  "users": [{"login": "bob@example.com", "password": "secret", "state": "LOCKED_OUT"}]}
//	{"kind": "okta", "name": "new", "browser_only": true, "users": [...]}    // the authentication API is off
//
// Faults have the services onelogin, okta and signin, with the operations GenerateToken, GenerateSAMLAssertion and
// VerifyFactor; Authenticate, VerifyFactor, ResendFactor, SessionCookieRedirect, EmbedLink, App, SignInPage and
// Organization; and SAML.
//
// # Time
//
// Advance moves the clock of the server, so that credentials, tokens and registrations expire. Expiration times in answers
// follow that clock. The times of signatures do not, because clients sign with their own clocks.
package awssim
