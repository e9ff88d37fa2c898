package inventory

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"muster/internal/awssim"
)

// lines formats the filters of each request as a line.
func lines(requests [][]filter) []string {
	var lines []string
	for _, filters := range requests {
		var parts []string
		for _, f := range filters {
			parts = append(parts, f.name+"="+strings.Join(f.values, ","))
		}
		lines = append(lines, strings.Join(parts, " & "))
	}
	return lines
}

const (
	byAddress  = "network-interface.addresses.private-ip-address="
	byPublic   = "network-interface.addresses.association.public-ip="
	byCarrier  = "network-interface.addresses.association.carrier-ip="
	byCustomer = "network-interface.addresses.association.customer-owned-ip="
)

// TestRequests: the filters of the calls for each query.
func TestRequests(t *testing.T) {
	t.Parallel()
	many := func(format string, n int) []string {
		var out []string
		for i := range n {
			out = append(out, fmt.Sprintf(format, i))
		}
		return out
	}
	for _, c := range []struct {
		name string
		q    Query
		want []string
	}{
		{"nothing", Query{}, []string{""}},
		{"an id", Query{What: []string{"i-0123456789abcdef0"}}, []string{"instance-id=i-0123456789abcdef0"}},
		{"an old id", Query{What: []string{"i-01234567"}}, []string{"instance-id=i-01234567"}},
		{"ids", Query{What: []string{"i-01234567", "i-89abcdef"}}, []string{"instance-id=i-01234567,i-89abcdef"}},
		{"ids in one word", Query{What: []string{"i-01234567, I-89ABCDEF.\n"}}, []string{"instance-id=i-01234567,i-89abcdef"}},
		{"a copied URL", Query{What: []string{"https://10.0.0.7:8443/x"}}, []string{byAddress + "10.0.0.7", byCustomer + "10.0.0.7"}},
		{"a name like an id", Query{What: []string{"nat-20260102"}}, []string{"tag:Name=nat-20260102"}},
		{"names like ids in capitals", Query{What: []string{"Backup-20260102", "SG-20260102", "Web-DEADBEEF", "Web-0123456789ABCDEF0"}},
			[]string{"tag:Name=Backup-20260102,SG-20260102,Web-DEADBEEF,Web-0123456789ABCDEF0"}},
		{"an id like a name with a date", Query{What: []string{"i-20260102", "I-20260103"}}, []string{"instance-id=i-20260102,i-20260103", "tag:Name=i-20260102,I-20260103"}},
		{"names like a host with a port, a URL and an ARN", Query{What: []string{"db.example.com:5432", "http://wiki", "arn:aws:rds:eu-west-1:123456789012:db:shop"}},
			[]string{"tag:Name=db.example.com:5432,http://wiki,arn:aws:rds:eu-west-1:123456789012:db:shop"}},
		{"a name", Query{What: []string{"web"}}, []string{"tag:Name=web"}},
		{"a name with spaces and commas", Query{What: []string{"my web, 1"}}, []string{"tag:Name=my web, 1"}},
		{"a glob", Query{What: []string{"web-*"}}, []string{"tag:Name=web-*"}},
		{"one character is several bytes", Query{What: []string{"web-?"}}, []string{"tag:Name=web-*"}},
		{"brackets", Query{What: []string{"web-[0-9]x"}}, []string{"tag:Name=web-*x"}},
		{"braces", Query{What: []string{"{web,db}-1"}}, []string{"tag:Name=*-1"}},
		{"nested braces", Query{What: []string{"a{b,{c,d}}e"}}, []string{"tag:Name=a*e"}},
		{"escapes", Query{What: []string{`a\*b\?c\\d\[e`}}, []string{`tag:Name=a\*b\?c\\d[e`}},
		{"ids by glob may be names", Query{What: []string{"i-0a*"}}, []string{"instance-id=i-0a*", "tag:Name=i-0a*"}},
		{"a private address", Query{What: []string{"10.1.2.3"}}, []string{byAddress + "10.1.2.3", byCustomer + "10.1.2.3"}},
		{"a public address", Query{What: []string{"52.59.78.34"}}, []string{byAddress + "52.59.78.34", byPublic + "52.59.78.34", byCarrier + "52.59.78.34", byCustomer + "52.59.78.34"}},
		{"IPv4 in IPv6", Query{What: []string{"::ffff:10.1.2.3"}}, []string{byAddress + "10.1.2.3", byCustomer + "10.1.2.3"}},
		{"IPv6", Query{What: []string{"2001:db8::1"}}, []string{""}},
		{"a block", Query{What: []string{"10.0.0.0/8"}}, []string{""}},
		{"a block beside an id", Query{What: []string{"i-01234567", "10.0.0.0/8"}}, []string{""}},
		{"one of each", Query{What: []string{"web", "i-01234567", "52.59.78.34", "10.1.2.3"}},
			[]string{"instance-id=i-01234567", "tag:Name=web", byAddress + "52.59.78.34,10.1.2.3", byPublic + "52.59.78.34", byCarrier + "52.59.78.34", byCustomer + "52.59.78.34,10.1.2.3"}},
		{"states", Query{States: []string{"running", "stopped"}}, []string{"instance-state-name=running,stopped"}},
		{"types", Query{Types: []string{"m5.*", "t[23].micro"}}, []string{"instance-type=m5.*,t*.micro"}},
		{"a tag", Query{Tags: []string{"env=prod"}}, []string{"tag:env=prod"}},
		{"a tag of any value", Query{Tags: []string{"env"}}, []string{"tag-key=env"}},
		{"a tag without value", Query{Tags: []string{"env="}}, []string{"tag:env="}},
		{"a tag with = in its value", Query{Tags: []string{"env=a=b"}}, []string{"tag:env=a=b"}},
		{"a tag of several values", Query{Tags: []string{"env=prod,dev*"}}, []string{"tag:env=prod,dev*"}},
		{"a tag that is not there", Query{Tags: []string{"!env", "team!=red", "cost"}}, []string{"tag-key=cost"}},
		{"commas of a pattern", Query{Tags: []string{`env={a,b},c\,d`}}, []string{"tag:env=*,c,d"}},
		{"a key that looks like a glob", Query{Tags: []string{"env*"}}, []string{`tag-key=env\*`}},
		{"tags", Query{Tags: []string{"env=prod", "team=red", "cost"}}, []string{"tag:env=prod & tag:team=red & tag-key=cost"}},
		{"a second filter of the same name is left out", Query{Tags: []string{"env=p*", "env=*d", "a", "b"}}, []string{"tag:env=p* & tag-key=a"}},
		{"all together", Query{What: []string{"web", "10.1.2.3"}, States: []string{"running"}, Types: []string{"m5.*"}, Tags: []string{"env"}, Filters: []string{"Name=vpc-id,Values=vpc-1,vpc-2"}},
			[]string{
				"vpc-id=vpc-1,vpc-2 & instance-state-name=running & instance-type=m5.* & tag-key=env & tag:Name=web",
				"vpc-id=vpc-1,vpc-2 & instance-state-name=running & instance-type=m5.* & tag-key=env & " + byAddress + "10.1.2.3",
				"vpc-id=vpc-1,vpc-2 & instance-state-name=running & instance-type=m5.* & tag-key=env & " + byCustomer + "10.1.2.3",
			}},
		{"keys in any order", Query{Filters: []string{"Values=a,Name=vpc-id"}}, []string{"vpc-id=a"}},
		{"an empty value", Query{Filters: []string{"Name=tag:x,Values="}}, []string{"tag:x="}},
		{"quotes", Query{Filters: []string{`Name=tag:Name,Values="my server",'a,b',c\,d`}}, []string{"tag:Name=my server,a,b,c,d"}},
		{"a list in brackets", Query{Filters: []string{"Name=vpc-id,Values=[a,b]"}}, []string{"vpc-id=a,b"}},
		{"JSON", Query{Filters: []string{`{"Name": "vpc-id", "Values": ["a"]}`, `[{"Name": "subnet-id", "Values": ["b"]}, {"Name": "key-name", "Values": ["c,d"]}]`}}, []string{"vpc-id=a & subnet-id=b & key-name=c,d"}},
		{"the user's own filter comes first", Query{States: []string{"running"}, Filters: []string{"Name=instance-state-name,Values=stopped"}}, []string{"instance-state-name=stopped"}},
		{"and so does its tag", Query{What: []string{"web"}, Tags: []string{"env=prod"}, Filters: []string{"Name=tag:Name,Values=w*", "Name=tag:env,Values=test"}}, []string{"tag:Name=w* & tag:env=test"}},
		{"200 values", Query{What: many("web-%d", 200)}, []string{"tag:Name=" + strings.Join(many("web-%d", 200), ",")}},
		{"200 values in all", Query{What: many("web-%d", 150), Types: many("m%d.large", 60)}, []string{"instance-type=" + strings.Join(many("m%d.large", 60), ",")}},
		{"200 values with the user's own", Query{Types: many("m%d.large", 60), States: []string{"running"}, Filters: []string{"Name=vpc-id,Values=" + strings.Join(many("vpc-%d", 150), ",")}},
			[]string{"vpc-id=" + strings.Join(many("vpc-%d", 150), ",") + " & instance-state-name=running"}},
		{"201 values", Query{What: many("web-%d", 201)}, []string{""}},
		{"201 values and a state", Query{What: many("web-%d", 201), States: []string{"running"}}, []string{"instance-state-name=running"}},
		{"201 types", Query{Types: many("m%d.large", 201), States: []string{"running"}}, []string{"instance-state-name=running"}},
	} {
		m, err := c.q.compile()
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := lines(m.requests(false)); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
	}
}

func TestQueryMistakes(t *testing.T) {
	t.Parallel()
	const states = "expected one of pending, running, shutting-down, terminated, stopping, stopped; did you mean \"running\"?"
	for _, c := range []struct {
		q    Query
		want string
	}{
		{Query{What: []string{"10.0.0.256"}}, `"10.0.0.256" is neither an IP address nor a CIDR block; expected one like 10.0.0.1 or 10.0.0.0/16`},
		{Query{What: []string{"10.0.0.0/33"}}, `"10.0.0.0/33" is neither an IP address nor a CIDR block; expected one like 10.0.0.1 or 10.0.0.0/16`},
		{Query{What: []string{"2001:db8:::1"}}, `"2001:db8:::1" is neither an IP address nor a CIDR block; expected one like 10.0.0.1 or 10.0.0.0/16`},
		{Query{What: []string{"web", ""}}, "an empty name; expected an instance id, a name, an IP address or a CIDR block"},
		{Query{What: []string{"10.20.1.*"}}, `"10.20.1.*" is neither an IP address nor a CIDR block; did you mean 10.20.1.0/24?`},
		{Query{What: []string{"i-0123456789abcdef"}}, `"i-0123456789abcdef" is not an id: expected 17 hexadecimal digits after i-, not 16`},
		{Query{What: []string{"sg-0123456789abcdef0"}}, `"sg-0123456789abcdef0" is not the id of an instance; --filter Name=instance.group-id,Values=sg-0123456789abcdef0 finds instances by it`},
		{Query{What: []string{"nat-0123456789abcdef0"}}, `"nat-0123456789abcdef0" is not the id of an instance; expected an id of i-, a name, an IP address or a CIDR block`},
		{Query{States: []string{"runing"}}, `--state "runing": ` + states},
		{Query{States: []string{"Running"}}, `--state "Running": ` + states},
		{Query{Tags: []string{"=prod"}}, `--tag "=prod": expected KEY, KEY=VALUE, !KEY or KEY!=VALUE`},
		{Query{Tags: []string{""}}, `--tag "": expected KEY, KEY=VALUE, !KEY or KEY!=VALUE`},
		{Query{Tags: []string{"!"}}, `--tag "!": expected KEY, KEY=VALUE, !KEY or KEY!=VALUE`},
		{Query{Tags: []string{"!=prod"}}, `--tag "!=prod": expected KEY, KEY=VALUE, !KEY or KEY!=VALUE`},
		{Query{Tags: []string{"!env=prod"}}, `--tag "!env=prod": did you mean env!=prod?`},
		{Query{Filters: []string{"Name=vpc-id"}}, `--filter "Name=vpc-id": expected Name=NAME,Values=VALUE[,VALUE...]`},
		{Query{Filters: []string{"Name=vpc-id,Valeus=a"}}, `--filter "Name=vpc-id,Valeus=a": unknown key "Valeus" in filters[0]; expected Name or Values`},
		{Query{Filters: []string{"Name=vpc-id,Values=a,Name=b,Values=c"}}, `--filter "Name=vpc-id,Values=a,Name=b,Values=c": a second "Name" at character 22; separate structures by spaces`},
		{Query{Filters: []string{`Name=vpc-id,Values="a`}}, `--filter "Name=vpc-id,Values=\"a": expected a " that ends the value at character 20`},
		{Query{Filters: []string{"vpc-id"}}, `--filter "vpc-id": expected "=" at the end`},
		{Query{Filters: []string{`{"Name": "vpc-id", "Values": [1]}`}}, `--filter "{\"Name\": \"vpc-id\", \"Values\": [1]}": filters[0].Values[0]: expected a string, not 1`},
		{Query{Filters: []string{`{"Name": "vpc-id"`}}, `--filter "{\"Name\": \"vpc-id\"": not JSON: the text ends too early`},
		{Query{Filters: []string{"[]"}}, `--filter "[]": the list is empty`},
		{Query{Filters: []string{"Name=,Values=a"}}, `--filter "Name=,Values=a": expected Name=NAME,Values=VALUE[,VALUE...]`},
		{Query{Filters: []string{"Name=a,b,Values=c"}}, `--filter "Name=a,b,Values=c": filters[0].Name: expected a string, not ["a","b"]`},
	} {
		_, err := NewInstances(nil, c.q)
		var mistake *QueryError
		if !errors.As(err, &mistake) || mistake.Msg != c.want {
			t.Errorf("%+v:\n got %v\nwant %s", c.q, err, c.want)
		}
	}
	for _, q := range []Query{{What: []string{"web["}}, {Types: []string{"m5.["}}, {Tags: []string{"env=["}}} {
		var mistake *QueryError
		if _, err := NewInstances(nil, q); !errors.As(err, &mistake) || !strings.Contains(mistake.Msg, "not a pattern: ") || strings.Contains(mistake.Msg, "\n") {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

// TestQueryResults: EC2's filters and the check of each record together find the right
// instances, once each, with calls that EC2 accepts.
func TestQueryResults(t *testing.T) {
	t.Parallel()
	in := func(n int, name string, change func(*awssim.Instance)) awssim.Instance {
		i := awssim.Instance{Account: "main", Region: "us-east-1", ID: fmt.Sprintf("i-0%016d", n), Name: name, PrivateIPs: []string{fmt.Sprintf("10.0.0.%d", n)}}
		change(&i)
		return i
	}
	same := func(*awssim.Instance) {}
	w := &awssim.World{
		Regions:  []string{"us-east-1"},
		Accounts: []awssim.Account{{ID: "100000000001", Name: "main"}},
		Users:    []awssim.User{{Account: "main", Name: "admin"}},
		EC2:      awssim.Paging{PageSize: 5, EmptyPages: true},
		Home:     awssim.Home{Profile: "admin"},
		Instances: []awssim.Instance{
			in(1, "web-1", same), in(2, "web-ü", same), in(3, "web*", same), in(4, `back\slash`, same), in(5, "10.0.0.1", same), in(6, "i-00000000000000001", same),
			in(7, "", func(i *awssim.Instance) {
				i.PrivateIPs, i.PublicIPs = []string{"10.0.0.7", "10.7.7.7"}, []string{"52.7.7.6", "52.7.7.7"}
				i.Tags = map[string]string{"env": "prod", "empty": ""}
			}),
			in(8, "db", func(i *awssim.Instance) {
				i.IPv6s, i.Type, i.State, i.Tags = []string{"2600:1f18::8"}, "m5.large", "stopped", map[string]string{"env": "test"}
			}),
			in(9, "gone", func(i *awssim.Instance) { i.State = "terminated" }),
		},
	}
	sim, r := newResolver(t, w, 8)
	for _, c := range []struct {
		q    Query
		want string // the numbers
	}{
		{Query{}, "123456789"},
		{Query{What: []string{"web-*"}}, "12"},
		{Query{What: []string{"web-?"}}, "12"},
		{Query{What: []string{`web\*`}}, "3"},
		{Query{What: []string{"web[*]"}}, "3"},
		{Query{What: []string{`back\\slash`}}, "4"},
		{Query{What: []string{"web-{1,2}"}}, "1"},
		{Query{What: []string{"10.0.0.1"}}, "1"},
		{Query{What: []string{"i-00000000000000001"}}, "1"},
		{Query{What: []string{"i-0000000000000000[12]"}}, "126"},
		{Query{What: []string{"10.7.7.7"}}, "7"},
		{Query{What: []string{"52.7.7.7", "52.7.7.6", "10.0.0.7"}}, "7"},
		{Query{What: []string{"10.0.0.0/29"}}, "1234567"},
		{Query{What: []string{"52.0.0.0/8", "web-1"}}, "17"},
		{Query{What: []string{"2600:1F18:0::8"}}, "8"},
		{Query{What: []string{"2600:1f18::/32"}}, "8"},
		{Query{What: []string{"web-1", "i-00000000000000001", "10.0.0.1"}}, "1"},
		{Query{States: []string{"stopped", "terminated"}}, "89"},
		{Query{Types: []string{"m?.*"}}, "8"},
		{Query{Tags: []string{"env"}}, "78"},
		{Query{Tags: []string{"env=[pt]*"}}, "78"},
		{Query{Tags: []string{"env=p*", "env=*d"}}, "7"},
		{Query{Tags: []string{"empty="}}, "7"},
		{Query{Tags: []string{"Name=web*"}}, "123"},
		{Query{Filters: []string{"Name=tag:env,Values=prod,test"}, States: []string{"running"}}, "7"},
		{Query{Filters: []string{"Name=tag:Name,Values=web-1,db"}, What: []string{"web-*"}}, "1"},
		{Query{Filters: []string{"Name=instance-state-name,Values=running"}, States: []string{"stopped"}}, ""},
		{Query{What: []string{"nobody"}}, ""},
	} {
		got, ledger := sweepAll(t, r, ownAccount, c.q, 8)
		numbers := ""
		for _, id := range ids(got) {
			numbers += id[len(id)-1:]
		}
		if gaps := ledger.Gaps(); numbers != c.want || len(gaps) != 0 {
			t.Errorf("%+v finds %q, want %q; gaps %+v", c.q, numbers, c.want, gaps)
		}
	}
	sim.CheckRequests(t)
}
