package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestCheck: check sees the skips of tests, subtests, helpers, scripts and benchmarks.
func TestCheck(t *testing.T) {
	t.Parallel()
	logged := func(lines ...string) (events []event) {
		for _, line := range lines {
			events = append(events, event{Action: "output", Output: line + "\n"})
		}
		return events
	}
	for _, c := range []struct {
		name   string
		test   string
		events []event // without package and test
		ok     bool
		want   string // in the report
	}{
		{"passed", "TestA", []event{{Action: "pass"}}, true, "1 tests and benchmarks ran\n"},
		{"failed", "TestA", append(logged("    a_test.go:1: wrong"), event{Action: "fail"}), false, "== p TestA failed\n    a_test.go:1: wrong\n"},
		{"program missing", "TestA/sub", append(logged("    a_test.go:1: noise", "    a_test.go:2: no-such-program is not on PATH"), event{Action: "skip"}), true,
			"skipped p TestA/sub: no-such-program is not on PATH\n"},
		{"program there", "TestA/sub", append(logged("    a_test.go:2: the tool (go) is not on PATH"), event{Action: "skip"}), false, "go is there\n"},
		{"folder missing", "TestA", append(logged("    a_test.go:2: /no/such folder is not there"), event{Action: "skip"}), false, "skipped p TestA: /no/such folder is not there\n"},
		{"folder there", "TestA", append(logged("    a_test.go:2: / is not there"), event{Action: "skip"}), false, "/ is there\n"},
		{"script", "TestScripts/x", append(logged("    cmd.go:380: go is not on PATH", "    testscript.go:609: WORK=$WORK", "        HOME=x"), event{Action: "skip"}), false, "go is there\n"},
		{"benchmark", "BenchmarkA", append(logged("BenchmarkA", "    a_test.go:2: go is not on PATH"), event{Action: "skip"}), false, "go is there\n"},
		{"benchmark result", "BenchmarkA", logged("=== RUN   BenchmarkA", "BenchmarkA", "BenchmarkA-2 \t1\t321.0 ns/op"), true, "BenchmarkA-2 \t1\t321.0 ns/op\n1 tests and benchmarks ran\n"},
		{"no reason", "TestA", []event{{Action: "skip"}}, false, "p TestA was skipped (), but this is no valid reason on this machine\n"},
		{"unknown reason", "TestA", append(logged("    a_test.go:2: it takes long"), event{Action: "skip"}), false, "(it takes long), but this is no valid reason"},
		{"nothing ran", "", nil, false, "0 tests and benchmarks ran\n"},
	} {
		var input, report strings.Builder
		encoder := json.NewEncoder(&input)
		if c.test != "" {
			encoder.Encode(event{Action: "run", Package: "p", Test: c.test})
		}
		if c.name == "program missing" { // so that something has run
			encoder.Encode(event{Action: "run", Package: "p", Test: "TestB"})
		}
		for _, e := range c.events {
			e.Package, e.Test = "p", c.test
			encoder.Encode(e)
		}
		if ok := check(strings.NewReader(input.String()), &report); ok != c.ok || !strings.Contains(report.String(), c.want) {
			t.Errorf("%s: %t, %q; want %t, %q", c.name, ok, report.String(), c.ok, c.want)
		}
	}
}
