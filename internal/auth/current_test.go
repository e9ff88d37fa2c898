package auth

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"muster/internal/awsapi"
	"muster/internal/awsconfig"
)

// TestCurrent: the current identity has the first source in the order of AWS's own
// tools.
func TestCurrent(t *testing.T) {
	t.Parallel()
	container := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"AccessKeyId": "ASIACONTAINER", "SecretAccessKey": "s", "Token": "t", "Expiration": %q}`, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	}))
	t.Cleanup(container.Close)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `<%[1]sResponse><%[1]sResult><Credentials>
			<AccessKeyId>ASIAWEB</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>%[2]s</Expiration>
			</Credentials></%[1]sResult></%[1]sResponse>`, r.FormValue("Action"), time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
	}))
	t.Cleanup(web.Close)

	var (
		keys       = []string{"AWS_ACCESS_KEY_ID=AKIAENV", "AWS_SECRET_ACCESS_KEY=s"}
		oldKeys    = []string{"AWS_ACCESS_KEY=AKIAOLD", "AWS_SECRET_KEY=s"}
		session    = []string{"AWS_ACCESS_KEY_ID=ASIAENV", "AWS_SECRET_ACCESS_KEY=s", "AWS_SESSION_TOKEN=t"}
		oldSession = []string{"AWS_ACCESS_KEY_ID=ASIAENV", "AWS_SECRET_ACCESS_KEY=s", "AWS_SECURITY_TOKEN=t"}
		named      = []string{"AWS_PROFILE=named"}
		oldNamed   = []string{"AWS_DEFAULT_PROFILE=other"}
		identity   = []string{"AWS_ROLE_ARN=arn:aws:iam::100000000001:role/Web", "AWS_WEB_IDENTITY_TOKEN_FILE=TOKEN", "AWS_ENDPOINT_URL_STS=" + web.URL}
		ecs        = []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=" + container.URL}
	)
	const (
		profiles = "[named]\naws_access_key_id = AKIANAMED\naws_secret_access_key = s\n\n[other]\naws_access_key_id = AKIAOTHER\naws_secret_access_key = s\n"
		standard = profiles + "\n[default]\naws_access_key_id = AKIADEFAULT\naws_secret_access_key = s\n"
	)
	for _, c := range []struct {
		name        string
		env         [][]string
		credentials string // the file
		want        string // access key and profile
	}{
		{"keys of the environment over all", [][]string{keys, named, identity, ecs}, standard, "AKIAENV "},
		{"their old names", [][]string{oldKeys, named}, standard, "AKIAOLD "},
		{"with a token", [][]string{session}, standard, "ASIAENV "},
		{"with a token by its old name", [][]string{oldSession}, standard, "ASIAENV "},
		{"half a key is none", [][]string{keys[:1], named}, standard, "AKIANAMED named"},
		{"AWS_PROFILE", [][]string{named, oldNamed, ecs}, standard, "AKIANAMED named"},
		{"AWS_DEFAULT_PROFILE", [][]string{oldNamed, ecs}, standard, "AKIAOTHER other"},
		{"default", [][]string{ecs}, standard, "AKIADEFAULT default"},
		{"a role's profile over web identity", [][]string{{"AWS_PROFILE=role"}, identity, ecs}, standard + "\n[role]\nrole_arn = arn:aws:iam::100000000001:role/Hop\nsource_profile = named\n", "ASIAWEB role"},
		{"web identity over AWS_PROFILE", [][]string{named, identity, ecs}, standard, "ASIAWEB "},
		{"web identity over default", [][]string{identity, ecs}, standard, "ASIAWEB "},
		{"web identity", [][]string{identity, ecs}, profiles, "ASIAWEB "},
		{"a default of settings only", [][]string{identity, ecs}, profiles + "\n[default]\nregion = eu-west-1\n", "ASIAWEB "},
		{"half a web identity is none", [][]string{identity[:1], ecs}, profiles, "ASIACONTAINER "},
		{"container", [][]string{ecs}, "", "ASIACONTAINER "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t, testWorld())
			h.Write(t, ".aws/config", "")
			h.Write(t, ".aws/credentials", c.credentials)
			token := h.Write(t, "token", "jwt")
			var env []string
			for _, pairs := range c.env {
				for _, pair := range pairs {
					if pair == "AWS_WEB_IDENTITY_TOKEN_FILE=TOKEN" {
						pair = "AWS_WEB_IDENTITY_TOKEN_FILE=" + token
					}
					env = append(env, pair)
				}
			}
			id, err := h.resolver(t, env...).Current()
			if err != nil {
				t.Fatal(err)
			}
			creds, err := id.Credentials.Retrieve(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got := creds.AccessKeyID + " " + id.Profile; got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			longTerm, err := id.LongTerm(t.Context())
			if temporary := strings.HasPrefix(creds.AccessKeyID, "ASIA"); temporary != (creds.SessionToken == "t") || temporary == longTerm || err != nil {
				t.Errorf("the token is %q, longTerm %t, %v", creds.SessionToken, longTerm, err)
			}
		})
	}
}

// TestAmbient: the region and endpoints of the ambient profile apply to credentials
// that do not come from it, as on an instance.
func TestAmbient(t *testing.T) {
	t.Parallel()
	for name, pairs := range map[string][]string{
		"environment":  {"AWS_ACCESS_KEY_ID=ASIAENV", "AWS_SECRET_ACCESS_KEY=s", "AWS_SECURITY_TOKEN=t"},
		"web identity": {"AWS_ROLE_ARN=arn:aws:iam::100000000001:role/Web", "AWS_WEB_IDENTITY_TOKEN_FILE=/token"},
		"container":    {"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:1"},
		"instance":     {"AWS_EC2_METADATA_DISABLED=false"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t, testWorld())
			h.Write(t, ".aws/config", "[default]\nregion = eu-west-3\nendpoint_url = http://127.0.0.1:2\nuse_fips_endpoint = true\n")
			h.Write(t, ".aws/credentials", "")
			id, err := h.resolver(t, pairs...).Current()
			if err != nil {
				t.Fatal(err)
			}
			if to := id.Target; to.Region != "eu-west-3" || to.EndpointURL != "http://127.0.0.1:2" || !to.FIPS {
				t.Errorf("calls go to %+v", to)
			}
			if name == "environment" {
				if creds, err := id.Credentials.Retrieve(t.Context()); err != nil || creds.SessionToken != "t" {
					t.Errorf("the token is %q, %v", creds.SessionToken, err)
				}
			}
		})
	}
}

// TestNoCredentials: each case without credentials is one clear line.
func TestNoCredentials(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		env    []string
		config string
		want   string // CONFIG for the config file
	}{
		{"nothing", nil, "", "no credentials: none in the environment, no usable default profile in CONFIG, no container or instance role; " +
			"name a profile with --profile or AWS_PROFILE ('muster profiles' lists them), or run 'aws configure'"},
		{"no such profile", []string{"AWS_PROFILE=prood"}, "[profile prod]\nregion = us-east-1\n", `profile "prood" not found in CONFIG; did you mean "prod"?`},
		{"a profile without credentials", []string{"AWS_PROFILE=prod"}, "[profile prod]\nregion = us-east-1\n",
			`CONFIG:1: profile "prod": no credentials: expected keys, role_arn, sso_session, credential_process, login_session or saml_provider; and this machine has no container or instance role`},
		{"a broken default", nil, "[default]\nrole_arn = arn:aws:iam::100000000001:role/Hop\nsource_profile = gone\n",
			`CONFIG:3: profile "default": source_profile "gone" not found`},
		{"not a role", []string{"AWS_ROLE_ARN=Hop", "AWS_WEB_IDENTITY_TOKEN_FILE=/x"}, "", `AWS_ROLE_ARN is "Hop": expected a role's ARN`},
		{"container on another machine", []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://example.com/x"}, "",
			"AWS_CONTAINER_CREDENTIALS_FULL_URI names example.com: expected https, this machine, or the agent of ECS or EKS"},
		{"container without a host", []string{"AWS_CONTAINER_CREDENTIALS_FULL_URI=/creds"}, "", "AWS_CONTAINER_CREDENTIALS_FULL_URI is not a URL"},
		{"no environment", []string{"AWS_PROFILE=p"}, "[profile p]\nrole_arn = arn:aws:iam::100000000001:role/Hop\ncredential_source = Environment\n",
			`profile "p" takes its credentials from the environment, but AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set`},
		{"no instance", []string{"AWS_PROFILE=p", "AWS_EC2_METADATA_DISABLED=true"}, "[profile p]\nrole_arn = arn:aws:iam::100000000001:role/Hop\ncredential_source = Ec2InstanceMetadata\n",
			`profile "p" takes its credentials from the EC2 instance, but this machine has no instance role`},
		{"no container", []string{"AWS_PROFILE=p"}, "[profile p]\nrole_arn = arn:aws:iam::100000000001:role/Hop\ncredential_source = EcsContainer\n",
			`profile "p" takes its credentials from the container, but AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := newHome(t, testWorld())
			config := h.Write(t, ".aws/config", c.config)
			h.Write(t, ".aws/credentials", "")
			_, err := h.resolver(t, c.env...).Current()
			if err == nil {
				t.Fatal("somebody")
			}
			if got, want := err.Error(), strings.ReplaceAll(c.want, "CONFIG", config); got != want {
				t.Errorf("\n got %s\nwant %s", got, want)
			}
			if len(h.Server.Calls()) != 0 {
				t.Error("AWS was asked")
			}
		})
	}
}

func TestContainerURL(t *testing.T) {
	t.Parallel()
	for endpoint, ok := range map[string]bool{
		"http://127.0.0.1:8080/x": true, "http://localhost/x": true, "http://[::1]:80/x": true, "http://127.9.9.9/x": true,
		"http://169.254.170.2/x": true, "http://169.254.170.23/x": true, "http://[fd00:ec2::23]/x": true, "https://example.com/x": true,
		"http://example.com/x": false, "http://169.254.169.254/x": false, "http://10.0.0.1/x": false, "http://localhost.example.com/x": false, "": false,
	} {
		if err := checkContainerURL(endpoint); (err == nil) != ok {
			t.Errorf("%q: %v, want allowed %t", endpoint, err, ok)
		}
	}
}

// TestTarget: --region counts first, then the environment unless its region is in
// another partition, then the profile, then the partition's home region.
func TestTarget(t *testing.T) {
	t.Parallel()
	plain := &awsconfig.Profile{Region: "eu-west-1", UseFIPS: true}
	china := &awsconfig.Profile{RoleSettings: awsconfig.RoleSettings{RoleARN: "arn:aws-cn:iam::100000000001:role/Hop"}}
	static := &awsconfig.Profile{Region: "us-gov-east-1"}
	gov := &awsconfig.Profile{Kind: awsconfig.KindSSO, SSOSession: &awsconfig.Session{Region: "us-gov-west-1"}}
	future := &awsconfig.Profile{RoleSettings: awsconfig.RoleSettings{RoleARN: "arn:aws-moon:iam::100000000001:role/Hop"}}
	for _, c := range []struct {
		name string
		flag string
		env  []string
		of   *awsconfig.Profile
		want awsapi.Target
	}{
		{"flag", "sa-east-1", []string{"AWS_REGION=eu-west-2"}, plain, awsapi.Target{Region: "sa-east-1", FIPS: true}},
		{"AWS_REGION", "", []string{"AWS_REGION=eu-west-2", "AWS_DEFAULT_REGION=eu-west-3"}, plain, awsapi.Target{Region: "eu-west-2", FIPS: true}},
		{"AWS_DEFAULT_REGION", "", []string{"AWS_DEFAULT_REGION=eu-west-3"}, plain, awsapi.Target{Region: "eu-west-3", FIPS: true}},
		{"profile", "", nil, plain, awsapi.Target{Region: "eu-west-1", FIPS: true}},
		{"partition of the role", "", nil, china, awsapi.Target{Region: "cn-north-1"}},
		{"environment of another partition than the role", "", []string{"AWS_REGION=eu-west-2"}, china, awsapi.Target{Region: "cn-north-1"}},
		{"the second of the environment", "", []string{"AWS_REGION=eu-west-2", "AWS_DEFAULT_REGION=cn-northwest-1"}, china, awsapi.Target{Region: "cn-northwest-1"}},
		{"partition of the session", "", nil, gov, awsapi.Target{Region: "us-gov-west-1"}},
		{"environment of another partition than the session", "", []string{"AWS_REGION=eu-west-2"}, gov, awsapi.Target{Region: "us-gov-west-1"}},
		{"environment of the session's partition", "", []string{"AWS_REGION=fips-us-gov-east-1"}, gov, awsapi.Target{Region: "us-gov-east-1", FIPS: true}},
		{"environment of another partition than the profile's region", "", []string{"AWS_REGION=eu-west-2"}, static, awsapi.Target{Region: "eu-west-2"}},
		{"flag of another partition", "eu-west-2", nil, gov, awsapi.Target{Region: "eu-west-2"}},
		{"partition newer than this program", "", []string{"AWS_REGION=moon-tranquility-1"}, future, awsapi.Target{Region: "moon-tranquility-1"}},
		{"none", "", nil, nil, awsapi.Target{Region: "us-east-1"}},
		{"FIPS by the region's name", "", []string{"AWS_REGION=fips-us-west-2"}, nil, awsapi.Target{Region: "us-west-2", FIPS: true}},
		{"FIPS switched off", "", []string{"AWS_USE_FIPS_ENDPOINT=false"}, plain, awsapi.Target{Region: "eu-west-1"}},
		{"FIPS and dual stack", "", []string{"AWS_USE_FIPS_ENDPOINT=true", "AWS_USE_DUALSTACK_ENDPOINT=TRUE"}, nil, awsapi.Target{Region: "us-east-1", FIPS: true, DualStack: true}},
	} {
		r := emptyHome(t).resolver(t, c.env...)
		r.Region = c.flag
		got := r.Target(c.of)
		if got.Region != c.want.Region || got.FIPS != c.want.FIPS || got.DualStack != c.want.DualStack {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
	r := emptyHome(t).resolver(t)
	got := r.Target(&awsconfig.Profile{EndpointURL: "http://own", Endpoints: map[string]string{"ec2": "http://ec2"}, IgnoreConfiguredEndpoints: true})
	if got.EndpointURL != "http://own" || got.Services["ec2"] != "http://ec2" || !got.IgnoreURLs {
		t.Errorf("the profile's endpoints are lost: %+v", got)
	}
}

// TestNoTokenFile: a missing token file is a fault of the machine, not of AWS.
func TestNoTokenFile(t *testing.T) {
	t.Parallel()
	h := newHome(t, testWorld())
	h.Write(t, ".aws/config", "[profile p]\nrole_arn = arn:aws:iam::100000000001:role/Hop\nweb_identity_token_file = /nowhere/token\n")
	id, err := h.resolver(t, "AWS_PROFILE=p").Current()
	if err != nil {
		t.Fatal(err)
	}
	_, err = id.Credentials.Retrieve(t.Context())
	want := awsapi.Failure{Kind: awsapi.Broken, Message: "the web identity token cannot be read: open /nowhere/token: no such file or directory"}
	if got := awsapi.Explain(err); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestNoInstance: if the metadata service does not answer, the error suggests a
// remedy.
func TestNoInstance(t *testing.T) {
	t.Parallel()
	r := emptyHome(t).resolver(t, "AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1")
	id, err := r.Current()
	if err != nil {
		t.Fatal(err)
	}
	_, err = id.Credentials.Retrieve(t.Context())
	var none *NoCredentialsError
	if !errors.As(err, &none) || awsapi.Explain(err).Kind != awsapi.NoRole {
		t.Errorf("%v, want a NoCredentialsError", err)
	}
}

// TestInstance: IMDSv2: a token first, then the role's name and credentials. Refused
// credentials are renewed.
func TestInstance(t *testing.T) {
	t.Parallel()
	given, tokens := 0, 0
	imds := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPut && r.URL.Path == "/latest/api/token":
			w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "300")
			tokens++
			fmt.Fprint(w, "imds-token")
		case r.Header.Get("X-Aws-Ec2-Metadata-Token") != "imds-token":
			w.WriteHeader(http.StatusUnauthorized)
		case r.URL.Path == "/latest/meta-data/iam/security-credentials/":
			fmt.Fprint(w, "NodeRole")
		case r.URL.Path == "/latest/meta-data/iam/security-credentials/NodeRole":
			given++
			fmt.Fprintf(w, `{"Code": "Success", "AccessKeyId": "ASIANODE%d", "SecretAccessKey": "s", "Token": "t", "Expiration": %q}`,
				given, time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
		default:
			http.NotFound(w, r)
		}
	}))
	defer imds.Close()
	r := emptyHome(t).resolver(t, "AWS_EC2_METADATA_SERVICE_ENDPOINT="+imds.URL, "AWS_METADATA_SERVICE_TIMEOUT=60")
	id, err := r.Current()
	if err != nil {
		t.Fatal(err)
	}
	var used []string
	err = id.Do(t.Context(), func() error {
		creds, err := id.Credentials.Retrieve(t.Context())
		used = append(used, creds.AccessKeyID+" "+creds.SessionToken)
		if err == nil && len(used) == 1 {
			err = &smithy.GenericAPIError{Code: "ExpiredToken"}
		}
		return err
	})
	if want := []string{"ASIANODE1 t", "ASIANODE2 t"}; err != nil || !slices.Equal(used, want) {
		t.Errorf("used %q, %v; want %q", used, err, want)
	}
	// Whoever is asked for anew is another identity, and goes on with the same token.
	for range 2 {
		id, err := r.Current()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := id.Credentials.Retrieve(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if tokens != 1 {
		t.Errorf("%d tokens, want 1", tokens)
	}
}

// TestInstanceWithoutV1: AWS_EC2_METADATA_V1_DISABLED prevents requests without a
// token.
func TestInstanceWithoutV1(t *testing.T) {
	t.Parallel()
	for variable, want := range map[string]bool{"": true, "AWS_EC2_METADATA_V1_DISABLED=false": true, "AWS_EC2_METADATA_V1_DISABLED=True": false} {
		imds := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/latest/meta-data/iam/security-credentials/":
				fmt.Fprint(w, "NodeRole")
			case "/latest/meta-data/iam/security-credentials/NodeRole":
				fmt.Fprintf(w, `{"Code": "Success", "AccessKeyId": "ASIANODE", "SecretAccessKey": "s", "Token": "t", "Expiration": %q}`,
					time.Now().Add(time.Hour).UTC().Format(time.RFC3339))
			default:
				http.NotFound(w, r)
			}
		}))
		defer imds.Close()
		r := emptyHome(t).resolver(t, "AWS_EC2_METADATA_SERVICE_ENDPOINT="+imds.URL, "AWS_METADATA_SERVICE_TIMEOUT=60", variable)
		id, err := r.Current()
		if err != nil {
			t.Fatal(err)
		}
		if _, err = id.Credentials.Retrieve(t.Context()); (err == nil) != want {
			t.Errorf("%q: %v, want credentials %t", variable, err, want)
		}
	}
}
