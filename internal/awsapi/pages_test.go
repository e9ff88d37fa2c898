package awsapi

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// tokens are the tokens of consecutive pages.
func tokens(from, to int) (all []*string) {
	for i := from; i < to; i++ {
		all = append(all, aws.String(fmt.Sprint(i)))
	}
	return all
}

// TestForEachPage: only the token says whether there is another page.
func TestForEachPage(t *testing.T) {
	t.Parallel()
	token := func(s string) *string { return &s }
	for _, c := range []struct {
		name  string
		pages []*string // the token of each page
		calls int
		err   string
	}{
		{"one", []*string{nil}, 1, ""},
		{"an empty token is none", []*string{token("")}, 1, ""},
		{"three", []*string{token("a"), token("b"), nil}, 3, ""},
		{"a cycle", []*string{token("a"), token("b"), token("c"), token("b")}, 4, "List answered the same page again and again"},
		{"a long cycle", append(tokens(0, 500), tokens(7, 8)...), 501, "List answered the same page again and again"},
		{"a repeated token", []*string{token("a"), token("a")}, 2, "List answered the same page again and again"},
	} {
		calls := 0
		err := ForEachPage("List", func(*string) (*string, error) { calls++; return c.pages[calls-1], nil })
		got := ""
		if err != nil {
			got = err.Error()
			if kind := Explain(err).Kind; kind != Broken {
				t.Errorf("%s: %s", c.name, kind)
			}
		}
		if got != c.err || calls != c.calls {
			t.Errorf("%s: %q after %d pages, want %q after %d", c.name, got, calls, c.err, c.calls)
		}
	}
}
