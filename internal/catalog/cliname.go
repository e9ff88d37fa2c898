package catalog

import (
	"regexp"
	"strings"
	"sync"
)

// The expressions are botocore's: the AWS CLI makes its names with them.
var (
	pluralAcronym = lazyRegexp(`[A-Z]{2,}s$`) // ARNs, ACLs
	wordStart     = lazyRegexp(`(.)([A-Z][a-z]+)`)
	capital       = lazyRegexp(`([a-z0-9])([A-Z])`)
)

func lazyRegexp(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

// CLIName returns a name of the API as the AWS CLI usually writes it:
// describe-db-instances for DescribeDBInstances. Operation.CLIName and
// Operation.Parameter know the exceptions.
func CLIName(name string) string {
	if strings.Contains(name, "-") {
		return name
	}
	if at := pluralAcronym().FindStringIndex(name); at != nil {
		name = name[:at[0]] + "-" + strings.ToLower(name[at[0]:])
	}
	name = wordStart().ReplaceAllString(name, "$1-$2")
	name = capital().ReplaceAllString(name, "$1-$2")
	return strings.ToLower(name)
}
