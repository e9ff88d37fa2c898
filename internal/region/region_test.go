package region

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"muster/internal/account"
	"muster/internal/awsapi"
	"muster/internal/awssim"
	"muster/internal/awssim/simtest"
	"muster/internal/catalog"
	"muster/internal/sweep"
)

// fiveRegions is an organization in five regions. Its account has opted in to one of the
// two regions that need it, and its user's profile has eu-west-1.
func fiveRegions() *awssim.World {
	return &awssim.World{
		Regions:  []string{"us-east-1", "us-west-2", "eu-west-1", "af-south-1", "me-south-1"},
		Accounts: []awssim.Account{{ID: "100000000001", Name: "main", OptedIn: []string{"af-south-1"}}},
		Users:    []awssim.User{{Account: "main", Name: "admin"}},
		Home:     awssim.Home{Profile: "admin", Region: "eu-west-1"},
	}
}

// deny is a policy of the one account.
func deny(action string, regions ...string) awssim.Deny {
	return awssim.Deny{Kind: "iam", Actions: []string{action}, Regions: regions}
}

// calls returns the calls so far, as OPERATION@REGION.
func calls(sim *simtest.Home) []string {
	out := []string{}
	for _, call := range sim.Calls() {
		out = append(out, call.Operation+"@"+call.Region)
	}
	return out
}

var alwaysOn = catalog.PartitionByID("aws").AlwaysOn

func TestRegions(t *testing.T) {
	t.Parallel()
	const denied = "UnauthorizedOperation"
	everywhere := []string{"DescribeRegions@us-east-1", "DescribeRegions@eu-west-1"}
	for _, region := range alwaysOn[1:] {
		if region != "eu-west-1" {
			everywhere = append(everywhere, "DescribeRegions@"+region)
		}
	}
	none := []string{}
	for _, c := range []struct {
		name             string
		include, exclude []string
		change           func(*awssim.World)
		visit, off       []string
		incomplete       string // the error code of Incomplete
		calls            []string
	}{
		{"all", nil, nil, nil, []string{"af-south-1", "eu-west-1", "us-east-1", "us-west-2"}, []string{"me-south-1"}, "", everywhere[:1]},
		{"named and always on: no call", []string{"us-west-2", "eu-west-1"}, nil, nil, []string{"us-west-2", "eu-west-1"}, nil, "", none},
		{"and not excluded", []string{"us-west-2", "eu-west-1"}, []string{"us-west-2"}, nil, []string{"eu-west-1"}, nil, "", none},
		{"and not excluded", []string{"us-west-2", "eu-west-1"}, []string{"us-*"}, nil, []string{"eu-west-1"}, nil, "", none},
		{"named twice", []string{"us-west-2", "us-west-2"}, nil, nil, []string{"us-west-2"}, nil, "", none},
		{"of another partition", []string{"cn-north-1"}, nil, nil, nil, []string{"cn-north-1"}, "", everywhere[:1]},
		{"opted in", []string{"eu-west-1", "af-south-1"}, nil, nil, []string{"af-south-1", "eu-west-1"}, nil, "", everywhere[:1]},
		{"not opted in", []string{"me-south-1"}, nil, nil, nil, []string{"me-south-1"}, "", everywhere[:1]},
		{"globs", []string{"{us,me}-*"}, []string{"*-2"}, nil, []string{"us-east-1"}, []string{"me-south-1"}, "", everywhere[:1]},
		{"excluded", nil, []string{"us-east-1", "me-south-1"}, nil, []string{"af-south-1", "eu-west-1", "us-west-2"}, nil, "", everywhere[:1]},
		{"home denied", nil, nil, func(w *awssim.World) { w.Deny = []awssim.Deny{deny("ec2:DescribeRegions", "us-east-1")} },
			[]string{"af-south-1", "eu-west-1", "us-east-1", "us-west-2"}, []string{"me-south-1"}, "", everywhere[:2]},
		{"home and the profile's denied", nil, nil, func(w *awssim.World) {
			w.Regions = append(w.Regions, "us-east-2")
			w.Deny = []awssim.Deny{deny("ec2:DescribeRegions", "us-east-1", "eu-west-1")}
		}, []string{"af-south-1", "eu-west-1", "us-east-1", "us-east-2", "us-west-2"}, []string{"me-south-1"}, "", everywhere[:3]},
		{"denied everywhere, but for Account Management", nil, nil, func(w *awssim.World) {
			w.Regions = append(w.Regions, alwaysOn...)
			slices.Sort(w.Regions)
			w.Regions = slices.Compact(w.Regions)
			w.Deny = []awssim.Deny{deny("ec2:DescribeRegions")}
		}, append([]string{"af-south-1"}, slices.Sorted(slices.Values(alwaysOn))...), []string{"me-south-1"}, "", append(slices.Clone(everywhere), "ListRegions@us-east-1")},
		{"denied everywhere", nil, []string{"ap-*"}, func(w *awssim.World) {
			w.Regions, w.Deny = nil, []awssim.Deny{deny("ec2:DescribeRegions"), deny("account:*")}
		},
			slices.DeleteFunc(slices.Clone(alwaysOn), func(r string) bool { return strings.HasPrefix(r, "ap-") }), nil, denied, append(slices.Clone(everywhere), "ListRegions@us-east-1")},
		{"denied everywhere, and one named", []string{"eu-west-1", "af-south-1", "me-*"}, nil, func(w *awssim.World) { w.Regions, w.Deny = nil, []awssim.Deny{deny("*")} },
			[]string{"eu-west-1", "af-south-1"}, nil, denied, append(slices.Clone(everywhere), "ListRegions@us-east-1")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := fiveRegions()
			if c.change != nil {
				c.change(w)
			}
			sim, r := newResolver(t, w)
			got, err := selection(t, r.API, c.include, c.exclude).Of(t.Context(), nil, current(t, r))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.Visit, c.visit) || !slices.Equal(got.NotOptedIn, c.off) {
				t.Errorf("%q, and %q not opted in; want %q, and %q", got.Visit, got.NotOptedIn, c.visit, c.off)
			}
			code := ""
			if got.Incomplete != nil {
				code = awsapi.Explain(got.Incomplete).Code
			}
			if code != c.incomplete {
				t.Errorf("incomplete because of %q, want %q", code, c.incomplete)
			}
			if got := calls(sim); !slices.Equal(got, c.calls) {
				t.Errorf("calls %q, want %q", got, c.calls)
			}
			sim.CheckRequests(t)
		})
	}
}

// TestListFails: only a denial leads to a sweep of the regions that muster knows.
func TestListFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault awssim.Fault
		kind  awsapi.Kind
		calls int // of DescribeRegions
	}{
		{awssim.Fault{Kind: awssim.FaultThrottle}, awsapi.Throttled, 1},
		{awssim.Fault{Kind: awssim.FaultError, Status: 500, Code: "InternalError"}, awsapi.Unreachable, 3},
		{awssim.Fault{Kind: awssim.FaultHTML}, awsapi.Broken, len(alwaysOn)},
	} {
		t.Run(c.fault.Kind, func(t *testing.T) {
			t.Parallel()
			w := fiveRegions()
			c.fault.Service = "ec2"
			w.Faults = []awssim.Fault{c.fault}
			w.Regions, w.Deny = nil, []awssim.Deny{deny("account:*")}
			sim, r := newResolver(t, w)
			got, err := selection(t, r.API, nil, nil).Of(t.Context(), nil, current(t, r))
			if err == nil || awsapi.Explain(err).Kind != c.kind || len(got.Visit) != 0 {
				t.Errorf("%+v, %v, want an error that is %s", got, err, c.kind)
			}
			describes := 0
			for _, call := range calls(sim) {
				if strings.HasPrefix(call, "DescribeRegions@") {
					describes++
				}
			}
			if describes != c.calls {
				t.Errorf("calls %q, want %d DescribeRegions", calls(sim), c.calls)
			}
		})
	}
}

// TestUnknownNames: Select returns names that it does not know. Globs are never unknown:
// they may match a region newer than muster.
func TestUnknownNames(t *testing.T) {
	t.Parallel()
	_, unknown, err := Select(nil, []string{"us-east-1", "us-esat-1", "zz-*"}, []string{"eu-wset-1"})
	if want := []string{"us-esat-1", "eu-wset-1"}; err != nil || !slices.Equal(unknown, want) {
		t.Errorf("%q, %v, want %q", unknown, err, want)
	}
	if _, _, err := Select(nil, []string{"us-["}, nil); err == nil {
		t.Error("no error for us-[")
	}
}

// TestOtherPartition: the first call goes to the home region of the user's partition.
func TestOtherPartition(t *testing.T) {
	t.Parallel()
	w := fiveRegions()
	w.Partition, w.Regions, w.Home.Region = "aws-cn", nil, "cn-northwest-1"
	w.Accounts[0].OptedIn = nil
	sim, r := newResolver(t, w)
	got, err := selection(t, r.API, nil, nil).Of(t.Context(), nil, current(t, r))
	if want := []string{"cn-north-1", "cn-northwest-1"}; err != nil || !slices.Equal(got.Visit, want) {
		t.Errorf("%+v, %v, want %q", got, err, want)
	}
	if got, want := calls(sim), []string{"DescribeRegions@cn-north-1"}; !slices.Equal(got, want) {
		t.Errorf("calls %q, want %q", got, want)
	}
	sim.CheckRequests(t)
}

func TestRecords(t *testing.T) {
	t.Parallel()
	_, r := newResolver(t, fiveRegions())
	id := current(t, r)
	for all, want := range map[bool][]string{
		false: {"af-south-1 opted-in", "us-east-1 opt-in-not-required", "us-west-2 opt-in-not-required"},
		true:  {"af-south-1 opted-in", "me-south-1 not-opted-in", "us-east-1 opt-in-not-required", "us-west-2 opt-in-not-required"},
	} {
		records, err := selection(t, r.API, nil, []string{"eu-*"}).Records(t.Context(), &account.Account{ID: "100000000001", Name: "main"}, id, all)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, rec := range records {
			if rec.AccountId != "100000000001" || rec.AccountName != "main" || rec.Profile != "admin" || rec.Role != "" {
				t.Errorf("%+v", rec)
			}
			got = append(got, rec.Region+" "+rec.OptInStatus)
		}
		if !slices.Equal(got, want) {
			t.Errorf("all %t: %q, want %q", all, got, want)
		}
	}
}

// TestEmptyList: AWS never lists no region, so an empty list is a broken answer.
func TestEmptyList(t *testing.T) {
	t.Parallel()
	api, id := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/listRegions" {
			fmt.Fprint(w, `{"Regions": []}`)
			return
		}
		fmt.Fprint(w, `<DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><regionInfo/></DescribeRegionsResponse>`)
	})
	_, err := selection(t, api, nil, nil).Of(t.Context(), nil, id)
	want := awsapi.Failure{Kind: awsapi.Broken, Operation: "DescribeRegions", Code: "InvalidAnswer", Message: "DescribeRegions answered with no region at all", Answered: true}
	if got := awsapi.Explain(err); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestEndlessList: a list whose pages never end counts as denied, not as complete.
func TestEndlessList(t *testing.T) {
	t.Parallel()
	api, id := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/listRegions" {
			fmt.Fprint(w, `{"Regions": [{"RegionName": "us-east-1", "RegionOptStatus": "ENABLED_BY_DEFAULT"}], "NextToken": "more"}`)
			return
		}
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>`)
	})
	got, err := selection(t, api, nil, nil).Of(t.Context(), nil, id)
	if err != nil || got.Incomplete == nil || len(got.Visit) != len(alwaysOn) {
		t.Errorf("%+v, %v, want the regions that are always on, and an error in Incomplete", got, err)
	}
}

// TestNotOptedIn: regions that are not opted in are in the ledger, and are not gaps.
func TestNotOptedIn(t *testing.T) {
	t.Parallel()
	sim, r := newResolver(t, fiveRegions())
	found, err := account.Find(r, account.Selection{}, account.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := sweep.Plan[Region]{
		Accounts: found.Accounts, Regions: selection(t, r.API, nil, nil).Of, Width: 4,
		Visit: func(context.Context, sweep.Place, func([]Region)) error { return nil },
	}.Run(t.Context(), func([]Region) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]sweep.Status{}
	for _, e := range ledger.Entries() {
		got[e.Region] = e.Status
	}
	want := map[string]sweep.Status{"us-east-1": "empty", "us-west-2": "empty", "eu-west-1": "empty", "af-south-1": "empty", "me-south-1": "not-opted-in"}
	if fmt.Sprint(got) != fmt.Sprint(want) || len(ledger.Gaps()) != 0 {
		t.Errorf("%v, want %v", got, want)
	}
	sim.CheckRequests(t)
}

// TestDescribeRegions: an answer that is incomplete, or that no region could be in, is an
// error.
func TestDescribeRegions(t *testing.T) {
	t.Parallel()
	const answer = `<?xml version="1.0" encoding="UTF-8"?>
<DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r</requestId><regionInfo>
<item><regionName>us-east-1</regionName><regionEndpoint>ec2.us-east-1.amazonaws.com</regionEndpoint><optInStatus>opt-in-not-required</optInStatus></item>
<item><optInStatus>not-opted-in</optInStatus><geography><item><name>South Africa</name></item></geography><regionName>af-south-1</regionName></item>
</regionInfo></DescribeRegionsResponse>`
	body := ""
	api, id := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) })
	read := func(text string) ([]Region, error) {
		body = text
		return selection(t, api, nil, nil).describeRegions(t.Context(), id, "us-east-1")
	}
	got, err := read(answer)
	want := []Region{{Region: "af-south-1", OptInStatus: "not-opted-in"}, {Region: "us-east-1", OptInStatus: "opt-in-not-required"}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	for end := 0; end < len(answer); end += 17 {
		if got, err := read(answer[:end]); err == nil {
			t.Fatalf("%v, and no error, for an answer of which %d bytes are missing", got, len(answer)-end)
		}
	}
	for _, name := range []string{"", "../x", "evil.example/", "us-east-1.evil"} {
		text := "<DescribeRegionsResponse><regionInfo><item><regionName>" + name + "</regionName></item></regionInfo></DescribeRegionsResponse>"
		if got, err := read(text); err == nil {
			t.Errorf("%s: %v", text, got)
		}
	}
	if got, err := read("<DescribeRegionsResponse/>"); err == nil {
		t.Errorf("%v, and no error, for an answer without a list", got)
	}
}
