package awsapi

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

// endpointCall is the URL of a call, and the region and service of its signature.
type endpointCall struct{ url, region string }

// callEndpoint makes one call and returns its request.
func callEndpoint(t *testing.T, s Settings, target Target, service string) endpointCall {
	t.Helper()
	s.MaxAttempts = 1
	var got endpointCall
	a := fakeAPI(s, func(r *http.Request) (*http.Response, error) {
		got.url = r.URL.Scheme + "://" + r.URL.Host
		if _, scope, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
			got.region = strings.Split(scope, "/")[2]
		}
		return nil, errors.New("caught")
	})
	if err := callService[service](t.Context(), a, target, ann); err == nil || !strings.HasSuffix(err.Error(), "caught") {
		t.Fatalf("%s: %v", service, err)
	}
	return got
}

func TestEndpointPrecedence(t *testing.T) {
	t.Parallel()
	const flag, envEC2, env, ofEC2, of, real = "http://flag", "http://env-ec2", "http://env", "http://services", "http://profile", "https://ec2.eu-west-1.amazonaws.com"
	both := map[string]string{"AWS_ENDPOINT_URL_EC2": envEC2, "AWS_ENDPOINT_URL": env}
	profile := Target{EndpointURL: of, Services: map[string]string{"ec2": ofEC2, "sts": "http://other"}}
	for _, c := range []struct {
		name   string
		flag   string
		env    map[string]string
		target Target
		want   string
	}{
		{"flag over all", flag, both, profile, flag},
		{"flag though ignored", flag, map[string]string{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, profile, flag},
		{"service in the environment", "", both, profile, envEC2},
		{"environment", "", map[string]string{"AWS_ENDPOINT_URL": env, "AWS_ENDPOINT_URL_STS": "http://other"}, profile, env},
		{"empty is not set", "", map[string]string{"AWS_ENDPOINT_URL_EC2": "", "AWS_ENDPOINT_URL": ""}, profile, ofEC2},
		{"service in the profile", "", nil, profile, ofEC2},
		{"profile", "", nil, Target{EndpointURL: of, Services: map[string]string{"sts": "http://other"}}, of},
		{"none", "", nil, Target{}, real},
		{"ignored by the environment", "", map[string]string{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "TRUE", "AWS_ENDPOINT_URL": env}, profile, real},
		{"not ignored by the environment", "", map[string]string{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false", "AWS_ENDPOINT_URL": env}, profile, env},
		{"the environment overrides the profile", "", map[string]string{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false"}, Target{EndpointURL: of, IgnoreURLs: true}, of},
		{"ignored by the profile", "", both, Target{EndpointURL: of, IgnoreURLs: true}, real},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.target.Region = "eu-west-1"
			got := callEndpoint(t, Settings{EndpointURL: c.flag, Lookup: lookup(c.env)}, c.target, "ec2")
			if want := (endpointCall{c.want, "eu-west-1"}); got != want {
				t.Errorf("requested %v, want %v", got, want)
			}
		})
	}
	// AWS_ENDPOINT_URL_<SERVICE> has AWS's names of services.
	for service := range callService {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			got := callEndpoint(t, Settings{Lookup: lookup(map[string]string{"AWS_ENDPOINT_URL_" + strings.ToUpper(service): "http://own"})}, Target{Region: "eu-west-1"}, service)
			if got.url != "http://own" {
				t.Errorf("requested %s", got.url)
			}
			for _, target := range []Target{{FIPS: true}, {DualStack: true}, {FIPS: true, DualStack: true}} { // give way to it
				target.Region, target.Services = "eu-west-1", map[string]string{service: "http://own"}
				if got := callEndpoint(t, Settings{}, target, service); got.url != "http://own" {
					t.Errorf("%+v: requested %s", target, got.url)
				}
				target.Services = nil
				if got := callEndpoint(t, Settings{EndpointURL: "http://flag"}, target, service); got.url != "http://flag" {
					t.Errorf("%+v: requested %s", target, got.url)
				}
			}
		})
	}
}

// TestHosts: host names follow AWS's rules, STS is always regional, and a service with one
// endpoint per partition is signed for the region of that endpoint.
func TestHosts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		service string
		target  Target
		want    endpointCall
	}{
		{"sts", Target{Region: "us-east-1"}, endpointCall{"https://sts.us-east-1.amazonaws.com", "us-east-1"}},
		{"sts", Target{Region: "aws-global"}, endpointCall{"https://sts.us-east-1.amazonaws.com", "us-east-1"}},
		{"sts", Target{Region: "us-west-2"}, endpointCall{"https://sts.us-west-2.amazonaws.com", "us-west-2"}},
		{"sts", Target{Region: "af-south-1"}, endpointCall{"https://sts.af-south-1.amazonaws.com", "af-south-1"}},
		{"sts", Target{Region: "cn-north-1"}, endpointCall{"https://sts.cn-north-1.amazonaws.com.cn", "cn-north-1"}},
		{"sts", Target{Region: "us-gov-west-1"}, endpointCall{"https://sts.us-gov-west-1.amazonaws.com", "us-gov-west-1"}},
		{"sts", Target{Region: "eusc-de-east-1"}, endpointCall{"https://sts.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"}},
		{"sts", Target{Region: "us-east-1", FIPS: true}, endpointCall{"https://sts-fips.us-east-1.amazonaws.com", "us-east-1"}},
		{"sts", Target{Region: "us-east-1", DualStack: true}, endpointCall{"https://sts.us-east-1.api.aws", "us-east-1"}},
		{"ec2", Target{Region: "eu-west-1"}, endpointCall{"https://ec2.eu-west-1.amazonaws.com", "eu-west-1"}},
		{"ec2", Target{Region: "cn-northwest-1"}, endpointCall{"https://ec2.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1"}},
		{"ec2", Target{Region: "us-west-2", FIPS: true}, endpointCall{"https://ec2-fips.us-west-2.amazonaws.com", "us-west-2"}},
		{"ec2", Target{Region: "us-west-2", DualStack: true}, endpointCall{"https://ec2.us-west-2.api.aws", "us-west-2"}},
		{"ec2", Target{Region: "us-west-2", FIPS: true, DualStack: true}, endpointCall{"https://ec2-fips.us-west-2.api.aws", "us-west-2"}},
		{"sso", Target{Region: "eu-central-1"}, endpointCall{"https://portal.sso.eu-central-1.amazonaws.com", ""}},
		{"sso_oidc", Target{Region: "eu-central-1"}, endpointCall{"https://oidc.eu-central-1.amazonaws.com", ""}},
		{"organizations", Target{Region: "eu-central-1"}, endpointCall{"https://organizations.us-east-1.amazonaws.com", "us-east-1"}},
		{"organizations", Target{Region: "cn-north-1"}, endpointCall{"https://organizations.cn-northwest-1.amazonaws.com.cn", "cn-northwest-1"}},
		{"organizations", Target{Region: "us-gov-east-1"}, endpointCall{"https://organizations.us-gov-west-1.amazonaws.com", "us-gov-west-1"}},
		{"organizations", Target{Region: "eu-west-1", FIPS: true}, endpointCall{"https://organizations-fips.us-east-1.amazonaws.com", "us-east-1"}},
		{"account", Target{Region: "ap-south-2"}, endpointCall{"https://account.us-east-1.amazonaws.com", "us-east-1"}},
	} {
		t.Run(c.service+" "+c.want.url, func(t *testing.T) {
			t.Parallel()
			if got := callEndpoint(t, Settings{}, c.target, c.service); got != c.want {
				t.Errorf("requested %v, want %v", got, c.want)
			}
		})
	}
}

// TestClientsAreShared: there is one client for each endpoint.
func TestClientsAreShared(t *testing.T) {
	t.Parallel()
	a := New(Settings{})
	here := Target{Region: "eu-west-1"}
	if a.STS(here) == a.STS(Target{Region: "us-east-1"}) {
		t.Error("two regions of STS share a client")
	}
	if a.STS(here) == a.STS(Target{Region: "eu-west-1", FIPS: true}) {
		t.Error("STS with FIPS and without share a client")
	}
}
