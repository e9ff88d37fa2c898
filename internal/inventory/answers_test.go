package inventory

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"muster/internal/awsapi"
	"muster/internal/xmlscan"
)

// pageOf returns an answer of DescribeInstances with the given ids.
func pageOf(next string, ids ...string) string {
	var b strings.Builder
	b.WriteString("<DescribeInstancesResponse><reservationSet>")
	for _, id := range ids {
		fmt.Fprintf(&b, "<item><reservationId>r-1</reservationId><instancesSet><item><instanceId>%s</instanceId></item></instancesSet></item>", id)
	}
	fmt.Fprintf(&b, "</reservationSet><nextToken>%s</nextToken></DescribeInstancesResponse>", next)
	return b.String()
}

// TestRepeatedPages: an instance on two pages is one record, and a repeated token is an
// error.
func TestRepeatedPages(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pages map[string]string // by token
		want  string
		calls int
		err   string
	}{
		"on two pages":   {map[string]string{"": pageOf("a", "i-1", "i-2", "i-2"), "a": pageOf("b", "i-2", "i-3"), "b": pageOf("", "i-1")}, "i-1 i-2 i-3", 3, ""},
		"the same token": {map[string]string{"": pageOf("a", "i-1"), "a": pageOf("a", "i-2")}, "i-1 i-2", 2, "DescribeInstances answered the same page again and again"},
		"a cycle": {
			map[string]string{"": pageOf("a", "i-1"), "a": pageOf("b", "i-2"), "b": pageOf("c", "i-3"), "c": pageOf("a", "i-1")},
			"i-1 i-2 i-3", 4, "DescribeInstances answered the same page again and again",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := 0
			api, place := served(t, func(w http.ResponseWriter, r *http.Request) {
				calls++
				io.WriteString(w, c.pages[r.Form.Get("NextToken")])
			})
			found, err := visit(t, api, place, Query{})
			var ids []string
			for _, r := range found {
				ids = append(ids, r.InstanceId)
			}
			got := ""
			if err != nil {
				got = err.Error()
			}
			if strings.Join(ids, " ") != c.want || got != c.err || calls != c.calls {
				t.Errorf("%q, %q after %d calls, want %q, %q after %d", ids, got, calls, c.want, c.err, c.calls)
			}
		})
	}
}

// TestSeenIDs: the recent ids are remembered, however many came before, in bounded memory.
func TestSeenIDs(t *testing.T) {
	t.Parallel()
	s := newSeenIDs()
	for i := range 10 * minRemembered {
		if s.again(fmt.Sprint("i-", i)) {
			t.Fatalf("%d counts as seen", i)
		}
		if back := i - minRemembered + 1; back >= 0 && i%977 == 0 && !s.again(fmt.Sprint("i-", back)) {
			t.Fatalf("%d is forgotten after %d", back, i)
		}
	}
	if n := s.recent.len + s.before.len; n > 2*minRemembered || len(s.recent.slots) > 2*minRemembered {
		t.Errorf("%d ids are kept", n)
	}
}

// TestIncompletePages: an answer without its list, or with an item without its id, is an
// error.
func TestIncompletePages(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"<DescribeInstancesResponse/>", "<DescribeInstancesResponse><nextToken>a</nextToken></DescribeInstancesResponse>", pageOf("", ""),
		"<DescribeInstancesResponse><reservationSet><item/></reservationSet></DescribeInstancesResponse>",
		"<DescribeInstancesResponse><reservationSet><item><reservationId>r-1</reservationId></item></reservationSet></DescribeInstancesResponse>",
	} {
		if found, _, err := decode(t, body); err == nil {
			t.Errorf("%s: %v", body, found)
		}
	}
	for _, body := range []string{"<DescribeNetworkInterfacesResponse/>", "<DescribeNetworkInterfacesResponse><networkInterfaceSet><item/></networkInterfaceSet></DescribeNetworkInterfacesResponse>"} {
		if found, _, err := decodeInterfaces(strings.NewReader(body), here); err == nil {
			t.Errorf("%s: %v", body, found)
		}
	}
}

// endless is a stream that repeats a text after its beginning.
type endless struct {
	begin, text string
	n           int
}

func (f *endless) Read(p []byte) (int, error) {
	for i := range p {
		if f.n < len(f.begin) {
			p[i] = f.begin[f.n]
		} else {
			p[i] = f.text[(f.n-len(f.begin))%len(f.text)]
		}
		f.n++
	}
	return len(p), nil
}

// TestMaxMemory: an answer without end is an error before it takes more than maxMemory.
func TestMaxMemory(t *testing.T) {
	const reservations = "<DescribeInstancesResponse><reservationSet>"
	const reservation = "<item><reservationId>r</reservationId><instancesSet>"
	for name, body := range map[string]*endless{
		"instances":    {begin: reservations + reservation, text: "<item><instanceId>i-1</instanceId></item>"},
		"tags":         {begin: reservations + reservation + "<item><tagSet>", text: "<item><key>k</key></item>"},
		"a text":       {begin: reservations + reservation + "<item><instanceId>", text: "i"},
		"a name":       {begin: reservations + "<", text: "a"},
		"depth":        {begin: reservations, text: "<a>"},
		"depth, oddly": {begin: reservations, text: "<a b='c'>"},
		"CDATA":        {begin: reservations + reservation + "<item><instanceId>", text: "<![CDATA[i]]>"},
		"a comment":    {begin: reservations + "<!--", text: "a"},
		"an attribute": {begin: reservations + "<a b='", text: "a"},
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			_, _, err := new(decoders).instances(io.LimitReader(body, awsapi.PageLimit), here, func(*Instance) bool { return true }, func() {})
			runtime.ReadMemStats(&after)
			if !errors.As(err, new(*xmlscan.LimitError)) {
				t.Errorf("%v, want a *LimitError", err)
			}
			if took := int64(after.Sys) - int64(before.Sys); took > 6*maxMemory {
				t.Errorf("%d MiB of memory", took>>20)
			}
		})
	}
}
