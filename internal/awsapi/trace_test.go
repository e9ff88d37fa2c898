package awsapi

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"muster/internal/awssim"
)

// TestLog: each call logs one record with exactly these fields, and no secret.
func TestLog(t *testing.T) {
	t.Parallel()
	w := smallWorld()
	const accessToken = "the-access-token-of-the-session"
	w.SSO = []awssim.SSOSession{{Name: "corp", StartURL: "https://corp.awsapps.com/start", Region: "eu-west-1",
		Assignments: map[string][]string{"shop": {"ReadOnly"}}, Tokens: []awssim.SSOToken{{AccessToken: accessToken, RefreshToken: "the-refresh-token"}}}}
	w.Faults = []awssim.Fault{{Service: "organizations", Kind: awssim.FaultThrottle, Times: 1}}
	sim := startWorld(t, w)
	var text bytes.Buffer
	a := New(Settings{EndpointURL: sim.URL(), UserAgent: "muster/test",
		Log: slog.New(slog.NewJSONHandler(&text, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	ctx, _ := WithTrace(t.Context(), "222222222222")
	target := Target{Region: "eu-west-1"}

	secrets := []string{annSecret, accessToken, "wrong-token", "AWS4-HMAC-SHA256", "Signature="}
	assumed, err := a.STS(target).AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn: aws.String("arn:aws:iam::222222222222:role/Reader"), RoleSessionName: aws.String("test"),
	}, func(o *sts.Options) { o.Credentials = ann })
	if err != nil {
		t.Fatal(err)
	}
	c := assumed.Credentials
	secrets = append(secrets, *c.SecretAccessKey, *c.SessionToken)
	role := credentials.NewStaticCredentialsProvider(*c.AccessKeyId, *c.SecretAccessKey, *c.SessionToken)
	if err := callService["ec2"](ctx, a, target, role); err != nil {
		t.Fatal(err)
	}
	if err := callService["organizations"](t.Context(), a, target, ann); err != nil { // after one throttled attempt
		t.Fatal(err)
	}
	granted, err := a.SSO(target, "eu-west-1").GetRoleCredentials(ctx,
		&sso.GetRoleCredentialsInput{AccessToken: aws.String(accessToken), AccountId: aws.String("222222222222"), RoleName: aws.String("ReadOnly")})
	if err != nil {
		t.Fatal(err)
	}
	secrets = append(secrets, *granted.RoleCredentials.SecretAccessKey, *granted.RoleCredentials.SessionToken)
	if _, err := a.SSO(target, "eu-west-1").ListAccounts(ctx, &sso.ListAccountsInput{AccessToken: aws.String("wrong-token")}); err == nil {
		t.Fatal("a wrong token is accepted")
	}

	type fields = map[string]any
	want := []fields{
		{"service": "STS", "operation": "AssumeRole", "region": "eu-west-1", "retries": 0.0, "account": "222222222222"},
		{"service": "EC2", "operation": "DescribeRegions", "region": "eu-west-1", "retries": 0.0, "account": "222222222222"},
		{"service": "Organizations", "operation": "ListRoots", "region": "us-east-1", "retries": 1.0},
		{"service": "SSO", "operation": "GetRoleCredentials", "region": "eu-west-1", "retries": 0.0, "account": "222222222222"},
		{"service": "SSO", "operation": "ListAccounts", "region": "eu-west-1", "retries": 0.0, "account": "222222222222",
			"code": "UnauthorizedException", "error": "Session token not found or invalid"},
	}
	lines := strings.Split(strings.TrimSpace(text.String()), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d records, want %d:\n%s", len(lines), len(want), &text)
	}
	for i, line := range lines {
		got := fields{}
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		if d, ok := got["duration"].(float64); !ok || d <= 0 {
			t.Errorf("record %d: duration %v", i, got["duration"])
		}
		delete(got, "duration")
		delete(got, slog.TimeKey)
		want[i][slog.LevelKey], want[i][slog.MessageKey] = "DEBUG", "call"
		if !reflect.DeepEqual(got, want[i]) {
			t.Errorf("record %d:\n got %v\nwant %v", i, got, want[i])
		}
	}
	for _, secret := range secrets {
		if strings.Contains(text.String(), secret) {
			t.Errorf("the log has the secret %.10s...", secret)
		}
	}
}

// TestUserAgent: both kinds of calls name muster.
func TestUserAgent(t *testing.T) {
	t.Parallel()
	var got string
	a := fakeAPI(Settings{UserAgent: "muster/1.2.3", MaxAttempts: 1}, func(r *http.Request) (*http.Response, error) {
		got = r.Header.Get("User-Agent")
		return answer(r, 200, ""), nil
	})
	for _, service := range []string{"ec2", "sts"} {
		callService[service](t.Context(), a, Target{Region: "us-east-1"}, ann)
		if !strings.Contains(" "+got, " muster/1.2.3") {
			t.Errorf("%s: User-Agent %q", service, got)
		}
	}
}
