package awssim

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

const rolesWorld = `{
	"accounts": [{"id": "000000000001", "name": "main", "opted_in": ["af-south-1"]}, {"id": "000000000002", "name": "shop"},
		{"id": "000000000003", "name": "gone", "state": "SUSPENDED"}],
	"users": [{"account": "main", "name": "ann", "mfa_serial": "arn:aws:iam::000000000001:mfa/ann", "mfa_codes": ["123456", "654321"],
		"mfa_secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"}],
	"roles": [
		{"name": "Reader", "path": "/team/"},
		{"name": "Partner", "external_id": "s3cret-id", "accounts": ["shop"]},
		{"name": "Guarded", "require_mfa": true, "accounts": ["shop"]},
		{"name": "Second", "trust": ["arn:aws:iam::000000000002:role/team/Reader"], "accounts": ["main"], "max_session": "2h"},
		{"name": "Stranger", "trust": ["shop"], "accounts": ["shop"]}]}`

func assume(s *Server, cfg aws.Config, role string, change ...func(*sts.AssumeRoleInput)) (*sts.AssumeRoleOutput, error) {
	in := &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::" + role), RoleSessionName: aws.String("test")}
	for _, f := range change {
		f(in)
	}
	return sts.NewFromConfig(cfg).AssumeRole(context.Background(), in)
}

func TestAssumeRole(t *testing.T) {
	t.Parallel()
	s := start(t, rolesWorld)
	ann := firstUser(s, "eu-west-1")
	lasting := func(d int32) func(*sts.AssumeRoleInput) {
		return func(in *sts.AssumeRoleInput) { in.DurationSeconds = &d }
	}
	code := func(code string) func(*sts.AssumeRoleInput) {
		return func(in *sts.AssumeRoleInput) {
			in.SerialNumber, in.TokenCode = aws.String("arn:aws:iam::000000000001:mfa/ann"), &code
		}
	}
	external := func(id string) func(*sts.AssumeRoleInput) {
		return func(in *sts.AssumeRoleInput) { in.ExternalId = &id }
	}
	refused := "User: arn:aws:iam::000000000001:user/ann is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::"
	for _, c := range []struct {
		role   string
		change func(*sts.AssumeRoleInput)
		want   string // part of the error, "" for none
	}{
		{"000000000002:role/team/Reader", lasting(900), ""},
		{"000000000002:role/team/Reader", lasting(899), "Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"},
		{"000000000002:role/team/Reader", lasting(3601), "exceeds the MaxSessionDuration set for this role"},
		{"000000000002:role/team/Reader", lasting(43201), "less than or equal to 43200"},
		{"000000000002:role/Reader", lasting(900), refused},
		{"000000000003:role/team/Reader", lasting(900), refused},
		{"000000000002:role/Stranger", lasting(900), refused},
		{"000000000002:role/Partner", lasting(900), refused},
		{"000000000002:role/Partner", external("guess"), refused},
		{"000000000002:role/Partner", external("s3cret-id"), ""},
		{"000000000002:role/Guarded", lasting(900), refused},
		{"000000000002:role/Guarded", code("111111"), "MultiFactorAuthentication failed with invalid MFA one time pass code."},
		{"000000000002:role/Guarded", code("123456"), ""},
		{"000000000002:role/Guarded", code("123456"), "MultiFactorAuthentication failed"},
		{"000000000002:role/Guarded", func(in *sts.AssumeRoleInput) { in.RoleSessionName = aws.String("a b") }, "roleSessionName"},
	} {
		_, err := assume(s, ann, c.role, c.change)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.role, err, c.want)
		}
	}

	first, err := assume(s, ann, "000000000002:role/team/Reader")
	if err != nil {
		t.Fatal(err)
	}
	if arn := *first.AssumedRoleUser.Arn; arn != "arn:aws:sts::000000000002:assumed-role/Reader/test" {
		t.Error(arn)
	}
	chained := withCredentials(s, "eu-west-1", first.Credentials)
	if _, err := assume(s, chained, "000000000001:role/Second"); err != nil {
		t.Error(err)
	}
	_, err = assume(s, chained, "000000000001:role/Second", lasting(7200))
	if err == nil || !strings.Contains(err.Error(), "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining") {
		t.Error(err)
	}

	// One code, exchanged for a session, serves every role that wants MFA.
	totpNow, _ := totp("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", time.Now())
	session, err := sts.NewFromConfig(ann).GetSessionToken(context.Background(), &sts.GetSessionTokenInput{
		SerialNumber: aws.String("arn:aws:iam::000000000001:mfa/ann"), TokenCode: &totpNow})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := assume(s, withCredentials(s, "eu-west-1", session.Credentials), "000000000002:role/Guarded"); err != nil {
		t.Error(err)
	}
	wantProblems(t, s, "roleSessionName")
}

func TestTOTP(t *testing.T) {
	t.Parallel()
	// RFC 6238, appendix B, the last six digits.
	for at, want := range map[int64]string{59: "287082", 1111111109: "081804", 20000000000: "353130"} {
		if got, err := totp("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", time.Unix(at, 0)); got != want || err != nil {
			t.Errorf("at %d: %s, %v, want %s", at, got, err, want)
		}
	}
}

func TestRefusedCredentials(t *testing.T) {
	t.Parallel()
	s := start(t, rolesWorld)
	ctx := context.Background()
	ann := firstUser(s, "us-east-1")
	ask := func(cfg aws.Config) map[string]error {
		_, ec2Err := invoke(cfg, "ec2", "DescribeInstances")
		_, stsErr := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		_, orgErr := invoke(cfg, "organizations", "ListAccounts")
		return map[string]error{"ec2": ec2Err, "sts": stsErr, "organizations": orgErr}
	}
	want := func(errs map[string]error, ec2, sts, org string) {
		t.Helper()
		wantCode(t, errs["ec2"], ec2)
		wantCode(t, errs["sts"], sts)
		wantCode(t, errs["organizations"], org)
	}
	key, secret := s.users[0].AccessKeyID, s.users[0].SecretAccessKey
	want(ask(client(s, "us-east-1", key, "wrong", "")), "AuthFailure", "SignatureDoesNotMatch", "InvalidSignatureException")
	want(ask(client(s, "us-east-1", "AKIAUNKNOWN", secret, "")), "AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException")
	want(ask(client(s, "us-east-1", key, secret, "token")), "AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException")
	want(ask(client(s, "moon-west-1", key, secret, "")), "AuthFailure", "SignatureDoesNotMatch", "InvalidSignatureException")
	if n := len(s.Problems()); n != 9 {
		t.Errorf("%d problems, want 9: %q", n, s.Problems())
	}
	out, err := assume(s, ann, "000000000002:role/team/Reader", func(in *sts.AssumeRoleInput) { in.DurationSeconds = aws.Int32(900) })
	if err != nil {
		t.Fatal(err)
	}
	s.Advance(15*time.Minute + time.Second)
	want(ask(withCredentials(s, "us-east-1", out.Credentials)), "RequestExpired", "ExpiredToken", "ExpiredTokenException")

	late := startWorld(t, DefaultWorld(), WithClock(func() time.Time { return time.Now().Add(6 * time.Minute) }))
	want(ask(firstUser(late, "us-east-1")), "RequestExpired", "SignatureDoesNotMatch", "InvalidSignatureException")
	wantProblems(t, late, "from the server's clock", "from the server's clock", "from the server's clock")
}

// TestMalformed sends requests that no SDK sends.
func TestMalformed(t *testing.T) {
	t.Parallel()
	s := start(t, rolesWorld)
	for _, c := range []struct{ method, path, contentType, body, problem string }{
		{"POST", "/", "application/x-www-form-urlencoded", "Action=Nonsense&Version=2016-11-15", "InvalidAction"},
		{"POST", "/", "text/plain", "Action=DescribeRegions&Version=2016-11-15", "MalformedInput"},
		{"PUT", "/", "application/x-www-form-urlencoded", "Action=DescribeRegions&Version=2016-11-15", "MethodNotAllowed"},
		{"GET", "/federation", "", "", "nothing is at GET /federation"},
		{"GET", "/assignment/accounts", "", "", "no bearer token"},
		{"POST", "/token", "application/x-www-form-urlencoded", "grant_type=refresh_token", "UnsupportedMediaTypeException"},
		{"POST", "/", "application/x-www-form-urlencoded", "Action=DescribeRegions&Version=2016-11-15", "not signed"},
	} {
		req, _ := http.NewRequest(c.method, s.URL()+c.path, strings.NewReader(c.body))
		req.Header.Set("Content-Type", c.contentType)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode < 400 || len(body) == 0 {
			t.Errorf("%s %s: %d %s", c.method, c.path, resp.StatusCode, body)
		}
		problems := s.Problems()
		if len(problems) == 0 || !strings.Contains(problems[len(problems)-1], c.problem) {
			t.Errorf("%s %s: problems %q, want %q", c.method, c.path, problems, c.problem)
		}
	}
}

// TestTamperedRequest changes a signed request on its way.
func TestTamperedRequest(t *testing.T) {
	t.Parallel()
	s := start(t, rolesWorld)
	for name, tamper := range map[string]func(*http.Request){
		"body": func(r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			body = bytes.Replace(body, []byte("DescribeInstances"), []byte("DescribeRegions"), 1)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		},
		"query": func(r *http.Request) { r.URL.RawQuery = "a=b" },
		"header": func(r *http.Request) {
			date := []byte(r.Header.Get("X-Amz-Date"))
			date[14] = '0' + (date[14]-'0'+1)%10 // another second
			r.Header.Set("X-Amz-Date", string(date))
		},
		"token": func(r *http.Request) { r.Header.Set("X-Amz-Security-Token", "x") },
		"added": func(r *http.Request) { r.Header.Set("X-Amz-Anything", "x") },
		"scope": func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), r.Header.Get("X-Amz-Date")[:8], r.Header.Get("X-Amz-Date")[:6], 1))
		},
	} {
		cfg := firstUser(s, "us-east-1")
		cfg.HTTPClient = tamperer(tamper)
		if _, err := invoke(cfg, "ec2", "DescribeInstances"); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	problems := s.Problems()
	slices.Sort(problems)
	const in = "ec2 DescribeInstances in : "
	const wrong = "ec2 DescribeInstances in us-east-1: "
	want := []string{in + "the date of the credential scope is not that of X-Amz-Date", in + "the header x-amz-anything is not signed", in + "the header x-amz-security-token is not signed",
		"ec2 DescribeRegions in us-east-1: wrong signature", wrong + "wrong signature", wrong + "wrong signature"}
	slices.Sort(want)
	if !slices.Equal(problems, want) {
		t.Errorf("problems %q, want %q", problems, want)
	}
}

// TestClockMoves: a request and Advance may meet (for the race detector).
func TestClockMoves(t *testing.T) {
	t.Parallel()
	s := start(t, rolesWorld)
	var both sync.WaitGroup
	both.Go(func() { s.Advance(time.Second) })
	both.Go(func() {
		if u := s.users[0]; !s.useCode(u, u.MFASerial, "123456") {
			t.Error("the code is refused")
		}
	})
	both.Wait()
}

type tamperer func(*http.Request)

func (f tamperer) Do(r *http.Request) (*http.Response, error) {
	f(r)
	return wholeBody{http.DefaultClient}.Do(r)
}

func TestDeny(t *testing.T) {
	t.Parallel()
	s := start(t, `{"organization": {"id": "o-aaaaaaaaaa"},
		"accounts": [{"id": "000000000001", "name": "main"}, {"id": "000000000002", "name": "shop"}],
		"users": [{"account": "main", "name": "ann", "allow": ["ec2:*", "sts:*"]}], "roles": [{"name": "R"}],
		"deny": [{"kind": "scp", "actions": ["ec2:DescribeRegions"], "regions": ["us-east-1"]}, {"kind": "iam", "accounts": ["shop"], "regions": ["eu-west-3"]}]}`)
	ann := firstUser(s, "us-east-1")
	out, err := assume(s, ann, "000000000002:role/R")
	if err != nil {
		t.Fatal(err)
	}
	regions := func(cfg aws.Config) error {
		_, err := invoke(cfg, "ec2", "DescribeRegions")
		return err
	}
	shop := withCredentials(s, "us-east-1", out.Credentials)
	who := "User: arn:aws:sts::000000000002:assumed-role/R/test is not authorized to perform: ec2:DescribeRegions "
	for _, c := range []struct {
		cfg  aws.Config
		want string
	}{
		{ann, ""}, // a service control policy does not bind the management account
		{shop, who + "with an explicit deny in a service control policy"},
		{withCredentials(s, "eu-west-3", out.Credentials), who + "because no identity-based policy allows the ec2:DescribeRegions action"},
		{withCredentials(s, "eu-west-1", out.Credentials), ""},
	} {
		err := regions(c.cfg)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), "UnauthorizedOperation: You are not authorized to perform this operation. "+c.want) {
			t.Errorf("%s: %v, want %q", c.cfg.Region, err, c.want)
		}
	}
	_, err = invoke(ann, "organizations", "ListAccounts")
	wantCode(t, err, "AccessDeniedException")
	codes := []string{}
	for _, call := range s.Calls() {
		codes = append(codes, call.Operation+" "+call.Account+" "+call.Target+" "+call.Code)
	}
	if want := "AssumeRole 000000000001 000000000002 "; codes[0] != want {
		t.Errorf("first call %q, want %q", codes[0], want)
	}
	if !slices.Contains(codes, "DescribeRegions 000000000002 000000000002 UnauthorizedOperation") {
		t.Errorf("calls %q", codes)
	}
	wantProblems(t, s)
}
