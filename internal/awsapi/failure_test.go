package awsapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/sso/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"muster/internal/awssim"
)

// TestExplainFaults: the failure of each fault of the network or the server, in each
// protocol.
func TestExplainFaults(t *testing.T) {
	t.Parallel()
	const html = "the answer is not a DescribeRegionsResponse but an HTML page (a proxy or sign-in page in between?)"
	for _, c := range []struct {
		service, fault string
		want           Failure // without service and operation; HOST for the server
	}{
		{"ec2", awssim.FaultThrottle, Failure{Kind: Throttled, Code: "RequestLimitExceeded", Message: "Request limit exceeded.", Answered: true}},
		{"sts", awssim.FaultThrottle, Failure{Kind: Throttled, Code: "Throttling", Message: "Rate exceeded", Answered: true}},
		{"organizations", awssim.FaultThrottle, Failure{Kind: Throttled, Code: "TooManyRequestsException", Message: "Rate exceeded", Answered: true}},
		{"account", awssim.FaultThrottle, Failure{Kind: Throttled, Code: "TooManyRequestsException", Message: "Rate exceeded", Answered: true}},
		{"sso", awssim.FaultThrottle, Failure{Kind: Throttled, Code: "TooManyRequestsException", Message: "Rate exceeded", Answered: true}},
		{"ec2", awssim.FaultReset, Failure{Kind: Unreachable, Code: "Connection", Message: "HOST: connection reset by peer"}},
		{"ec2", awssim.FaultClose, Failure{Kind: Unreachable, Code: "Connection", Message: "HOST: the connection was closed before the answer was complete"}},
		{"organizations", awssim.FaultClose, Failure{Kind: Unreachable, Code: "Connection", Message: "HOST: the connection was closed before the answer was complete"}},
		{"ec2", awssim.FaultHang, Failure{Kind: Unreachable, Code: "Timeout", Message: "HOST: no answer in time"}},
		{"sso", awssim.FaultHang, Failure{Kind: Unreachable, Code: "Timeout", Message: "HOST: no answer in time"}},
		{"ec2", awssim.FaultHTML, Failure{Kind: Broken, Code: "InvalidAnswer", Message: html, Answered: true}},
		{"ec2", awssim.FaultEmpty, Failure{Kind: Broken, Code: "InvalidAnswer", Message: "the answer is not a DescribeRegionsResponse but empty", Answered: true}},
		{"ec2", awssim.FaultGarbage, Failure{Kind: Broken, Code: "InvalidAnswer", Message: "the answer is not a DescribeRegionsResponse but something else", Answered: true}},
		{"ec2", awssim.FaultWrongRoot, Failure{Kind: Broken, Code: "InvalidAnswer", Message: "the answer is not a DescribeRegionsResponse but another XML document", Answered: true}},
		{"ec2", awssim.FaultTruncate, Failure{Kind: Broken, Code: "InvalidAnswer", Message: "the connection was closed before the answer was complete", Answered: true}},
	} {
		t.Run(c.service+" "+c.fault, func(t *testing.T) {
			t.Parallel()
			w := smallWorld()
			w.SSO = []awssim.SSOSession{{Name: "corp", StartURL: "https://corp.awsapps.com/start", Region: "us-east-1", Tokens: []awssim.SSOToken{{AccessToken: "a-token"}}}}
			w.Faults = []awssim.Fault{{Kind: c.fault}}
			sim := startWorld(t, w)
			s := Settings{EndpointURL: sim.URL(), MaxAttempts: 1}
			if c.fault == awssim.FaultHang {
				s.ReadTimeout = 30 * time.Millisecond
			}
			err := callService[c.service](t.Context(), New(s), Target{Region: "us-east-1"}, ann)
			if err == nil {
				t.Fatal("no error")
			}
			got := Explain(err)
			got.Service, got.Operation = "", ""
			got.Message = strings.ReplaceAll(got.Message, strings.TrimPrefix(sim.URL(), "http://"), "HOST")
			if got != c.want {
				t.Errorf("\n got %+v\nwant %+v\n from %v", got, c.want, err)
			}
		})
	}
}

// TestExplainNonsense: in each protocol, an unreadable answer is broken, and never an empty
// list.
func TestExplainNonsense(t *testing.T) {
	t.Parallel()
	for _, service := range []string{"ec2", "sts", "organizations", "sso", "account"} {
		for _, fault := range []string{awssim.FaultHTML, awssim.FaultGarbage, awssim.FaultTruncate, awssim.FaultCut} {
			t.Run(service+" "+fault, func(t *testing.T) {
				t.Parallel()
				w := smallWorld()
				w.SSO = []awssim.SSOSession{{Name: "corp", StartURL: "https://corp.awsapps.com/start", Region: "us-east-1",
					Assignments: map[string][]string{"*": {"ReadOnly"}}, Tokens: []awssim.SSOToken{{AccessToken: "a-token"}}}}
				w.Faults = []awssim.Fault{{Kind: fault}}
				err := callService[service](t.Context(), New(Settings{EndpointURL: startWorld(t, w).URL(), MaxAttempts: 1}), Target{Region: "us-east-1"}, ann)
				if err == nil {
					t.Fatal("no error")
				}
				if got := Explain(err); got.Kind != Broken || got.Code != "InvalidAnswer" || !got.Answered || got.Message == "" {
					t.Errorf("%+v from %v", got, err)
				}
			})
		}
	}
}

func TestExplainStatus(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		want   Failure
	}{
		{503, "<html>busy</html>", Failure{Kind: Unreachable, Code: "InvalidAnswer", Message: "HTTP status 503, without an error that can be read"}},
		{429, "slow down", Failure{Kind: Throttled, Code: "InvalidAnswer", Message: "HTTP status 429, without an error that can be read"}},
		{407, "", Failure{Kind: Broken, Code: "InvalidAnswer", Message: "HTTP status 407, without an error that can be read"}},
		{302, "<html>moved</html>", Failure{Kind: Broken, Code: "InvalidAnswer", Message: "HTTP status 302, without an error that can be read"}},
		{500, fmt.Sprintf(ec2Error, "SomethingNew", "we are sorry"), Failure{Kind: Unreachable, Code: "SomethingNew", Message: "we are sorry"}},
		{400, fmt.Sprintf(ec2Error, "SomethingNew", "you are wrong"), Failure{Kind: Broken, Code: "SomethingNew", Message: "you are wrong"}},
		{400, fmt.Sprintf(ec2Error, "OptInRequired", "not here"), Failure{Kind: NotOptedIn, Code: "OptInRequired", Message: "not here"}},
		{503, fmt.Sprintf(ec2Error, "Unavailable", "later"), Failure{Kind: Unreachable, Code: "Unavailable", Message: "later"}},
		{403, fmt.Sprintf(ec2Error, "SignatureDoesNotMatch", "It does not match.\n\nThe Canonical String for this request should have been\n'POST\nx-amz-security-token:the-token\n"),
			Failure{Kind: Denied, Code: "SignatureDoesNotMatch", Message: "It does not match."}},
		{400, fmt.Sprintf(ec2Error, "Odd", "X-Amz-Security-Token: the/token== is odd"), Failure{Kind: Broken, Code: "Odd", Message: "X-Amz-Security-Token: ... is odd"}},
	} {
		t.Run(fmt.Sprint(c.status, " ", c.want.Code), func(t *testing.T) {
			t.Parallel()
			a := fakeAPI(Settings{MaxAttempts: 1}, func(r *http.Request) (*http.Response, error) { return answer(r, c.status, c.body), nil })
			c.want.Service, c.want.Operation, c.want.Answered = "EC2", "DescribeRegions", true
			if got := Explain(callService["ec2"](t.Context(), a, Target{Region: "us-east-1"}, ann)); got != c.want {
				t.Errorf("\n got %+v\nwant %+v", got, c.want)
			}
		})
	}
}

// TestExplainDenials: the kinds of denials, and Denied.
func TestExplainDenials(t *testing.T) {
	t.Parallel()
	w := smallWorld()
	w.SSO = []awssim.SSOSession{{Name: "corp", StartURL: "https://corp.awsapps.com/start", Region: "us-east-1", Tokens: []awssim.SSOToken{{AccessToken: "a-token"}}}}
	w.Deny = []awssim.Deny{{Kind: "scp", Actions: []string{"ec2:*"}, Accounts: []string{"shop"}}}
	a := New(Settings{EndpointURL: startWorld(t, w).URL()})
	key := func(id, secret string) aws.CredentialsProvider {
		return credentials.NewStaticCredentialsProvider(id, secret, "")
	}
	bob, cyd := key("AKIABOBBOBBOBBOBBOBB", "bob's-secret"), key("AKIACYDCYDCYDCYDCYDC", "cyd's-secret")
	assume := func(role string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := a.STS(Target{Region: "us-east-1"}).AssumeRole(ctx,
				&sts.AssumeRoleInput{RoleArn: &role, RoleSessionName: aws.String("test")}, func(o *sts.Options) { o.Credentials = ann })
			return err
		}
	}
	by := func(service string, c aws.CredentialsProvider) func(context.Context) error {
		return func(ctx context.Context) error { return callService[service](ctx, a, Target{Region: "eu-west-1"}, c) }
	}
	for _, c := range []struct {
		name   string
		call   func(context.Context) error
		want   Failure // Message: a part of it
		denied bool
	}{
		{"scp", by("ec2", cyd), Failure{Kind: DeniedSCP, Service: "EC2", Operation: "DescribeRegions", Code: "UnauthorizedOperation",
			Message: "arn:aws:iam::222222222222:user/cyd is not authorized to perform: ec2:DescribeRegions with an explicit deny in a service control policy"}, true},
		{"iam", by("ec2", bob), Failure{Kind: Denied, Service: "EC2", Operation: "DescribeRegions", Code: "UnauthorizedOperation",
			Message: "because no identity-based policy allows the ec2:DescribeRegions action"}, true},
		{"iam of Organizations", by("organizations", bob), Failure{Kind: Denied, Service: "Organizations", Operation: "ListRoots", Code: "AccessDeniedException",
			Message: "because no identity-based policy allows"}, true},
		{"not the management account", by("organizations", cyd), Failure{Kind: Denied, Service: "Organizations", Operation: "ListRoots", Code: "AccessDeniedException",
			Message: "You don't have permissions to access this resource."}, true},
		{"no such role", assume("arn:aws:iam::222222222222:role/Nope"), Failure{Kind: NoRole, Service: "STS", Operation: "AssumeRole", Code: "AccessDenied",
			Message: "is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/Nope"}, true},
		{"no access in SSO", func(ctx context.Context) error {
			_, err := a.SSO(Target{}, "us-east-1").GetRoleCredentials(ctx,
				&sso.GetRoleCredentialsInput{AccessToken: aws.String("a-token"), AccountId: aws.String("111111111111"), RoleName: aws.String("Nope")})
			return err
		}, Failure{Kind: NoRole, Service: "SSO", Operation: "GetRoleCredentials", Code: "ForbiddenException", Message: "No access"}, true},
		{"dead token", func(ctx context.Context) error {
			_, err := a.SSO(Target{}, "us-east-1").ListAccounts(ctx, &sso.ListAccountsInput{AccessToken: aws.String("another")})
			return err
		}, Failure{Kind: Expired, Service: "SSO", Operation: "ListAccounts", Code: "UnauthorizedException", Message: "Session token not found or invalid"}, false},
		{"dead refresh token", by("sso_oidc", nil), Failure{Kind: Broken, Service: "SSO OIDC", Operation: "CreateToken", Code: "InvalidClientException"}, false},
		{"unknown key", by("sts", key("AKIAUNKNOWN", "x")), Failure{Kind: Denied, Service: "STS", Operation: "GetCallerIdentity", Code: "InvalidClientTokenId",
			Message: "The security token included in the request is invalid."}, true},
		{"unknown key in EC2", by("ec2", key("AKIAUNKNOWN", "x")), Failure{Kind: Denied, Service: "EC2", Operation: "DescribeRegions", Code: "AuthFailure",
			Message: "AWS was not able to validate the provided access credentials"}, true},
		{"wrong secret", by("sts", key(annKey, "x")), Failure{Kind: Denied, Service: "STS", Operation: "GetCallerIdentity", Code: "SignatureDoesNotMatch",
			Message: "The request signature we calculated does not match"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := c.call(t.Context())
			if err == nil {
				t.Fatal("no error")
			}
			got := Explain(err)
			if !strings.Contains(got.Message, c.want.Message) {
				t.Errorf("message %q, want one with %q", got.Message, c.want.Message)
			}
			got.Message, c.want.Message, c.want.Answered = "", "", true
			if got != c.want || got.Denied() != c.denied {
				t.Errorf("\n got %+v, denied %t\nwant %+v, denied %t", got, got.Denied(), c.want, c.denied)
			}
		})
	}
}

func TestExplainNoConnection(t *testing.T) {
	t.Parallel()
	target := Target{Region: "us-east-1"}
	refused := New(Settings{EndpointURL: "http://127.0.0.1:1", MaxAttempts: 1})
	got := Explain(callService["ec2"](t.Context(), refused, target, ann))
	if want := (Failure{Unreachable, "EC2", "DescribeRegions", "Connection", "127.0.0.1:1: connection refused", false}); got != want {
		t.Errorf("refused:\n got %+v\nwant %+v", got, want)
	}
	// .invalid never resolves. Without a network, the error is the resolver's.
	unknown := New(Settings{EndpointURL: "http://nowhere.invalid", MaxAttempts: 1})
	got = Explain(callService["ec2"](t.Context(), unknown, target, ann))
	if got.Kind != Unreachable || got.Code != "NameResolution" || !strings.HasPrefix(got.Message, "nowhere.invalid: ") {
		t.Errorf("unknown host: %+v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got = Explain(callService["ec2"](ctx, New(Settings{EndpointURL: "http://127.0.0.1:1"}), target, ann))
	if want := (Failure{Cancelled, "EC2", "DescribeRegions", "", "cancelled before the answer arrived", false}); got != want {
		t.Errorf("cancelled:\n got %+v\nwant %+v", got, want)
	}
}

type ownReason struct{}

func (ownReason) Error() string { return "of\n our  own" }
func (ownReason) Reason() Kind  { return Expired }

// TestExplainWrapped: the failure names the innermost of nested calls, and has the Reason of
// muster's own errors.
func TestExplainWrapped(t *testing.T) {
	t.Parallel()
	inner := &smithy.OperationError{ServiceID: "STS", OperationName: "AssumeRole", Err: &smithy.GenericAPIError{Code: "ExpiredToken", Message: "ended"}}
	for _, c := range []struct {
		err  error
		want Failure
	}{
		{&smithy.OperationError{ServiceID: "EC2", OperationName: "DescribeInstances", Err: fmt.Errorf("get identity: %w", inner)},
			Failure{Kind: Expired, Service: "STS", Operation: "AssumeRole", Code: "ExpiredToken", Message: "ended"}},
		{&smithy.OperationError{ServiceID: "EC2", OperationName: "DescribeInstances", Err: ownReason{}},
			Failure{Kind: Expired, Service: "EC2", Operation: "DescribeInstances", Message: "of our own"}},
		{&smithy.OperationError{ServiceID: "SSO", OperationName: "GetRoleCredentials", Err: &types.ResourceNotFoundException{Message: aws.String("no such permission set")}},
			Failure{Kind: NoRole, Service: "SSO", Operation: "GetRoleCredentials", Code: "ResourceNotFoundException", Message: "no such permission set"}},
		{errors.New("two\nlines"), Failure{Kind: Broken, Message: "two lines"}},
		{&url.Error{Op: "Post", URL: "https://key:secret@sts.example/?token=secret", Err: errors.New("odd")},
			Failure{Kind: Unreachable, Code: "Connection", Message: "sts.example: odd"}},
	} {
		if got := Explain(c.err); got != c.want {
			t.Errorf("%v:\n got %+v\nwant %+v", c.err, got, c.want)
		}
	}
	if (Failure{Kind: NoRole}).Denied() || (Failure{Kind: Throttled, Code: "Throttling"}).Denied() {
		t.Error("a role without a call to AWS, or throttling, counts as denied")
	}
}
