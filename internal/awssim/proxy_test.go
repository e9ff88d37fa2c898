package awssim

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// throughProxy is a client that reaches AWS's own host names through the server's proxy.
func throughProxy(t *testing.T, s *Server) *http.Client {
	t.Helper()
	proxy, err := url.Parse(s.ProxyURL())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(s.CAPEM()) {
		t.Fatal("no CA")
	}
	transport := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func real(cfg aws.Config, c *http.Client) aws.Config {
	cfg.BaseEndpoint, cfg.HTTPClient = nil, wholeBody{c}
	return cfg
}

func TestProxy(t *testing.T) {
	t.Parallel()
	s := startWorld(t, DefaultWorld())
	c := throughProxy(t, s)
	ctx := context.Background()
	me := real(firstUser(s, "eu-central-1"), c)
	if _, err := sts.NewFromConfig(me).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}); err != nil {
		t.Error(err)
	}
	if _, err := invoke(me, "organizations", "ListAccounts"); err != nil {
		t.Error(err)
	}
	if _, err := invoke(me, "ec2", "DescribeInstances"); err != nil {
		t.Error(err)
	}
	dual := me
	dual.BaseEndpoint = aws.String("https://ec2.eu-central-1.api.aws")
	if _, err := invoke(dual, "ec2", "DescribeInstances"); err != nil {
		t.Error(err)
	}
	fips := func(o *sts.Options) { o.EndpointOptions.UseFIPSEndpoint = aws.FIPSEndpointStateEnabled }
	if _, err := sts.NewFromConfig(real(firstUser(s, "us-east-2"), c), fips).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}); err != nil {
		t.Error(err)
	}
	hosts := []string{}
	for _, call := range s.Calls() {
		hosts = append(hosts, call.Host)
	}
	want := "sts.eu-central-1.amazonaws.com organizations.us-east-1.amazonaws.com ec2.eu-central-1.amazonaws.com " +
		"ec2.eu-central-1.api.aws sts-fips.us-east-2.amazonaws.com"
	if got := strings.Join(hosts, " "); got != want {
		t.Errorf("hosts %s, want %s", got, want)
	}

	token := s.sessions[0].Tokens[0]
	portal := func(region string) error {
		_, err := sso.NewFromConfig(real(client(s, region, "", "", ""), c)).ListAccounts(ctx, &sso.ListAccountsInput{AccessToken: &token.AccessToken})
		return err
	}
	if err := portal("us-east-2"); err != nil {
		t.Error(err)
	}
	if _, err := ssooidc.NewFromConfig(real(client(s, "us-east-2", "", "", ""), c)).CreateToken(ctx, &ssooidc.CreateTokenInput{ClientId: &token.ClientID,
		ClientSecret: &token.ClientSecret, GrantType: aws.String("refresh_token"), RefreshToken: &token.RefreshToken}); err != nil {
		t.Error(err)
	}
	wantProblems(t, s)
	wantCode(t, portal("us-west-2"), "UnauthorizedException")
	wantProblems(t, s, "the portal of the session freddy-sso is in us-east-2")

	// The proxy rejects hosts that are not of AWS.
	if resp, err := c.Get("https://example.com/"); err == nil {
		resp.Body.Close()
		t.Error("the proxy reached example.com")
	}
	// Who does not know the CA does not trust the host.
	stranger := &http.Client{Transport: &http.Transport{Proxy: c.Transport.(*http.Transport).Proxy}}
	if resp, err := stranger.Get("https://sts.us-east-1.amazonaws.com/"); err == nil {
		resp.Body.Close()
		t.Error("the certificate was trusted without the CA")
	}
}

// TestWrongEndpoint signs for one region and sends to the host of another.
func TestWrongEndpoint(t *testing.T) {
	t.Parallel()
	s := startWorld(t, DefaultWorld())
	c := throughProxy(t, s)
	cfg := real(firstUser(s, "eu-central-1"), c)
	cfg.BaseEndpoint = aws.String("https://ec2.eu-west-1.amazonaws.com")
	_, err := invoke(cfg, "ec2", "DescribeInstances")
	wantCode(t, err, "AuthFailure")
	cfg.BaseEndpoint = aws.String("https://sts.eu-central-1.amazonaws.com")
	if _, err = invoke(cfg, "ec2", "DescribeInstances"); err == nil {
		t.Error("STS answered for EC2")
	}
	wantProblems(t, s, "signed for ec2 in eu-central-1", "DescribeInstances is no operation of sts.eu-central-1.amazonaws.com")
}

// TestGlobalTokens takes credentials from sts.amazonaws.com: they are good in always-on regions only.
func TestGlobalTokens(t *testing.T) {
	t.Parallel()
	s := startWorld(t, DefaultWorld())
	c := throughProxy(t, s)
	global := real(firstUser(s, "us-east-1"), c)
	global.BaseEndpoint = aws.String("https://sts.amazonaws.com")
	regional := real(firstUser(s, "us-east-1"), c)
	role := "451629441155:role/EC2ReadAccess"
	ask := func(from aws.Config, region string) error {
		out, err := assume(s, from, role)
		if err != nil {
			t.Fatal(err)
		}
		_, err = invoke(real(withCredentials(s, region, out.Credentials), c), "ec2", "DescribeInstances")
		return err
	}
	if err := ask(regional, "af-south-1"); err != nil {
		t.Error(err)
	}
	if err := ask(global, "us-west-2"); err != nil {
		t.Error(err)
	}
	wantProblems(t, s)
	wantCode(t, ask(global, "af-south-1"), "AuthFailure")
	wantProblems(t, s, "a token of the global STS endpoint in an opt-in region")
}

func TestResolveHost(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		partition, host string
		want            endpoint
	}{
		{"aws", "sts.amazonaws.com", endpoint{"sts", "us-east-1", true}},
		{"aws", "portal.sso.eu-west-1.amazonaws.com", endpoint{"sso", "eu-west-1", false}},
		{"aws", "oidc.eu-west-1.amazonaws.com", endpoint{"oidc", "eu-west-1", false}},
		{"aws", "account.us-east-1.amazonaws.com", endpoint{"account", "us-east-1", false}},
		{"aws", "ec2.mars-1.amazonaws.com", endpoint{}},
		{"aws", "s3.us-east-1.amazonaws.com", endpoint{"s3", "us-east-1", false}},
		{"aws", "s3.dualstack.eu-west-1.amazonaws.com", endpoint{"s3", "eu-west-1", false}},
		{"aws", "s3.amazonaws.com", endpoint{"s3", "us-east-1", false}},
		{"aws", "signin.aws.amazon.com", endpoint{"signin", "us-east-1", false}},
		{"aws", "eu-west-1.signin.aws.amazon.com", endpoint{"signin", "eu-west-1", false}},
		{"aws", "evilsignin.aws.amazon.com", endpoint{}},
		{"aws", "signin.amazonaws.cn", endpoint{}},
		{"aws-cn", "signin.amazonaws.cn", endpoint{"signin", "cn-northwest-1", false}},
		{"aws-us-gov", "us-gov-east-1.signin.amazonaws-us-gov.com", endpoint{"signin", "us-gov-east-1", false}},
		{"aws", "sns.us-east-1.amazonaws.com", endpoint{}},
		{"aws", "ec2.us-east-1.amazonaws.com.evil.example", endpoint{}},
		{"aws-cn", "ec2.cn-north-1.amazonaws.com.cn", endpoint{"ec2", "cn-north-1", false}},
		{"aws-cn", "sts.amazonaws.com", endpoint{}},
		{"aws-cn", "organizations.cn-northwest-1.amazonaws.com.cn", endpoint{"organizations", "cn-northwest-1", false}},
		{"aws-us-gov", "ec2.us-gov-west-1.amazonaws.com", endpoint{"ec2", "us-gov-west-1", false}},
	} {
		if got, _ := partitions[c.partition].resolveHost(c.host); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.host, got, c.want)
		}
	}
}
