// Package awssim is a simulated AWS organization: an HTTP server in the process that speaks STS, Organizations,
// Account, EC2 (DescribeRegions, DescribeInstances, DescribeNetworkInterfaces, DescribeSecondaryInterfaces, DescribeAddresses), the portal of IAM
// Identity Center and its OIDC service, and checks what AWS checks: signatures, session tokens and when they end, role trust, external ids, MFA codes, policies,
// opt-in regions, page tokens, the form of each request. It shares no code with muster, so that it cannot share its
// mistakes.
//
// S3 lists its buckets (GET /), the federation endpoint signs in to the console (GET or POST /federation, under the host
// names signin...), and where the world has an instance or a container, there are instance metadata (IMDSv2) and
// container credentials.
//
//	w, err := awssim.ParseWorld(orgJSON)   // or DefaultWorld(), or Large(LargeSpec{...})
//	s, err := awssim.Start(w)
//	defer s.Close()
//	err = s.WriteHome(home)                // home/.aws as the AWS CLI keeps it
//	env := s.Env(home)                     // AWS_ENDPOINT_URL and the rest
//	...                                    // run muster, the AWS CLI or an SDK
//	s.Problems()                           // [] if every request was one that AWS would take for well made
//	s.Calls(), s.Truth(), s.MaxInFlight(), s.LookupHost(ctx, "shop-1.eu-west-1.elb.amazonaws.com")
//	s.Confirm(userCode, true), s.SAMLAssertion(roleARN), s.WebIdentityToken(issuer, audience, subject, time.Hour)
//	s.MetadataURL(), s.ContainerURL(), s.ContainerToken() // in Env, too, where the world asks for them
//
// Clients find it by AWS_ENDPOINT_URL (URL), or under AWS's own host names through HTTPS_PROXY (ProxyURL) with
// AWS_CA_BUNDLE (CAPEM). Only the second tells it the host that was asked; the first takes the region from the signature.
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
//	  "users": [{"account": "main", "name": "ann"}],
//	  "saml_providers": [{"name": "okta"}],
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
//	  "deny": [{"kind": "scp", "actions": ["ec2:DescribeRegions"], "regions": ["us-east-1"]}],
//	  "faults": [{"service": "ec2", "operation": "DescribeInstances", "region": "eu-west-1", "kind": "throttle", "times": 2}],
//	  "home": {"profile": "ann", "region": "eu-west-1",
//	    "config": "[profile shop]\nrole_arn = arn:aws:iam::222222222222:role/Reader\nsource_profile = ann\n"}
//	}
//
// The first account manages the organization unless organization.management names another. Without "organization" there
// is none. Users may do everything, roles and permission sets read (and assume roles); a role is in every account and
// trusts the management account, or who else is named. An SSO session begins with one valid token that can be refreshed. The types of this
// package say what else there is, and what is wrong in a world its error names.
//
// # Signing in
//
// An HTTP client that follows redirects is browser enough. GET /authorize of the OIDC endpoint checks the request,
// plays the user and sends the browser back to the redirect URI with a code, or with access_denied. A device code waits
// for Confirm, for a GET of its verificationUriComplete (a page of the server where AWS_ENDPOINT_URL is in force), or for
// as many polls as the world says:
//
//	"sso": [{"name": "corp", ..., "tokens": [], "login": {"polls": 2, "interval": "1s", "expires_in": "10m"}}]
//	"sso": [{"name": "corp", ..., "tokens": [], "login": {"refuse": true}}]
//
// As with AWS, a registration is for the authorization code (with redirectUris and issuerUrl) or for the device code,
// never both, and the OIDC endpoint of another region than the session's does not know it. The portal takes no token whose
// scopes leave sso:account:access out.
//
// # Time
//
// Advance moves the clock by which credentials, tokens and registrations end. Signatures are held against the clock
// that does not move, since a client goes on signing by its own. Expiration times in answers are by the moved clock.
package awssim
