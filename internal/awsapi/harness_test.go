package awsapi

import (
	"context"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"muster/internal/awssim"
	"muster/internal/catalog"
)

// startWorld serves an organization until the test ends.
func startWorld(t testing.TB, w *awssim.World, opts ...awssim.Option) *awssim.Server {
	t.Helper()
	sim, err := awssim.Start(w, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sim.Close() })
	return sim
}

// botocore returns the Python that has botocore, and the services by their names there.
func botocore(t *testing.T) (python string, services map[string]*catalog.Service) {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not on PATH")
	}
	if exec.Command(python, "-c", "import botocore").Run() != nil {
		t.Skip("botocore is not installed")
	}
	services = map[string]*catalog.Service{}
	for _, e := range catalog.Services() {
		s := catalog.Open(e.Name)
		services[s.Dir] = s
	}
	return python, services
}

// lookup looks names up in env.
func lookup(env map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := env[name]; return v, ok }
}

// roundTripper stands in for the network, below the HTTP client.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// fakeAPI returns an API whose network is f.
func fakeAPI(s Settings, f roundTripper) *API {
	a := New(s)
	a.http.transport = f
	return a
}

// answer returns a response to r.
func answer(r *http.Request, status int, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"text/xml"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

const (
	emptyRegions = `<DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><regionInfo/></DescribeRegionsResponse>`
	ec2Error     = `<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>1</RequestID></Response>`
)

// callService makes the smallest call of each service.
var callService = map[string]func(context.Context, *API, Target, aws.CredentialsProvider) error{
	"sts": func(ctx context.Context, a *API, t Target, c aws.CredentialsProvider) error {
		_, err := a.STS(t).GetCallerIdentity(ctx, nil, func(o *sts.Options) { o.Credentials = c })
		return err
	},
	"ec2": func(ctx context.Context, a *API, t Target, c aws.CredentialsProvider) error {
		_, err := a.Named("ec2", "describe-regions").Call(ctx, t, t.Region, c, nil)
		return err
	},
	"organizations": func(ctx context.Context, a *API, t Target, c aws.CredentialsProvider) error {
		_, err := a.Named("organizations", "list-roots").Call(ctx, t, catalog.PartitionOf(t.Region).Global(), c, nil)
		return err
	},
	"account": func(ctx context.Context, a *API, t Target, c aws.CredentialsProvider) error {
		_, err := a.Named("account", "list-regions").Call(ctx, t, catalog.PartitionOf(t.Region).Global(), c, nil)
		return err
	},
	"sso": func(ctx context.Context, a *API, t Target, _ aws.CredentialsProvider) error {
		_, err := a.SSO(t, t.Region).ListAccounts(ctx, &sso.ListAccountsInput{AccessToken: aws.String("a-token")})
		return err
	},
	"sso_oidc": func(ctx context.Context, a *API, t Target, _ aws.CredentialsProvider) error {
		_, err := a.OIDC(t, t.Region).CreateToken(ctx, &ssooidc.CreateTokenInput{
			ClientId: aws.String("c"), ClientSecret: aws.String("s"), GrantType: aws.String("refresh_token"), RefreshToken: aws.String("r"),
		})
		return err
	},
}

// The user ann is in smallWorld.
const (
	annKey    = "AKIAANNANNANNANNANNA"
	annSecret = "ann's-secret-is-not-to-be-logged-anywher"
)

var ann = credentials.NewStaticCredentialsProvider(annKey, annSecret, "")

// smallWorld has two accounts. In the first, ann may do everything and bob nothing.
func smallWorld() *awssim.World {
	return &awssim.World{
		Organization: &awssim.Organization{},
		Accounts:     []awssim.Account{{ID: "111111111111", Name: "main"}, {ID: "222222222222", Name: "shop"}},
		Users: []awssim.User{
			{Account: "main", Name: "ann", AccessKeyID: annKey, SecretAccessKey: annSecret},
			{Account: "main", Name: "bob", AccessKeyID: "AKIABOBBOBBOBBOBBOBB", SecretAccessKey: "bob's-secret", Allow: []string{"none:none"}},
			{Account: "shop", Name: "cyd", AccessKeyID: "AKIACYDCYDCYDCYDCYDC", SecretAccessKey: "cyd's-secret"},
		},
		Roles: []awssim.Role{{Name: "Reader"}},
	}
}
