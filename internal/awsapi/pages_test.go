package awsapi

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// tokens are the tokens of some pages in a row.
func tokens(from, to int) (all []*string) {
	for i := from; i < to; i++ {
		all = append(all, aws.String(fmt.Sprint(i)))
	}
	return all
}

// TestEveryPage: only the token tells whether there is more.
func TestEveryPage(t *testing.T) {
	t.Parallel()
	token := func(s string) *string { return &s }
	for _, c := range []struct {
		name  string
		pages []*string // the token that each page gives
		asked int
		err   string
	}{
		{"one", []*string{nil}, 1, ""},
		{"an empty token is none", []*string{token("")}, 1, ""},
		{"three", []*string{token("a"), token("b"), nil}, 3, ""},
		{"round and round at once", []*string{token("a"), token("b"), token("c"), token("b")}, 4, "List answered the same page again and again"},
		{"a long way round", append(tokens(0, 500), tokens(7, 8)...), 501, "List answered the same page again and again"},
		{"round and round", []*string{token("a"), token("a")}, 2, "List answered the same page again and again"},
	} {
		asked := 0
		err := ForEachPage("List", func(*string) (*string, error) { asked++; return c.pages[asked-1], nil })
		got := ""
		if err != nil {
			got = err.Error()
			if kind := Explain(err).Kind; kind != Broken {
				t.Errorf("%s: %s", c.name, kind)
			}
		}
		if got != c.err || asked != c.asked {
			t.Errorf("%s: %q after %d pages, want %q after %d", c.name, got, asked, c.err, c.asked)
		}
	}
}
