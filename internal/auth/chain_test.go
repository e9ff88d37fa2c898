package auth

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

const profilesOfEveryKind = `
[profile hop]
role_arn = arn:aws:iam::100000000001:role/Hop
source_profile = admin
region = eu-west-3

[profile two]
role_arn = arn:aws:iam::200000000002:role/team/ops/Ops
source_profile = hop
role_session_name = second
region = eu-north-1

[profile three]
role_arn = arn:aws:iam::300000000003:role/team/ops/Ops
source_profile = two

[profile own]
role_arn = arn:aws:iam::200000000002:role/team/ops/Ops
source_profile = own
aws_access_key_id = ` + adminKey + `
aws_secret_access_key = ` + adminSecret + `

[profile strict]
role_arn = arn:aws:iam::010000000004:role/Strict
source_profile = admin
external_id = shared
role_session_name = night-watch
duration_seconds = 900

[profile from-env]
role_arn = arn:aws:iam::100000000001:role/Hop
credential_source = Environment

[profile from-container]
role_arn = arn:aws:iam::100000000001:role/Hop
credential_source = EcsContainer

[profile sso]
sso_session = corp
sso_account_id = 010000000004
sso_role_name = ReadOnly

[profile sso-role]
role_arn = arn:aws:iam::300000000003:role/team/ops/Ops
source_profile = sso

[profile legacy]
sso_start_url = https://old.awsapps.com/start/#/
sso_region = us-east-2
sso_account_id = 200000000002
sso_role_name = Billing

[profile process]
credential_process = cat "HOME/my keys.json"

[profile process-role]
role_arn = arn:aws:iam::100000000001:role/Hop
source_profile = process
`

// TestEveryKindOfProfile: the ARN in STS of each kind of profile, and the fields of its
// identity before any call.
func TestEveryKindOfProfile(t *testing.T) {
	t.Parallel()
	h := newHome(t, testWorld())
	h.configure(t, profilesOfEveryKind)
	h.Write(t, "my keys.json", adminJSON)
	container := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/creds" || r.Header.Get("Authorization") != "container-token" {
			http.Error(w, "no", http.StatusUnauthorized)
			return
		}
		fmt.Fprintf(w, `{"AccessKeyId": %q, "SecretAccessKey": %q, "Token": "", "Expiration": %q}`,
			adminKey, adminSecret, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	}))
	defer container.Close()
	r := h.resolver(t,
		"AWS_ACCESS_KEY_ID="+adminKey, "AWS_SECRET_ACCESS_KEY="+adminSecret,
		"AWS_CONTAINER_CREDENTIALS_FULL_URI="+container.URL+"/creds", "AWS_CONTAINER_AUTHORIZATION_TOKEN=container-token",
	)
	for _, c := range []struct{ profile, arn, account, role, region string }{
		{"admin", "arn:aws:iam::100000000001:user/admin", "", "", "us-east-1"},
		{"hop", "arn:aws:sts::100000000001:assumed-role/Hop/muster", "100000000001", "Hop", "eu-west-3"},
		{"two", "arn:aws:sts::200000000002:assumed-role/Ops/second", "200000000002", "Ops", "eu-north-1"},
		{"three", "arn:aws:sts::300000000003:assumed-role/Ops/muster", "300000000003", "Ops", "us-east-1"},
		{"own", "arn:aws:sts::200000000002:assumed-role/Ops/muster", "200000000002", "Ops", "us-east-1"},
		{"strict", "arn:aws:sts::010000000004:assumed-role/Strict/night-watch", "010000000004", "Strict", "us-east-1"},
		{"from-env", "arn:aws:sts::100000000001:assumed-role/Hop/muster", "100000000001", "Hop", "us-east-1"},
		{"from-container", "arn:aws:sts::100000000001:assumed-role/Hop/muster", "100000000001", "Hop", "us-east-1"},
		{"sso", "arn:aws:sts::010000000004:assumed-role/AWSReservedSSO_ReadOnly_", "010000000004", "ReadOnly", "us-east-1"},
		{"sso-role", "arn:aws:sts::300000000003:assumed-role/Ops/muster", "300000000003", "Ops", "us-east-1"},
		{"legacy", "arn:aws:sts::200000000002:assumed-role/AWSReservedSSO_Billing_", "200000000002", "Billing", "us-east-1"},
		{"process", "arn:aws:iam::100000000001:user/admin", "", "", "us-east-1"},
		{"process-role", "arn:aws:sts::100000000001:assumed-role/Hop/muster", "100000000001", "Hop", "us-east-1"},
	} {
		id := profile(t, r, c.profile)
		if profile(t, r, c.profile) != id {
			t.Errorf("%s: another identity for the same profile", c.profile)
		}
		got := [5]string{id.Profile, id.AccountID, id.Role, id.Target.Region, caller(t, r, id)}
		arn := got[4]
		if strings.Contains(c.arn, "AWSReservedSSO_") && strings.HasPrefix(arn, c.arn) {
			arn = c.arn
		}
		got[4] = arn
		if want := [5]string{c.profile, c.account, c.role, c.region, c.arn}; got != want {
			t.Errorf("\n got %v\nwant %v", got, want)
		}
	}
	h.CheckRequests(t)
	// Every link is asked in the region of the profile at the end of its chain.
	hops := map[string]int{}
	for _, call := range h.Server.Calls() {
		if call.Operation == "AssumeRole" {
			hops[call.Region+" "+call.Target]++
		}
	}
	want := map[string]int{
		"eu-west-3 100000000001":  1,                               // hop
		"eu-north-1 100000000001": 1, "eu-north-1 200000000002": 1, // two
		"us-east-1 100000000001": 4, // of three, from-env, from-container, process-role
		"us-east-1 200000000002": 2, // of three, own
		"us-east-1 300000000003": 2, // three, sso-role
		"us-east-1 010000000004": 1,
	}
	if !reflect.DeepEqual(hops, want) {
		t.Errorf("roles assumed %v, want %v", hops, want)
	}
}

// TestRoleLifetime: a role's session lasts for duration_seconds, or for an hour.
func TestRoleLifetime(t *testing.T) {
	t.Parallel()
	h := newHome(t, testWorld())
	h.configure(t, profilesOfEveryKind)
	r := h.resolver(t)
	for name, want := range map[string]time.Duration{"strict": 15 * time.Minute, "hop": time.Hour} {
		before := time.Now()
		creds, err := profile(t, r, name).Credentials.Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		// To the second, as STS says it, not as early as it will be renewed.
		if begins := creds.Expires.Add(-want); begins.Before(before.Add(-time.Second)) || begins.After(time.Now().Add(time.Second)) {
			t.Errorf("%s ends at %v, want %v after the call at %v", name, creds.Expires, want, before)
		}
	}
}

// TestWebIdentity: the request to STS has the token of the file and no signature.
func TestWebIdentity(t *testing.T) {
	t.Parallel()
	var form url.Values
	var signed bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		form, signed = r.PostForm, r.Header.Get("Authorization") != ""
		fmt.Fprintf(w, `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials>
			<AccessKeyId>ASIAWEB</AccessKeyId><SecretAccessKey>web-secret</SecretAccessKey><SessionToken>web-token</SessionToken><Expiration>%s</Expiration>
			</Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	}))
	defer server.Close()
	h := newHome(t, testWorld())
	file := h.Write(t, "token.jwt", "the-web-token")
	h.configure(t, `
[profile web]
role_arn = arn:aws:iam::200000000002:role/team/ops/Ops
web_identity_token_file = HOME/token.jwt
role_session_name = pod
`)
	endpoint := "AWS_ENDPOINT_URL_STS=" + server.URL
	inEnvironment := []string{endpoint, "AWS_ROLE_ARN=arn:aws:iam::300000000003:role/Hop", "AWS_WEB_IDENTITY_TOKEN_FILE=" + file}
	for _, c := range []struct {
		name                string
		env                 []string
		account, role, arn  string
		session, ofIdentity string
	}{
		{"profile", []string{endpoint, "AWS_PROFILE=web"}, "200000000002", "Ops", "arn:aws:iam::200000000002:role/team/ops/Ops", "pod", "web"},
		{"environment", inEnvironment, "300000000003", "Hop", "arn:aws:iam::300000000003:role/Hop", "muster", ""},
		{"environment, named session", append(inEnvironment, "AWS_ROLE_SESSION_NAME=ci"), "300000000003", "Hop", "arn:aws:iam::300000000003:role/Hop", "ci", ""},
	} {
		id, err := h.resolver(t, c.env...).Current()
		if err != nil {
			t.Fatal(err)
		}
		creds, err := id.Credentials.Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := [3]string{creds.AccessKeyID, creds.SecretAccessKey, creds.SessionToken}; got != [3]string{"ASIAWEB", "web-secret", "web-token"} {
			t.Errorf("%s: credentials %v", c.name, got)
		}
		if got, want := [3]string{id.AccountID, id.Role, id.Profile}, [3]string{c.account, c.role, c.ofIdentity}; got != want {
			t.Errorf("%s: identity %v, want %v", c.name, got, want)
		}
		want := url.Values{
			"Action": {"AssumeRoleWithWebIdentity"}, "Version": {"2011-06-15"},
			"RoleArn": {c.arn}, "RoleSessionName": {c.session}, "WebIdentityToken": {"the-web-token"},
		}
		if !reflect.DeepEqual(form, want) || signed {
			t.Errorf("%s: sent %v, signed %t; want %v, unsigned", c.name, form, signed, want)
		}
	}
}

// TestHub: a role that many chains have in common is assumed once per region.
func TestHub(t *testing.T) {
	t.Parallel()
	h := newHome(t, testWorld())
	text := "[profile hub]\nrole_arn = arn:aws:iam::100000000001:role/Hop\nsource_profile = admin\n"
	names := make(chan string, 21)
	names <- "hub"
	for n := range 10 {
		for _, region := range []string{"us-east-1", "eu-west-1"} {
			name := fmt.Sprintf("%s-%d", region, n)
			names <- name
			text += fmt.Sprintf("[profile %s]\nrole_arn = arn:aws:iam::200000000002:role/team/ops/Ops\nsource_profile = hub\nregion = %s\n", name, region)
		}
	}
	h.configure(t, text)
	r := h.resolver(t)
	atOnce(21, func() {
		if _, err := profile(t, r, <-names).Credentials.Retrieve(t.Context()); err != nil {
			t.Error(err)
		}
	})
	h.CheckRequests(t)
	assumed := map[string]int{}
	for _, call := range h.Server.Calls() {
		assumed[call.Region+" "+call.Target]++
	}
	want := map[string]int{
		"us-east-1 100000000001": 1, "us-east-1 200000000002": 10,
		"eu-west-1 100000000001": 1, "eu-west-1 200000000002": 10,
	}
	if !reflect.DeepEqual(assumed, want) {
		t.Errorf("roles assumed %v, want %v", assumed, want)
	}
}
