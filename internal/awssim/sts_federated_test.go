package awssim

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
)

// TestSessionOptions gives AssumeRole options that it accepts, and options that it rejects.
func TestSessionOptions(t *testing.T) {
	t.Parallel()
	s := start(t, hostsWorld)
	ann := firstUser(s, "eu-west-1")
	tag := func(pairs ...string) func(*sts.AssumeRoleInput) {
		return func(in *sts.AssumeRoleInput) {
			for i := 0; i < len(pairs); i += 2 {
				in.Tags = append(in.Tags, ststypes.Tag{Key: &pairs[i], Value: &pairs[i+1]})
			}
		}
	}
	many := func(n int) []string {
		var pairs []string
		for i := range n {
			pairs = append(pairs, fmt.Sprint("key", i), "value")
		}
		return pairs
	}
	policies := func(n int, arn string) func(*sts.AssumeRoleInput) {
		return func(in *sts.AssumeRoleInput) {
			for range n {
				in.PolicyArns = append(in.PolicyArns, ststypes.PolicyDescriptorType{Arn: &arn})
			}
		}
	}
	inline := func(text string) func(*sts.AssumeRoleInput) {
		return func(in *sts.AssumeRoleInput) { in.Policy = &text }
	}
	const all = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`
	const readOnlyARN = "arn:aws:iam::aws:policy/ReadOnlyAccess"
	var problems []string
	for _, c := range []struct {
		change  func(*sts.AssumeRoleInput)
		want    string // part of the error, "" for none
		problem bool
	}{
		{tag(many(50)...), "", false},
		{tag(many(51)...), "ValidationError: 1 validation error detected: Value at 'tags'", true},
		{tag(strings.Repeat("k", 128), strings.Repeat("v", 256)), "", false},
		{tag(strings.Repeat("k", 129), "v"), "'tags.member.key'", true},
		{tag("k", strings.Repeat("v", 257)), "'tags.member.value'", true},
		{tag("k", "a;b"), "'tags.member.value'", true},
		{tag("Team", "a", "team", "b"), "Duplicate tag keys found", true},
		{tag("aws:team", "a"), "reserved", true},
		{func(in *sts.AssumeRoleInput) { tag("Team", "a")(in); in.TransitiveTagKeys = []string{"team"} }, "", false},
		{func(in *sts.AssumeRoleInput) { in.TransitiveTagKeys = []string{"team"} }, "must be included in the requested tags: team", true},
		{inline(all), "", false},
		{inline(all + strings.Repeat(" ", 2048)), "'policy'", true},
		{inline(all + "\u0100"), "'policy'", true},
		{func(in *sts.AssumeRoleInput) {
			inline(all + strings.Repeat(" ", 1900))(in)
			policies(5, readOnlyARN)(in)
		}, "PackedPolicyTooLarge", false},
		{inline(`{"Statement": `), "MalformedPolicyDocument", false},
		{inline(`{"Statement": [{"Effect": "Perhaps", "Action": "*", "Resource": "*"}]}`), "MalformedPolicyDocument", false},
		{inline(`{"Statement": [{"Effect": "Allow", "Resource": "*"}]}`), "MalformedPolicyDocument", false},
		{policies(10, readOnlyARN), "", false},
		{policies(11, readOnlyARN), "'policyArns'", true},
		{policies(1, "arn:aws:iam::aws:role/x"), "ARN arn:aws:iam::aws:role/x is not valid", true},
		{policies(1, "arn:aws:iam::aws:policy/Nonsense"), "does not exist", false},
		{func(in *sts.AssumeRoleInput) { in.SourceIdentity = aws.String("a b") }, "'sourceIdentity'", true},
		{func(in *sts.AssumeRoleInput) {
			for i := range 20 {
				tag(fmt.Sprint("k", i), strings.Repeat("v", 256))(in)
			}
		}, "PackedPolicyTooLarge: Packed size of session policies and tags consumes", false},
	} {
		_, err := assume(s, ann, "000000000002:role/Reader", c.change)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
		if c.problem {
			_, part, _ := strings.Cut(c.want, ": 1 validation")
			problems = append(problems, part)
		}
	}
	wantProblems(t, s, problems...)
}

// TestSessionChain passes the options of a session on to the sessions that it begins.
func TestSessionChain(t *testing.T) {
	t.Parallel()
	s := start(t, `{"accounts": [{"id": "000000000001", "name": "main"}], "users": [{"account": "main", "name": "ann"}],
		"roles": [{"name": "First"}, {"name": "Second", "trust": ["arn:aws:iam::000000000001:role/First"]}]}`)
	team := func(in *sts.AssumeRoleInput) {
		in.Tags = []ststypes.Tag{{Key: aws.String("team"), Value: aws.String("web")}}
	}
	first, err := assume(s, firstUser(s, "us-east-1"), "000000000001:role/First", team, func(in *sts.AssumeRoleInput) {
		in.TransitiveTagKeys, in.SourceIdentity = []string{"team"}, aws.String("ann")
		in.Policy = aws.String(`{"Statement": {"Effect": "Allow", "NotAction": ["organizations:*"], "Resource": "*"}}`)
	})
	if err != nil || *first.SourceIdentity != "ann" || int(*first.SessionTokenSize) != len(*first.Credentials.SessionToken) {
		t.Fatal(first, err)
	}
	me := withCredentials(s, "us-east-1", first.Credentials)
	if _, err := invoke(me, "ec2", "DescribeRegions"); err != nil {
		t.Error(err)
	}
	_, err = invoke(me, "organizations", "ListAccounts")
	wantCode(t, err, "AccessDeniedException") // the session's policy
	if _, err = assume(s, me, "000000000001:role/Second", team); err == nil || !strings.Contains(err.Error(), "conflicts with a transitive tag key") {
		t.Error(err)
	}
	_, err = assume(s, me, "000000000001:role/Second", func(in *sts.AssumeRoleInput) { in.SourceIdentity = aws.String("bob") })
	wantCode(t, err, "AccessDenied")
	second, err := assume(s, me, "000000000001:role/Second")
	if err != nil || *second.SourceIdentity != "ann" {
		t.Fatal(second, err)
	}
	if _, err := invoke(withCredentials(s, "us-east-1", second.Credentials), "organizations", "ListAccounts"); err == nil {
		t.Error("there is no organization")
	}
	wantProblems(t, s)
}

func TestSAML(t *testing.T) {
	t.Parallel()
	s := start(t, hostsWorld)
	ctx := context.Background()
	api := sts.NewFromConfig(client(s, "eu-west-1", "", "", ""))
	ask := func(role, provider, assertion string, seconds int32) (*sts.AssumeRoleWithSAMLOutput, error) {
		return api.AssumeRoleWithSAML(ctx, &sts.AssumeRoleWithSAMLInput{RoleArn: &role, PrincipalArn: &provider, SAMLAssertion: &assertion, DurationSeconds: &seconds})
	}
	const reader, other = "arn:aws:iam::000000000002:role/Reader", "arn:aws:iam::000000000001:role/Staff"
	good := s.SAMLAssertion(staffRole, reader)
	out, err := ask(staffRole, oktaARN, good, 900)
	if err != nil {
		t.Fatal(err)
	}
	id, err := sts.NewFromConfig(withCredentials(s, "eu-west-1", out.Credentials)).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil || *id.Arn != "arn:aws:sts::000000000002:assumed-role/Staff/demo@example.com" {
		t.Fatal(id, err)
	}
	text, err := base64.StdEncoding.DecodeString(good)
	if err != nil || !strings.Contains(string(text), "<saml2:AttributeValue>"+staffRole+","+oktaARN+"</saml2:AttributeValue>") {
		t.Errorf("%v %s", err, text)
	}
	forged := base64.StdEncoding.EncodeToString([]byte(strings.Replace(string(text), "role/Staff", "role/Chief", 1)))
	for _, c := range []struct {
		role, provider, assertion string
		seconds                   int32
		want                      string
	}{
		{staffRole, oktaARN, good, 3601, "ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration"},
		{reader, oktaARN, good, 900, "AccessDenied: Not authorized to perform sts:AssumeRoleWithSAML"},
		{other, oktaARN, good, 900, "AccessDenied"},
		{staffRole, "arn:aws:iam::000000000001:saml-provider/okta", good, 900, "AccessDenied"},
		{staffRole, "arn:aws:iam::000000000002:saml-provider/none", good, 900, "InvalidIdentityToken: Specified provider doesn't exist"},
		{staffRole, oktaARN, s.SAMLAssertion(reader), 900, "AccessDenied"},
		{staffRole, oktaARN, forged, 900, "InvalidIdentityToken: Response signature invalid"},
		{staffRole, oktaARN, "bm90IFhNTA==", 900, "InvalidIdentityToken: Invalid base64 SAMLResponse"},
		{staffRole, oktaARN, string(text), 900, "InvalidIdentityToken: Invalid base64 SAMLResponse"},
	} {
		if _, err := ask(c.role, c.provider, c.assertion, c.seconds); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s through %s: got %v, want %s", c.role, c.provider, err, c.want)
		}
	}
	s.Advance(5 * time.Minute)
	_, err = ask(staffRole, oktaARN, good, 900)
	wantCode(t, err, "ExpiredTokenException")
	wantProblems(t, s, "is not the base64", "is not the base64")
	if last := s.Calls()[0]; last.Operation != "AssumeRoleWithSAML" || last.Target != "000000000002" || last.AccessKeyID != "" {
		t.Errorf("first call %+v", last)
	}
}

func TestSAMLSessionDuration(t *testing.T) {
	t.Parallel()
	s := start(t, strings.Replace(hostsWorld, `"name": "okta"`, `"name": "okta", "session_duration": "20m"`, 1))
	out, err := sts.NewFromConfig(client(s, "eu-west-1", "", "", "")).AssumeRoleWithSAML(context.Background(), &sts.AssumeRoleWithSAMLInput{
		RoleArn: aws.String(staffRole), PrincipalArn: aws.String(oktaARN), SAMLAssertion: aws.String(s.SAMLAssertion(staffRole))})
	if err != nil {
		t.Fatal(err)
	}
	if left := out.Credentials.Expiration.Sub(s.time()); left > 20*time.Minute || left < 19*time.Minute {
		t.Errorf("the session lasts %v", left)
	}
}

func TestWebIdentity(t *testing.T) {
	t.Parallel()
	s := start(t, hostsWorld)
	ctx := context.Background()
	api := sts.NewFromConfig(client(s, "eu-west-1", "", "", ""))
	const audience, subject = "sts.amazonaws.com", "repo:acme/site:ref:refs/heads/main"
	good := s.WebIdentityToken(actionsURL, audience, subject, time.Hour)
	head, rest, _ := strings.Cut(good, ".")
	_, signature, _ := strings.Cut(rest, ".")
	forged := head + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"iss": "`+actionsURL+`", "aud": "sts.amazonaws.com", "sub": "repo:acme/x", "exp": 9999999999}`)) + "." + signature
	for _, c := range []struct{ role, token, want string }{
		{builderRole, good, ""},
		{builderRole, forged, "InvalidIdentityToken: The ID Token provided is not a valid JWT"},
		{builderRole, "no.token", "InvalidIdentityToken: The ID Token provided is not a valid JWT"},
		{builderRole, s.WebIdentityToken(actionsURL, audience, subject, -time.Second), "ExpiredTokenException: Token expired"},
		{builderRole, s.WebIdentityToken("https://gitlab.com", audience, subject, time.Hour), "InvalidIdentityToken: No OpenIDConnect provider found in your account for https://gitlab.com"},
		{builderRole, s.WebIdentityToken(actionsURL, "https://github.com/acme", subject, time.Hour), "InvalidIdentityToken: Incorrect token audience"},
		{builderRole, s.WebIdentityToken(actionsURL, audience, "repo:evil/site", time.Hour), "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"},
		{"arn:aws:iam::000000000002:role/Reader", good, "AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity"},
	} {
		_, err := api.AssumeRoleWithWebIdentity(ctx, &sts.AssumeRoleWithWebIdentityInput{RoleArn: &c.role, RoleSessionName: aws.String("build"), WebIdentityToken: &c.token})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
	_, err := assume(s, firstUser(s, "eu-west-1"), "000000000002:role/Builder")
	wantCode(t, err, "AccessDenied") // a role that trusts web identities trusts no account by itself
	wantProblems(t, s)
}

func TestFederationToken(t *testing.T) {
	t.Parallel()
	s := start(t, hostsWorld)
	ctx := context.Background()
	ann := firstUser(s, "eu-west-1")
	ask := func(cfg aws.Config, in sts.GetFederationTokenInput) (*sts.GetFederationTokenOutput, error) {
		return sts.NewFromConfig(cfg).GetFederationToken(ctx, &in)
	}
	look := func(c *ststypes.Credentials) error {
		_, err := invoke(withCredentials(s, "eu-west-1", c), "ec2", "DescribeInstances")
		return err
	}
	none, err := ask(ann, sts.GetFederationTokenInput{Name: aws.String("visitor")})
	if err != nil || *none.FederatedUser.Arn != "arn:aws:sts::000000000001:federated-user/visitor" || *none.SessionTokenUtilization != 7 {
		t.Fatal(none, err)
	}
	wantCode(t, look(none.Credentials), "UnauthorizedOperation") // without a policy it may do nothing
	some, err := ask(ann, sts.GetFederationTokenInput{Name: aws.String("visitor"), DurationSeconds: aws.Int32(129600),
		PolicyArns: []ststypes.PolicyDescriptorType{{Arn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess")}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := look(some.Credentials); err != nil {
		t.Error(err)
	}
	federated := withCredentials(s, "eu-west-1", some.Credentials)
	_, err = ask(federated, sts.GetFederationTokenInput{Name: aws.String("visitor")})
	wantCode(t, err, "AccessDenied")
	_, err = assume(s, federated, "000000000002:role/Reader")
	wantCode(t, err, "AccessDenied")
	session, err := sts.NewFromConfig(ann).GetSessionToken(ctx, &sts.GetSessionTokenInput{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = ask(withCredentials(s, "eu-west-1", session.Credentials), sts.GetFederationTokenInput{Name: aws.String("visitor")})
	wantCode(t, err, "AccessDenied")
	wantProblems(t, s)
	for _, name := range []string{"x", strings.Repeat("x", 33), "a b"} {
		_, err := ask(ann, sts.GetFederationTokenInput{Name: &name})
		wantCode(t, err, "ValidationError")
	}
	_, err = ask(ann, sts.GetFederationTokenInput{Name: aws.String("visitor"), DurationSeconds: aws.Int32(129601)})
	wantCode(t, err, "ValidationError")
	wantProblems(t, s, "'x' at 'name'", "at 'name'", "'a b' at 'name'")
}
