package awsconfig

import (
	"fmt"
	"strings"
	"testing"
)

// TestLarge: the time and memory for thousands of faulty profiles do not grow with the
// square of their number.
func TestLarge(t *testing.T) {
	t.Parallel()
	const n = 5_000
	repeated := func(format string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.NewReplacer("{i}", fmt.Sprint(i), "{next}", fmt.Sprint(i+1), "{round}", fmt.Sprint((i+1)%n)).Replace(format))
		}
		return b.String()
	}
	const role = "role_arn = arn:aws:iam::100000000001:role/R\nsource_profile = "
	for name, c := range map[string]struct{ config, profile, want string }{
		"missing": {repeated("[profile quite-long-{i}]\n" + role + "quite-lng-{i}\n"), "quite-long-7",
			`c:24: profile "quite-long-7": source_profile "quite-lng-7" not found; did you mean "quite-long-7"?`},
		"sessions": {repeated("[sso-session s{i}]\nsso_start_url = https://x\nsso_region = us-east-1\n[profile p{i}]\nsso_session = none\n"), "p0",
			`c:5: profile "p0": sso-session "none" not found`},
		"chain":          {repeated("[profile p{i}]\n"+role+"p{next}\n") + fmt.Sprintf("[profile p%d]\naws_access_key_id = A\naws_secret_access_key = s\n", n), "p0", ""},
		"backward chain": {"[profile p0]\naws_access_key_id = A\naws_secret_access_key = s\n" + repeated("[profile p{next}]\n"+role+"p{i}\n"), fmt.Sprintf("p%d", n), ""},
		"bad chain":      {repeated("[profile p{i}]\n" + role + "p{next}\n"), "p0", fmt.Sprintf(`c:%d: profile "p0": source_profile "p%d": source_profile "p%d" not found; did you mean`, 3*n, n-1, n)},
		"loop": {repeated("[profile p{i}]\n" + role + "p{round}\n"), "p1",
			`c:3: profile "p1": source_profiles go round in a loop: p1 -> p2 -> p3 -> p4 -> p5 -> p6 -> p7 -> p8 -> p9 -> p10 -> 4990 more -> p1`},
		"nested":   {"[profile p]\ns3 =\n" + repeated("  k{i} = v\n") + "region = us-east-1\naws_access_key_id = A\naws_secret_access_key = s\n", "p", ""},
		"services": {"[services s]\nec2 =\n" + repeated("  k{i} = v\n") + repeated("[profile p{i}]\nservices = s\naws_access_key_id = A\naws_secret_access_key = s\n"), "p0", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config, err := build(Files{Config: "c"}, []byte(c.config), nil)
			if err != nil {
				t.Fatal(err)
			}
			p, err := config.Profile(c.profile)
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" {
				chain, err := config.Chain(p)
				if err != nil || strings.Contains(name, "chain") && len(chain) != n+1 {
					t.Errorf("a chain of %d, and %v", len(chain), err)
				}
			} else if p.Problem == nil || !strings.HasPrefix(p.Problem.Error(), c.want) {
				t.Errorf("%v, want %s", p.Problem, c.want)
			}
			size := 0
			for _, p := range config.Profiles {
				if p.Problem != nil {
					size += len(p.Problem.Error())
				}
			}
			if size > 300*n {
				t.Errorf("the messages have %d bytes", size)
			}
		})
	}
}
