package inventory

import (
	"testing"
)

// TestMatches tests the check of each record.
func TestMatches(t *testing.T) {
	t.Parallel()
	web := &Instance{
		InstanceId: "i-0a23456789abcdef0", Name: "web-é1", InstanceType: "m5.large", State: "running",
		PrivateIPs: []string{"10.1.2.3", "192.168.0.9"}, PublicIPs: []string{"52.59.78.34"}, IPv6s: []string{"2001:db8::1:2"},
		Tags: map[string]string{"Name": "web-é1", "env": "prod", "empty": "", "Case": "x"},
	}
	what := func(s ...string) Query { return Query{What: s} }
	for _, c := range []struct {
		q    Query
		want bool
	}{
		{Query{}, true},
		{what("i-0a23456789abcdef0"), true},
		{what("i-0a23456789abcdef1"), false},
		{what("i-0a*"), true},
		{what("i-0b*"), false},
		{what("web-é1"), true},
		{what("web"), false},
		{what("Web-é1"), false},
		{what("web-*"), true},
		{what("web-?1"), true},
		{what("web-??1"), false},
		{what("web-[éè]1"), true},
		{what("web-[a-z]1"), false},
		{what("web-[!a-z]1"), true},
		{what("{web,db}-*"), true},
		{what("{app,db}-*"), false},
		{what(`web\-é1`), true},
		{what(`web-\*`), false},
		{what("*"), true},
		{what("nobody", "web-*"), true},
		{what("10.1.2.3"), true},
		{what("10.1.2.30"), false},
		{what("::ffff:10.1.2.3"), true},
		{what("52.59.78.34"), true},
		{what("192.168.0.9"), true},
		{what("10.1.2.3/32"), true},
		{what("10.1.2.99/24"), true},
		{what("10.1.3.0/24"), false},
		{what("52.0.0.0/6"), true},
		{what("0.0.0.0/0"), true},
		{what("2001:db8::1:2"), true},
		{what("2001:0DB8:0:0::0001:2"), true},
		{what("2001:db8::1:3"), false},
		{what("2001:db8::/32"), true},
		{what("2001:db9::/32"), false},
		{what("::/0"), true},
		{Query{States: []string{"stopped", "running"}}, true},
		{Query{States: []string{"stopped"}}, false},
		{Query{Types: []string{"t3.*", "m5.*"}}, true},
		{Query{Types: []string{"m5"}}, false},
		{Query{Types: []string{"m[4-6].{large,xlarge}"}}, true},
		{Query{Tags: []string{"env"}}, true},
		{Query{Tags: []string{"ENV"}}, false},
		{Query{Tags: []string{"env=prod"}}, true},
		{Query{Tags: []string{"env=pr*"}}, true},
		{Query{Tags: []string{"env=test"}}, false},
		{Query{Tags: []string{"empty="}}, true},
		{Query{Tags: []string{"env="}}, false},
		{Query{Tags: []string{"none="}}, false},
		{Query{Tags: []string{"env=test,prod"}}, true},
		{Query{Tags: []string{"env=test,p?od"}}, true},
		{Query{Tags: []string{"env=test,dev"}}, false},
		{Query{Tags: []string{"env={test,prod}"}}, true},
		{Query{Tags: []string{`env=test\,prod`}}, false},
		{Query{Tags: []string{"env="}}, false},
		{Query{Tags: []string{"env=,prod"}}, true},
		{Query{Tags: []string{"!env"}}, false},
		{Query{Tags: []string{"!none"}}, true},
		{Query{Tags: []string{"!empty"}}, false},
		{Query{Tags: []string{"env!=prod"}}, false},
		{Query{Tags: []string{"env!=test"}}, true},
		{Query{Tags: []string{"env!=test,p*"}}, false},
		{Query{Tags: []string{"none!=prod"}}, true},
		{Query{Tags: []string{"empty!="}}, false},
		{Query{Tags: []string{"env!="}}, true},
		{Query{Tags: []string{"env=p*", "!none", "Case!=y"}}, true},
		{Query{Tags: []string{"env=p*", "env=*d"}}, true},
		{Query{Tags: []string{"env=p*", "env=*x"}}, false},
		{Query{Tags: []string{"Case=x"}, What: []string{"web-*"}, States: []string{"running"}, Types: []string{"m5.large"}}, true},
		{Query{Tags: []string{"Case=y"}, What: []string{"web-*"}, States: []string{"running"}, Types: []string{"m5.large"}}, false},
	} {
		m, err := c.q.compile()
		if err != nil {
			t.Errorf("%+v: %v", c.q, err)
		} else if got := m.matches(web); got != c.want {
			t.Errorf("%+v: %t, want %t", c.q, got, c.want)
		}
	}
	terminated := &Instance{InstanceId: "i-1", State: "terminated", Tags: map[string]string{}}
	for _, text := range []string{"0.0.0.0/0", "::/0", "web", "?*"} {
		if m, err := what(text).compile(); err != nil || m.matches(terminated) {
			t.Errorf("%q matches an instance without name and address (%v)", text, err)
		}
	}
}
