package deploy

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
)

func validRole() Role {
	return Role{Name: "Audit", Path: "/", Trust: "111122223333", MaxSession: time.Hour, Managed: []string{"ReadOnlyAccess"}}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Role)
		want   string // part of the error; "": there is none
	}{
		"account":          {func(*Role) {}, ""},
		"role":             {func(r *Role) { r.Trust = "arn:aws-cn:iam::111122223333:role/ops/Base" }, ""},
		"root":             {func(r *Role) { r.Trust = "arn:aws:iam::111122223333:root" }, ""},
		"everybody":        {func(r *Role) { r.Trust = "*" }, "--trust"},
		"short account":    {func(r *Role) { r.Trust = "11112222333" }, "--trust"},
		"policy":           {func(r *Role) { r.Trust = "arn:aws:iam::111122223333:policy/Base" }, "--trust"},
		"any role":         {func(r *Role) { r.Trust = "arn:aws:iam::111122223333:role/*" }, "--trust"},
		"variable":         {func(r *Role) { r.Trust = "arn:aws:iam::111122223333:role/${AWS::AccountId}" }, "--trust"},
		"session":          {func(r *Role) { r.Trust = "arn:aws:sts::111122223333:assumed-role/Base/me" }, "arn:aws:iam::111122223333:role/Base"},
		"two lines":        {func(r *Role) { r.Trust = "arn:aws:iam::111122223333:role/a\nb" }, "--trust"},
		"external id":      {func(r *Role) { r.ExternalID = "4711" }, ""},
		"odd external id":  {func(r *Role) { r.ExternalID = "a b" }, "--external-id"},
		"long external id": {func(r *Role) { r.ExternalID = strings.Repeat("a", 1225) }, "--external-id"},
		"longest session":  {func(r *Role) { r.MaxSession = 12 * time.Hour }, ""},
		"too long session": {func(r *Role) { r.MaxSession = 12*time.Hour + time.Second }, "--max-session-duration 43201"},
	} {
		r := validRole()
		c.change(&r)
		err := r.Check()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestParseRoleName(t *testing.T) {
	t.Parallel()
	for given, want := range map[string][2]string{
		"Audit": {"/", "Audit"}, "ops/Audit": {"/ops/", "Audit"}, "/ops/eu/Audit": {"/ops/eu/", "Audit"},
		"a_b+=,.@-": {"/", "a_b+=,.@-"},
		"":          {}, "a b": {}, "ops/": {}, "o ps/Audit": {}, strings.Repeat("a", 65): {},
	} {
		path, name, err := ParseRoleName(given)
		if got := [2]string{path, name}; got != want || (err == nil) != (want[1] != "") {
			t.Errorf("%q: %q, %v; want %q", given, got, err, want)
		}
	}
}

// TestStackNames: two roles never share a stack set, and CloudFormation accepts the names.
func TestStackNames(t *testing.T) {
	t.Parallel()
	names := map[string]string{}
	for _, role := range []string{"Audit", "a-b", "a_b", "a.b", "a@b", strings.Repeat("_", 64)} {
		r := Role{Name: role}
		name := r.StackName()
		if other, taken := names[name]; taken {
			t.Errorf("%s and %s share %s", role, other, name)
		}
		if names[name] = role; len(name) > 128 || notStackChars().MatchString(name) {
			t.Errorf("%s: %s is no name of a stack", role, name)
		}
	}
}

// TestFormsAgree: both forms of a template are the same document, whatever is in it.
func TestFormsAgree(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*Role){
		func(*Role) {},
		func(r *Role) { r.Name, r.Path = "yes", "/no: #x/" },
		func(r *Role) { r.ExternalID = "0123" },
		func(r *Role) { r.ExternalID = "2012-10-17" },
		func(r *Role) {
			r.Name, r.Managed, r.Actions = "1e3", nil, []string{"s3:ListAllMyBuckets", "ec2:DescribeRegions"}
		},
	} {
		r := validRole()
		change(&r)
		text, err := r.YAML()
		if err != nil {
			t.Fatal(err)
		}
		converted, err := yaml.YAMLToJSON([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		other, err := r.JSON()
		if err != nil {
			t.Fatal(err)
		}
		var a, b any
		if json.Unmarshal(converted, &a) != nil || json.Unmarshal([]byte(other), &b) != nil || !reflect.DeepEqual(a, b) {
			t.Errorf("%s\ndiffers from\n%s", text, other)
		}
	}
}
