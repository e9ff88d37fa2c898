package catalog

import (
	"regexp"
	"strings"
	"testing"
)

// The expressions of botocore's xform_name.
var (
	pluralAcronym = regexp.MustCompile(`[A-Z]{2,}s$`)
	wordStart     = regexp.MustCompile(`(.)([A-Z][a-z]+)`)
	capital       = regexp.MustCompile(`([a-z0-9])([A-Z])`)
)

func cliNameByExpressions(name string) string {
	if strings.Contains(name, "-") {
		return name
	}
	if at := pluralAcronym.FindStringIndex(name); at != nil {
		name = name[:at[0]] + "-" + strings.ToLower(name[at[0]:])
	}
	name = wordStart.ReplaceAllString(name, "$1-$2")
	name = capital.ReplaceAllString(name, "$1-$2")
	return strings.ToLower(name)
}

// TestCLINames compares CLIName with botocore's expressions, for the names of all
// operations and their parameters.
func TestCLINames(t *testing.T) {
	t.Parallel()
	compare := func(name string) {
		if got, want := CLIName(name), cliNameByExpressions(name); got != want {
			t.Errorf("%s: %s, by the expressions %s", name, got, want)
		}
	}
	for _, name := range []string{"", "A", "s", "As", "ABs", "ARNs", "ListARNs", "AbCdEf", "aB", "a1B", "A1b2C", "IPv6Address", "ABCs", "DescribeDBInstances", "x_Y", "with-dash"} {
		compare(name)
	}
	for _, e := range Services() {
		for o := range Open(e.Name).Operations() {
			compare(o.Name)
			if o.Input == nil {
				continue
			}
			for _, m := range o.Input.Members() {
				compare(m.Name)
			}
		}
	}
}
