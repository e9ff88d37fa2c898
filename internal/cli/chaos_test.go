package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"muster/internal/awssim"
	"muster/internal/inventory"
	"muster/internal/sweep"
)

// chaosWorld is an organization in which any call of any service may fail in any way, at
// random.
func chaosWorld(seed uint64) *awssim.World {
	w := awssim.Large(awssim.LargeSpec{Accounts: 7, Regions: 17, MaxInstances: 12, PageSize: 4, Tags: 2, Seed: seed})
	w.Organization.Paging = awssim.Paging{PageSize: 4, EmptyPages: true}
	w.Accounts[5].State = "SUSPENDED"
	for _, f := range []awssim.Fault{
		{Kind: awssim.FaultThrottle}, {Kind: awssim.FaultReset}, {Kind: awssim.FaultClose}, {Kind: awssim.FaultTruncate},
		{Kind: awssim.FaultCut}, {Kind: awssim.FaultHTML}, {Kind: awssim.FaultEmpty}, {Kind: awssim.FaultGarbage},
		{Kind: awssim.FaultWrongRoot}, {Kind: awssim.FaultDelay, Delay: awssim.Duration(20 * time.Millisecond)},
		{Kind: awssim.FaultError, Status: 500, Code: "InternalError"}, {Kind: awssim.FaultError, Status: 403, Code: "UnauthorizedOperation"},
		{Kind: awssim.FaultError, Status: 400, Code: "RequestExpired"}, {Kind: awssim.FaultError, Status: 401, Code: "AuthFailure"},
	} {
		f.Service, f.Operation, f.Chance = "ec2", "DescribeInstances", 0.03
		w.Faults = append(w.Faults, f)
		f.Operation, f.Chance = "DescribeRegions", 0.02
		w.Faults = append(w.Faults, f)
		f.Service, f.Operation = "sts", "AssumeRole"
		w.Faults = append(w.Faults, f)
	}
	w.Faults = append(w.Faults,
		awssim.Fault{Kind: awssim.FaultHang, Service: "ec2", Operation: "DescribeInstances", Region: "us-east-1", Chance: 0.03},
		awssim.Fault{Kind: awssim.FaultLimiter, Service: "ec2", Region: w.Regions[1], Burst: 3, Rate: 40},
		awssim.Fault{Kind: awssim.FaultThrottle, Service: "organizations", After: 1, Times: 2, Shared: true},
	)
	return w
}

// TestChaos: the records are exactly those of the places that the report calls ok or
// empty, and a part of those of the others. Each place has one status. Runs with
// --retry-gaps print no record twice, and all runs together print every record. No
// goroutine is left; since the test counts those of the process, it does not run in
// parallel.
func TestChaos(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			before := runtime.NumGoroutine()
			w := chaosWorld(seed)
			sim, environ := simulated(t, w, seed%2 == 1)
			environ = append(environ, "AWS_MAX_ATTEMPTS=2")
			truth := map[[2]string]map[string]bool{}
			for _, in := range activeTruth(sim, w) {
				place := [2]string{in.Account, in.Region}
				if truth[place] == nil {
					truth[place] = map[string]bool{}
				}
				truth[place][in.ID] = true
			}
			report := filepath.Join(t.TempDir(), "report.json")
			args := []string{"instances", "--org", "--role", "OrganizationAccountAccessRole", "-o", "ndjson", "--report", report, "--cli-read-timeout", "1", "--concurrency", "16"}
			var all []string
			code, gaps := exitPartial, 0
			for run := 0; code != exitOK; run++ {
				got := muster(t, environ, args...)
				if code = got.code; code != exitOK && code != exitPartial && code != exitNothing || run == 40 {
					t.Fatalf("run %d: exit code %d: %s", run, code, got.stderr)
				}
				all = append(all, strings.FieldsFunc(got.stdout, func(r rune) bool { return r == '\n' })...)
				n := checkPlaces(t, w, truth, report, all)
				if (n == 0) != (code == exitOK) {
					t.Fatalf("run %d: exit code %d with %d gaps", run, code, n)
				}
				gaps += n
				if run == 0 {
					args = append(args, "--retry-gaps", report)
				}
			}
			if gaps < 10 {
				t.Errorf("%d gaps prove little", gaps)
			}
			var whole []inventory.Instance
			if err := json.Unmarshal([]byte("["+strings.Join(all, ",")+"]"), &whole); err != nil {
				t.Fatal(err)
			}
			byPlace(whole)
			text, _ := json.Marshal(whole)
			compareWithTruth(t, activeTruth(sim, w), string(text), "admin")
			for _, problem := range sim.Problems() {
				t.Error(problem)
			}
			sim.Close()
			if !eventually(func() bool { return runtime.NumGoroutine() <= before }) { // connections that the server has ended take a while
				stacks := make([]byte, 1<<20)
				t.Errorf("%d goroutines are left, of %d before: %s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
			}
		})
	}
}

// checkPlaces compares a report with the records printed so far and with the truth. It
// returns the number of gaps.
func checkPlaces(t *testing.T, w *awssim.World, truth map[[2]string]map[string]bool, report string, lines []string) (gaps int) {
	t.Helper()
	printed := map[[2]string]map[string]bool{}
	for _, line := range lines {
		var in struct{ AccountId, Region, InstanceId string }
		if err := json.Unmarshal([]byte(line), &in); err != nil {
			t.Fatal(err)
		}
		place := [2]string{in.AccountId, in.Region}
		if printed[place] == nil {
			printed[place] = map[string]bool{}
		}
		if printed[place][in.InstanceId] || !truth[place][in.InstanceId] {
			t.Errorf("%v: %s is printed twice, or not there", place, in.InstanceId)
		}
		printed[place][in.InstanceId] = true
	}
	data, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	var entries []sweep.Entry
	if err := json.Unmarshal(data, &entries); err != nil {
		t.Fatal(err)
	}
	status := map[[2]string]sweep.Status{}
	for _, e := range entries {
		place := [2]string{e.AccountId, e.Region}
		if status[place] != "" {
			t.Errorf("%v has two entries", place)
		}
		status[place] = e.Status
		switch have := len(printed[place]); {
		case e.Gap():
			gaps++
			fallthrough
		case e.Status == sweep.Suspended:
			if e.Records != have {
				t.Errorf("%v is %s with %d records, %d were printed", place, e.Status, e.Records, have)
			}
		case have != len(truth[place]) || e.Records != have || (have == 0) != (e.Status == sweep.Empty):
			t.Errorf("%v is %s with %d records, %d were printed, want %d", place, e.Status, e.Records, have, len(truth[place]))
		}
	}
	for _, a := range w.Accounts {
		if status[[2]string{a.ID, ""}] != "" || status[[2]string{}] != "" {
			continue // closed, not entered, or not all regions or accounts are known
		}
		for _, region := range w.Regions {
			if status[[2]string{a.ID, region}] == "" {
				t.Errorf("%s %s has no entry", a.ID, region)
			}
		}
	}
	return gaps
}
