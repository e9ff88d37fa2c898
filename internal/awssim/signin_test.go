package awssim

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	ststypes "github.com/aws/aws-sdk-go-v2/service/sts/types"
)

const signinWorld = `{
	"accounts": [{"id": "000000000001", "name": "main"}],
	"users": [{"account": "main", "name": "ann"}],
	"roles": [{"name": "First"}, {"name": "Second", "trust": ["arn:aws:iam::000000000001:role/First"]}]}`

// sessionJSON is the Session parameter of getSigninToken.
func sessionJSON(c *ststypes.Credentials) string {
	text, _ := json.Marshal(map[string]string{"sessionId": *c.AccessKeyId, "sessionKey": *c.SecretAccessKey, "sessionToken": *c.SessionToken})
	return string(text)
}

// signinToken asks for one by GET or POST; the status tells whether there is one.
func signinToken(t *testing.T, c *http.Client, method, endpoint string, q url.Values) (status int, token string) {
	t.Helper()
	q.Set("Action", "getSigninToken")
	r, err := http.NewRequest(method, endpoint+"/federation?"+q.Encode(), nil)
	if method == http.MethodPost {
		if r, err = http.NewRequest(method, endpoint+"/federation", strings.NewReader(q.Encode())); err == nil {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		if resp.Header.Get("Content-Type") != contentHTML {
			t.Errorf("the error is %s", resp.Header.Get("Content-Type"))
		}
		return resp.StatusCode, ""
	}
	var body struct{ SigninToken string }
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, body.SigninToken
}

func TestSignin(t *testing.T) {
	t.Parallel()
	s := start(t, signinWorld)
	web := throughProxy(t, s)
	ann := firstUser(s, "us-east-1")
	first, err := assume(s, ann, "000000000001:role/First")
	if err != nil {
		t.Fatal(err)
	}
	login := func(c *http.Client, endpoint, token, destination string) (*http.Response, string) {
		return browse(t, c, endpoint+"/federation?"+url.Values{"Action": {"login"}, "Issuer": {"https://example.com"},
			"Destination": {destination}, "SigninToken": {token}}.Encode())
	}
	const console = "https://us-east-1.console.aws.amazon.com/ec2/home?region=us-east-1#Instances:"
	for _, way := range []struct {
		c        *http.Client
		endpoint string
	}{{http.DefaultClient, s.URL()}, {web, "https://signin.aws.amazon.com"}, {web, "https://eu-west-1.signin.aws.amazon.com"}} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			status, token := signinToken(t, way.c, method, way.endpoint, url.Values{"Session": {sessionJSON(first.Credentials)}, "SessionDuration": {"43200"}})
			if status != http.StatusOK || token == "" {
				t.Fatalf("%s %s: %d", method, way.endpoint, status)
			}
			resp, body := login(way.c, way.endpoint, token, console)
			if resp.StatusCode != http.StatusFound || resp.Header.Get("Location") != console || !strings.HasPrefix(resp.Header.Get("Set-Cookie"), "aws-userInfo=%7B%22arn") {
				t.Errorf("%s %v %s", resp.Status, resp.Header, body)
			}
			if resp, _ = login(way.c, way.endpoint, token, console); resp.StatusCode != http.StatusBadRequest {
				t.Errorf("a sign-in token worked twice: %s", resp.Status)
			}
		}
	}
	_, token := signinToken(t, http.DefaultClient, http.MethodGet, s.URL(), url.Values{"Session": {sessionJSON(first.Credentials)}})
	s.Advance(15 * time.Minute)
	if resp, _ := login(http.DefaultClient, s.URL(), token, console); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("a sign-in token worked after 15 minutes: %s", resp.Status)
	}
	wantProblems(t, s)
	if resp, _ := login(http.DefaultClient, s.URL(), token, "https://console.aws.amazon.com.evil.example/"); resp.StatusCode != http.StatusBadRequest {
		t.Error(resp.Status)
	}
	wantProblems(t, s, "Destination is")
}

// TestSigninPage puts an HTML page in the place of the sign-in token.
func TestSigninPage(t *testing.T) {
	t.Parallel()
	s := start(t, strings.Replace(signinWorld, `{`, `{"faults": [{"service": "signin", "operation": "GetSigninToken", "kind": "html"}],`, 1))
	first, err := assume(s, firstUser(s, "us-east-1"), "000000000001:role/First")
	if err != nil {
		t.Fatal(err)
	}
	resp, body := browse(t, http.DefaultClient, s.URL()+"/federation?"+url.Values{"Action": {"getSigninToken"}, "Session": {sessionJSON(first.Credentials)}}.Encode())
	if resp.StatusCode != http.StatusOK || !strings.HasPrefix(body, "<!DOCTYPE html>") {
		t.Errorf("%s %s", resp.Status, body)
	}
	wantProblems(t, s)
}

func TestSigninRefuses(t *testing.T) {
	t.Parallel()
	s := start(t, signinWorld)
	ctx := context.Background()
	ann := firstUser(s, "us-east-1")
	first, err := assume(s, ann, "000000000001:role/First")
	if err != nil {
		t.Fatal(err)
	}
	chained, err := assume(s, withCredentials(s, "us-east-1", first.Credentials), "000000000001:role/Second")
	if err != nil {
		t.Fatal(err)
	}
	federated, err := sts.NewFromConfig(ann).GetFederationToken(ctx, &sts.GetFederationTokenInput{Name: aws.String("visitor")})
	if err != nil {
		t.Fatal(err)
	}
	user, err := sts.NewFromConfig(ann).GetSessionToken(ctx, &sts.GetSessionTokenInput{})
	if err != nil {
		t.Fatal(err)
	}
	stranger := *first.Credentials
	stranger.SecretAccessKey = aws.String("wrong")
	keys := ststypes.Credentials{AccessKeyId: &s.users[0].AccessKeyID, SecretAccessKey: &s.users[0].SecretAccessKey, SessionToken: new("")}
	var problems []string
	for _, c := range []struct {
		session, duration string
		status            int
		problem           string
	}{
		{sessionJSON(first.Credentials), "900", 200, ""},
		{sessionJSON(first.Credentials), "899", 400, `SessionDuration is "899"`},
		{sessionJSON(first.Credentials), "43201", 400, `SessionDuration is "43201"`},
		{sessionJSON(chained.Credentials), "", 200, ""},
		{sessionJSON(chained.Credentials), "900", 400, "chained role"},
		{sessionJSON(federated.Credentials), "", 200, ""},
		{sessionJSON(federated.Credentials), "900", 400, "GetFederationToken"},
		{sessionJSON(user.Credentials), "", 400, "GetSessionToken"},
		{sessionJSON(&keys), "", 400, "long-term keys"},
		{sessionJSON(&stranger), "", 400, ""},
		{"nothing", "", 400, "not JSON"},
	} {
		q := url.Values{"Session": {c.session}}
		if c.duration != "" {
			q.Set("SessionDuration", c.duration)
		}
		if status, _ := signinToken(t, http.DefaultClient, http.MethodPost, s.URL(), q); status != c.status {
			t.Errorf("%s for %q: %d, want %d", c.problem, c.duration, status, c.status)
		}
		if c.problem != "" {
			problems = append(problems, c.problem)
		}
	}
	s.Advance(2 * time.Hour)
	if status, _ := signinToken(t, http.DefaultClient, http.MethodPost, s.URL(), url.Values{"Session": {sessionJSON(first.Credentials)}}); status != 400 {
		t.Errorf("expired credentials: %d", status)
	}
	wantProblems(t, s, append(problems, "expired at")...)
}
