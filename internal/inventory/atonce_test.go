package inventory

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// TestAtOnce: calls overlap, but their results are used in the order of the calls.
func TestAtOnce(t *testing.T) {
	t.Parallel()
	var together sync.WaitGroup // all calls are under way
	together.Add(maxAtOnce)
	var used []int
	var calls []func(context.Context, turn) error
	for i := range 2 * maxAtOnce {
		calls = append(calls, func(_ context.Context, turn turn) error {
			if i < maxAtOnce {
				together.Done()
				together.Wait()
			}
			if i == 3 {
				return errors.New("three") // without a result
			}
			turn.wait()
			if !turn.hasCome() {
				t.Error("the turn has not come after wait")
			}
			used = append(used, i)
			return nil
		})
	}
	errs := atOnce(t.Context(), calls)
	for i, err := range errs {
		if (err != nil) != (i == 3) {
			t.Errorf("call %d: %v", i, err)
		}
	}
	if want := []int{0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}; !slices.Equal(used, want) {
		t.Errorf("results used in the order %v, want %v", used, want)
	}
	if errs := atOnce(t.Context(), nil); len(errs) > 0 {
		t.Errorf("%v without calls", errs)
	}
}

// TestCallsOverlap: the calls of one place overlap, apart from the first. The test hangs if
// they do not.
func TestCallsOverlap(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	const last = 1 + maxAtOnce // address lookups at a custom endpoint need two calls more
	together := make(chan struct{})
	api, place := servedAtOnce(t, 16, func(w http.ResponseWriter, r *http.Request) {
		switch n := calls.Add(1); {
		case n == last:
			close(together)
		case n > 1 && n < last:
			<-together
		}
		if r.Form.Get("Action") == "DescribeInstances" {
			page(w, "")
		} else {
			io.WriteString(w, "<DescribeSecondaryInterfacesResponse><secondaryInterfaceSet/></DescribeSecondaryInterfacesResponse>")
		}
	})
	if found, err := visit(t, api, place, Query{What: []string{"54.0.0.1"}}); err != nil || len(found) > 0 || calls.Load() != last+2 {
		t.Errorf("%v, %v after %d calls", found, err, calls.Load())
	}
}

// TestLargeBeforeItsTurn: a call is given up if its answer is large before its turn, and
// made again then. The records are the same, in the same order.
func TestLargeBeforeItsTurn(t *testing.T) {
	t.Parallel()
	instances := func(from, n int) (list []string) {
		for i := range n {
			list = append(list, fmt.Sprintf("<instanceId>i-%d</instanceId><tagSet><item><key>Name</key><value>web</value></item></tagSet><keyName>%s</keyName>", from+i, strings.Repeat("k", 100)))
		}
		return list
	}
	const thirdFilter = "network-interface.addresses.association.public-ip"
	var third atomic.Int32
	givenUp := make(chan struct{})
	api, place := servedAtOnce(t, 16, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Form.Get("Action") != "DescribeInstances":
			io.WriteString(w, "<DescribeSecondaryInterfacesResponse><secondaryInterfaceSet/></DescribeSecondaryInterfacesResponse>")
		case r.Form.Get("Filter.1.Name") == nameFilter:
			page(w, "", instances(0, 2)...)
		case r.Form.Get("Filter.1.Name") == "network-interface.addresses.private-ip-address":
			<-givenUp // so that the third call's turn does not come before
			page(w, "", instances(10, 2)...)
		case r.Form.Get("Filter.1.Name") == thirdFilter:
			page(w, "", instances(20, 500)...)
			if third.Add(1) == 1 {
				w.(http.Flusher).Flush()
				<-r.Context().Done()
				close(givenUp)
			}
		default:
			page(w, "")
		}
	})
	found, err := visit(t, api, place, Query{What: []string{"web", "54.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range found {
		got = append(got, r.InstanceId)
	}
	want := []string{"i-0", "i-1", "i-10", "i-11"}
	for i := range 500 {
		want = append(want, fmt.Sprint("i-", 20+i))
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%d instances, want %d: %.5q...", len(got), len(want), got)
	}
	if n := third.Load(); n != 2 {
		t.Errorf("the large call was made %d times, want 2", n)
	}
}
