package inventory

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// ec2Wildcard matches as EC2 documents its wildcards: * stands for any text, ? for any
// character, and a backslash escapes the next character.
func ec2Wildcard(pattern, text string) bool {
	var b strings.Builder
	escaped := false
	for _, c := range pattern {
		switch {
		case !escaped && c == '\\':
			escaped = true
			continue
		case !escaped && c == '*':
			b.WriteString(".*")
		case !escaped && c == '?':
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(string(c)))
		}
		escaped = false
	}
	return regexp.MustCompile(`(?s)\A` + b.String() + `\z`).MatchString(text)
}

// FuzzQuery: no text makes compile panic, and EC2's filters are never too narrow: one of
// the requests finds each record that matches accepts.
func FuzzQuery(f *testing.F) {
	for _, seed := range [][2]string{
		{"web-*", "web-1"}, {"{a,b[!c]}?", "bd1"}, {`\*\\`, `*\`}, {"[]]", "]"}, {"a[b-", "a"}, {"{a,{b,c}d}}", "bd}"}, {"i-0a*", "i-0ab"},
		{"10.0.0.1", "10.0.0.1"}, {"::1", "x"}, {"[é-ü]", "ö"}, {"**", ""}, {"{,a}", ""}, {"a}b]", "a}b]"}, {`[\]]`, "]"}, {"{[}],x}y", "}y"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, text, name string) {
		for _, q := range []Query{{What: []string{text}}, {Types: []string{text}}, {Tags: []string{"k=" + text}}, {Tags: []string{text}}, {Filters: []string{text}}} {
			m, err := q.compile()
			if err != nil || !utf8.ValidString(text) || !utf8.ValidString(name) {
				continue
			}
			in := &Instance{InstanceId: name, Name: name, InstanceType: name, Tags: map[string]string{"Name": name, "k": name, name: ""}}
			if _, err := netip.ParseAddr(name); err == nil {
				in.PrivateIPs = []string{name}
			}
			values := map[string][]string{
				"instance-id": {name}, "instance-type": {name}, "tag:Name": {name}, "tag:k": {name}, "tag-key": {"Name", "k", name},
				strings.TrimSuffix(byAddress, "="): in.PrivateIPs, strings.TrimSuffix(byPublic, "="): nil,
				strings.TrimSuffix(byCarrier, "="): nil, strings.TrimSuffix(byCustomer, "="): nil,
			}
			requests := m.requests(false)
			found := slices.ContainsFunc(requests, func(filters []filter) bool {
				return !slices.ContainsFunc(filters, func(f filter) bool { // true: the filter rejects all values
					of, known := values[f.name]
					return known && !slices.ContainsFunc(of, func(v string) bool {
						return slices.ContainsFunc(f.values, func(pattern string) bool { return ec2Wildcard(pattern, v) })
					})
				})
			})
			if len(q.Filters) == 0 && m.matches(in) && !found {
				t.Errorf("%+v matches %q, but the requests are %q", q, name, lines(requests))
			}
		}
	})
}
