package awssim

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

func TestParseWorldErrors(t *testing.T) {
	t.Parallel()
	one := `"accounts": [{"id": "000000000001", "name": "one"}]`
	two := `"accounts": [{"id": "000000000001", "name": "one"}, {"id": "000000000002", "name": "two"}]`
	for _, c := range []struct{ text, want string }{
		{`{`, "unexpected EOF"},
		{`{}`, "world: no accounts"},
		{"{\n" + one + ",\n\"regions\": 5}", "world: line 3: cannot unmarshal number"},
		{`{` + one + `, "acounts": []}`, `world: unknown field "acounts"`},
		{`{` + one + `} {}`, "more than one JSON value"},
		{`{"accounts": [{"id": "12", "name": "x"}]}`, `the id "12" is not twelve digits`},
		{`{"accounts": [{"id": "000000000001", "name": "x", "state": "SLEEPING"}]}`, `unknown state "SLEEPING"`},
		{`{"accounts": [{"id": "000000000001", "name": "x", "opted_in": ["us-east-1"]}]}`, `"us-east-1" is no opt-in region`},
		{`{` + one + `, "partition": "mars"}`, `partition "mars"`},
		{`{` + one + `, "regions": ["us-east-9"]}`, `"us-east-9" is no region`},
		{`{` + one + `, "organization": {"management": "two"}}`, `no account has the id or name "two"`},
		{`{"organization": {}, "accounts": [{"id": "000000000001", "name": "x", "ou": "Prod"}]}`, `no OU has the path or id "Prod"`},
		{`{` + one + `, "users": [{"account": "one", "name": "u", "mfa_serial": "s"}]}`, "mfa_serial without mfa_codes"},
		{`{` + one + `, "roles": [{"name": "r", "trust": ["two"]}]}`, `role "r": trust: no account`},
		{`{` + one + `, "roles": [{"name": "r"}, {"name": "r"}]}`, "twice"},
		{`{` + one + `, "roles": [{"name": "r", "max_session": "13h"}]}`, "not between 1h and 12h"},
		{`{` + one + `, "roles": [{"name": "r", "max_session": "long"}]}`, "invalid duration"},
		{`{` + one + `, "deny": [{"kind": "scp"}]}`, "does not bind the management account"},
		{`{` + two + `, "deny": [{"kind": "scp", "accounts": ["one"]}]}`, "does not bind the management account"},
		{`{` + one + `, "faults": [{"kind": "explode"}]}`, `kind "explode"`},
		{`{` + one + `, "instances": [{"account": "one", "region": "af-south-1"}]}`, `the region "af-south-1" is not enabled`},
		{`{` + one + `, "instances": [{"account": "one", "region": "us-east-1", "name": "a\u001bb"}]}`, "that XML cannot"},
		{`{` + one + `, "instances": [{"account": "one", "region": "us-east-1", "private_ips": ["10.0.0"]}]}`, "no IP address"},
		{`{` + one + `, "instances": [{"account": "one", "region": "us-east-1", "id": "i-1", "count": 2}]}`, "one id cannot be for many"},
		{`{` + one + `, "sso": [{"name": "s", "start_url": "u", "region": "x"}]}`, "a region of this world"},
		{`{` + one + `, "sso": [{"name": "s", "start_url": "u", "region": "us-east-1", "login": {"interval": "1500ms"}}]}`, "whole seconds"},
		{`{` + one + `, "roles": [{"name": "r", "saml": "okta"}]}`, "has no provider arn:aws:iam::000000000001:saml-provider/okta"},
		{`{` + one + `, "roles": [{"name": "r", "web_identity": {"provider": "https://idp.example"}}]}`, "has no provider arn:aws:iam::000000000001:oidc-provider/idp.example"},
		{`{` + one + `, "saml_providers": [{"name": "a b"}]}`, "no IAM name"},
		{`{` + one + `, "oidc_providers": [{"url": "idp.example", "audiences": ["a"]}]}`, "an https URL and audiences"},
		{`{` + one + `, "metadata": {"account": "one", "role": "r"}}`, `has no role "r"`},
		{`{` + one + `, "metadata": {"account": "one", "region": "mars-1"}}`, `no region "mars-1"`},
		{`{` + one + `, "container": {"account": "one"}}`, "a role is needed"},
		{`{"accounts": [{"id": "000000000001", "name": "one", "buckets": ["Loud"]}]}`, "no bucket name"},
		{`{` + one + `, "interfaces": [{"account": "one", "region": "us-east-1", "kind": "fridge", "addresses": []}]}`, `interfaces[0]: unknown kind "fridge"`},
		{`{` + one + `, "interfaces": [{"account": "one", "region": "af-south-1", "kind": "nat", "addresses": []}]}`, `"af-south-1" is not enabled`},
		{`{` + one + `, "interfaces": [{"account": "one", "region": "us-east-1", "kind": "nat", "addresses": [{"private": "10"}]}]}`, `"10" is no IP address`},
		{`{` + one + `, "addresses": [{"account": "one", "region": "us-east-1", "public": "x"}]}`, `addresses[0]: "x" is no IP address`},
	} {
		_, err := ParseWorld([]byte(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s:\n%v\nwant %s", c.text, err, c.want)
		}
	}
	if _, err := ParseWorld([]byte(`{` + two + `, "deny": [{"kind": "scp"}]}`)); err != nil {
		t.Error(err)
	}
}

func TestCountedInstances(t *testing.T) {
	t.Parallel()
	s := start(t, `{"regions": ["us-east-1", "eu-west-1", "me-south-1"],
		"accounts": [{"id": "000000000001", "name": "one"}, {"id": "000000000002", "name": "two"}, {"id": "000000000003", "name": "gone", "state": "SUSPENDED"}],
		"instances": [{"account": "*", "region": "*", "name": "node", "count": 2}, {"account": "two", "region": "us-east-1", "name": "single"}]}`)
	var got []string
	ids := map[string]bool{}
	for _, in := range s.Truth() {
		got = append(got, in.AccountName+"/"+in.Region+"/"+in.Name+"/"+strings.Join(in.PrivateIPs, "+"))
		ids[in.ID] = true
	}
	want := "one/eu-west-1/node-1/10.0.0.4 one/eu-west-1/node-2/10.0.0.20 one/us-east-1/node-1/10.0.0.4 one/us-east-1/node-2/10.0.0.20 " +
		"two/eu-west-1/node-1/10.0.0.4 two/eu-west-1/node-2/10.0.0.20 two/us-east-1/single/10.0.0.4 two/us-east-1/node-1/10.0.0.20 two/us-east-1/node-2/10.0.0.36"
	if strings.Join(got, " ") != want || len(ids) != len(got) {
		t.Errorf("got  %s\nwant %s (%d ids)", strings.Join(got, " "), want, len(ids))
	}
}

// TestLargeIsSteady makes sure that a spec means one world, whatever machine it is made on.
func TestLargeIsSteady(t *testing.T) {
	t.Parallel()
	s := startWorld(t, Large(LargeSpec{Accounts: 3, Regions: 2, MinInstances: 1, MaxInstances: 4, Seed: 1}))
	all := s.Truth()
	last := all[len(all)-1]
	got := last.ID + " " + last.Type + " " + last.State + " " + strings.Join(append(last.PrivateIPs, last.PublicIPs...), " ")
	if want := "i-0d1a7e0028c837469 c6g.xlarge running 10.0.0.52 10.0.0.53 44.32.244.116"; len(all) != 19 || got != want {
		t.Errorf("%d instances, the last %s", len(all), got)
	}
}

// TestManual parses the world that the package comment shows.
func TestManual(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	var world strings.Builder
	inside := false
	for line := range strings.Lines(string(text)) {
		if inside = inside || line == "//\t{\n"; inside {
			world.WriteString(strings.TrimPrefix(line, "//\t"))
		}
		if line == "//\t}\n" {
			break
		}
	}
	s := start(t, world.String())
	if got := len(s.Truth()); got != 16 {
		t.Errorf("%d instances, want 16", got)
	}
}

func TestWorldRoundTrip(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(DefaultWorld())
	if err != nil {
		t.Fatal(err)
	}
	w, err := ParseWorld(text)
	if err != nil {
		t.Fatal(err)
	}
	again, _ := json.Marshal(w)
	if string(again) != string(text) {
		t.Errorf("the default world changes:\n%s\n%s", text, again)
	}
}
