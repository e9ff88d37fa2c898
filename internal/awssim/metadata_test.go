package awssim

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// identity is the ARN that the provider's credentials are for.
func identity(t *testing.T, s *Server, from aws.CredentialsProvider) string {
	t.Helper()
	c, err := from.Retrieve(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	// The SDK asks an instance again after an hour, though the credentials last longer.
	if left := c.Expires.Sub(s.time()); !c.CanExpire || left < 59*time.Minute {
		t.Errorf("the credentials last %v", left)
	}
	id, err := sts.NewFromConfig(client(s, "eu-west-1", c.AccessKeyID, c.SecretAccessKey, c.SessionToken)).
		GetCallerIdentity(context.Background(), &sts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	return *id.Arn
}

func TestInstanceMetadata(t *testing.T) {
	t.Parallel()
	s := start(t, hostsWorld)
	ctx := context.Background()
	c := imds.New(imds.Options{Endpoint: s.MetadataURL(), EnableFallback: aws.FalseTernary})
	role := ec2rolecreds.New(func(o *ec2rolecreds.Options) { o.Client = c })
	if got, want := identity(t, s, role), "arn:aws:sts::000000000002:assumed-role/Reader/"+s.metadata.session; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	region, err := c.GetRegion(ctx, &imds.GetRegionInput{})
	if err != nil || region.Region != "eu-west-1" {
		t.Error(region, err)
	}
	document, err := c.GetInstanceIdentityDocument(ctx, &imds.GetInstanceIdentityDocumentInput{})
	if err != nil || document.AccountID != "000000000002" || document.InstanceID != s.metadata.session {
		t.Error(document, err)
	}
	info, err := c.GetIAMInfo(ctx, &imds.GetIAMInfoInput{})
	if err != nil || info.InstanceProfileArn != "arn:aws:iam::000000000002:instance-profile/Reader" {
		t.Error(info, err)
	}
	// The same credentials until five minutes before they end.
	before, err := role.Retrieve(ctx)
	if err != nil {
		t.Fatal(err)
	}
	s.Advance(5*time.Hour + 56*time.Minute)
	after, err := imds.New(imds.Options{Endpoint: s.MetadataURL()}).GetMetadata(ctx, &imds.GetMetadataInput{Path: "iam/security-credentials/Reader"})
	if err != nil {
		t.Fatal(err)
	}
	defer after.Content.Close()
	if text, err := io.ReadAll(after.Content); err != nil || strings.Contains(string(text), before.AccessKeyID) {
		t.Errorf("%v %s", err, text)
	}
	wantProblems(t, s)
}

func TestMetadataVersion1(t *testing.T) {
	t.Parallel()
	s := start(t, hostsWorld)
	ask := func(method, path string, headers ...string) int {
		r, err := http.NewRequest(method, s.MetadataURL()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if token, err := io.ReadAll(resp.Body); method == http.MethodPut && err == nil && resp.StatusCode == 200 {
			if other := askToken(s, string(token)); other != 404 {
				t.Errorf("nothing there: %d", other)
			}
			s.Advance(time.Second)
			if late := askToken(s, string(token)); late != 401 {
				t.Errorf("a token that has ended: %d", late)
			}
		}
		return resp.StatusCode
	}
	const token, data = "/latest/api/token", "/latest/meta-data/iam/security-credentials/"
	for _, c := range []struct {
		status int
		method string
		path   string
		header []string
	}{
		{401, "GET", data, nil},
		{401, "GET", data, []string{imdsTokenHeader, "made up"}},
		{400, "PUT", token, nil},
		{400, "PUT", token, []string{imdsTTLHeader, "21601"}},
		{403, "PUT", token, []string{imdsTTLHeader, "60", "X-Forwarded-For", "10.0.0.1"}},
		{200, "PUT", token, []string{imdsTTLHeader, "1"}},
		{405, "POST", token, nil},
	} {
		if got := ask(c.method, c.path, c.header...); got != c.status {
			t.Errorf("%s %s %s: %d, want %d", c.method, c.path, c.header, got, c.status)
		}
	}
	wantProblems(t, s, "version 1", `is ""`, `is "21601"`, "through a proxy", "the method is POST")
}

// askToken asks for metadata that is not there, with a token.
func askToken(s *Server, token string) int {
	r, err := http.NewRequest(http.MethodGet, s.MetadataURL()+"/latest/meta-data/nothing", nil)
	if err != nil {
		return 0
	}
	r.Header.Set(imdsTokenHeader, token)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}

func TestContainerCredentials(t *testing.T) {
	t.Parallel()
	s := start(t, hostsWorld)
	with := func(token string) aws.CredentialsProvider {
		return endpointcreds.New(s.ContainerURL(), func(o *endpointcreds.Options) {
			o.AuthorizationToken, o.Retryer = token, aws.NopRetryer{}
		})
	}
	if got, want := identity(t, s, with(s.ContainerToken())), "arn:aws:sts::000000000002:assumed-role/Reader/"+s.container.session; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	wantProblems(t, s)
	_, err := with("wrong").Retrieve(context.Background())
	wantCode(t, err, "Unauthorized")
	wantProblems(t, s, "authorization token is missing or wrong")
	bare := start(t, signinWorld)
	if bare.MetadataURL() != "" || bare.ContainerURL() != "" || bare.ContainerToken() != "" {
		t.Error("there are endpoints that the world does not ask for")
	}
}

// TestBuckets signs as S3 wants it; the AWS CLI's own requests are in TestAWSCLIFederation.
func TestBuckets(t *testing.T) {
	t.Parallel()
	s := start(t, strings.Replace(hostsWorld, `{"name": "Reader", `, `{"name": "Blind", "allow": ["ec2:*", "sts:*"]}, {"name": "Reader", `, 1))
	user := s.users[0]
	blind, err := assume(s, firstUser(s, "us-east-1"), "000000000002:role/Blind")
	if err != nil {
		t.Fatal(err)
	}
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	keys := aws.Credentials{AccessKeyID: user.AccessKeyID, SecretAccessKey: user.SecretAccessKey}
	for _, c := range []struct {
		name, query, sum string
		keys             aws.Credentials
		status           int
		want             string
	}{
		{"all", "?x-id=ListBuckets", empty, keys, 200, "<Name>logs</Name>"},
		{"unsigned payload", "", "UNSIGNED-PAYLOAD", keys, 200, "<Name>code</Name>"},
		{"no sum", "", "", keys, 400, "AuthorizationHeaderMalformed"},
		{"wrong key", "", empty, aws.Credentials{AccessKeyID: user.AccessKeyID, SecretAccessKey: "wrong"}, 403, "SignatureDoesNotMatch"},
		{"stranger", "", empty, aws.Credentials{AccessKeyID: "AKIASTRANGER", SecretAccessKey: "wrong"}, 403, "InvalidAccessKeyId"},
		{"not allowed", "", empty, aws.Credentials{AccessKeyID: *blind.Credentials.AccessKeyId, SecretAccessKey: *blind.Credentials.SecretAccessKey,
			SessionToken: *blind.Credentials.SessionToken}, 403, "is not authorized to perform: s3:ListAllMyBuckets"},
		{"too many", "?max-buckets=10001", empty, keys, 400, "max-buckets"},
		{"other list", "?max-buckets=1&continuation-token=AAAA", empty, keys, 400, "continuation token"},
	} {
		r, err := http.NewRequest(http.MethodGet, s.URL()+"/"+c.query, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.sum != "" {
			r.Header.Set("X-Amz-Content-Sha256", c.sum)
		}
		if err := v4.NewSigner().SignHTTP(context.Background(), c.keys, r, c.sum, "s3", "eu-west-1", time.Now()); err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err = errors.Join(err, resp.Body.Close()); err != nil || resp.StatusCode != c.status || !strings.Contains(string(body), c.want) {
			t.Errorf("%s: %v %s %s", c.name, err, resp.Status, body)
		}
	}
	wantProblems(t, s, "x-amz-content-sha256 is missing", "wrong signature", "max-buckets is 10001", "NextToken")
}
