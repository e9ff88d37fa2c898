package inventory

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// emptyEC2 answers every call with an empty list, and DescribeSecondaryInterfaces with an
// error if it does not know it.
func emptyEC2(w http.ResponseWriter, operation string, knowsSecondary bool) {
	list := map[string]string{
		"DescribeInstances": "reservationSet", "DescribeNetworkInterfaces": "networkInterfaceSet",
		"DescribeAddresses": "addressesSet", "DescribeSecondaryInterfaces": "secondaryInterfaceSet",
	}[operation]
	if operation == "DescribeSecondaryInterfaces" && !knowsSecondary {
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, "<Response><Errors><Error><Code>InvalidAction</Code><Message>no</Message></Error></Errors></Response>")
		return
	}
	fmt.Fprintf(w, "<%[1]sResponse><%[2]s/></%[1]sResponse>", operation, list)
}

// TestFindOneRoundTrip: the calls for anything that is not in the place overlap. The test
// hangs if they do not.
func TestFindOneRoundTrip(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what []string
		want int // calls
	}{
		{[]string{"10.0.0.1"}, 7},
		{[]string{"54.0.0.1"}, 10},
		{[]string{"2001:db8::1"}, 2},
		{[]string{"54.0.0.1", "10.0.0.1", "2001:db8::1", "web", "06:a0:f0:d9:2f:56", "eni-0a1b2c3d", "sg-0a1b2c3d", "i-0a1b2c3d"}, 20},
	} {
		var together sync.WaitGroup
		together.Add(c.want)
		api, place := servedAtOnce(t, c.want, func(w http.ResponseWriter, r *http.Request) {
			together.Done() // panics at one call too many
			together.Wait()
			emptyEC2(w, r.Form.Get("Action"), true)
		})
		f, err := NewFinder(api, c.what)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Visit(t.Context(), place, func(found []Finding) { t.Errorf("%s: %+v", c.what, found) }); err != nil {
			t.Errorf("%s: %v", c.what, err)
		}
	}
}

// TestFindWithoutSecondary: where the server does not know DescribeSecondaryInterfaces, only
// a private address is looked for at all instances; in the second place at once.
func TestFindWithoutSecondary(t *testing.T) {
	t.Parallel()
	for what, want := range map[string][]string{
		"54.0.0.1": {"DescribeSecondaryInterfaces", "DescribeSecondaryInterfaces"},
		"10.0.0.1": {"DescribeSecondaryInterfaces", "DescribeInstances", "DescribeInstances"},
	} {
		var mu sync.Mutex
		var got []string // calls without a filter, and of secondary interfaces
		api, place := served(t, func(w http.ResponseWriter, r *http.Request) {
			operation := r.Form.Get("Action")
			if operation == "DescribeSecondaryInterfaces" || operation == "DescribeInstances" && !r.Form.Has("Filter.1.Name") {
				mu.Lock()
				got = append(got, operation)
				mu.Unlock()
			}
			emptyEC2(w, operation, false)
		})
		f, err := NewFinder(api, []string{what})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := f.Visit(t.Context(), place, func([]Finding) {}); err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %s, want %s", what, strings.Join(got, ", "), strings.Join(want, ", "))
		}
	}
}
