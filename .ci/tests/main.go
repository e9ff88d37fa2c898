// Command tests reads the output of go test -json from standard input. It prints a line for
// each package, the output of each failed test, the results of benchmarks, and every skipped
// test, subtest and benchmark with its reason. It fails if a test failed, or if the reason of
// a skip does not hold on this machine: a test that compares muster with another program
// must run wherever that program is installed.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
)

func main() {
	if !check(os.Stdin, os.Stdout) {
		os.Exit(1)
	}
}

// event is a line of go test -json.
type event struct{ Action, Package, Test, Output string }

var (
	summaryLine = regexp.MustCompile(`^(ok|FAIL|---|\?|panic|fatal|WARNING)`)
	// logLine is a line that a test has logged.
	logLine = regexp.MustCompile(`^\s*([a-z0-9_]+\.go):\d+: (.*)`)
)

// check reads go test -json from r and reports to w. It returns false if something failed or
// nothing ran.
func check(r io.Reader, w io.Writer) (ok bool) {
	ok = true
	ran := 0
	output := map[string][]string{} // by package and test
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		var e event
		if json.Unmarshal(line, &e) != nil { // an error of the compiler
			w.Write(line)
			continue
		}
		key := strings.TrimSpace(e.Package + " " + e.Test)
		switch e.Action {
		case "run":
			ran++
		case "output", "build-output":
			if e.Action == "build-output" || e.Test == "" && summaryLine.MatchString(e.Output) || isResult(e) {
				fmt.Fprint(w, e.Output)
			}
			output[key] = append(output[key], e.Output)
		case "fail":
			ok = false
			fmt.Fprintf(w, "\n== %s failed\n%s", key, shortened(output[key]))
		case "skip":
			if e.Test == "" {
				continue // a package without tests
			}
			ran--
			reason := skipReason(output[key])
			if objection := objectionTo(reason); objection != "" {
				ok = false
				fmt.Fprintf(w, "%s was skipped (%s), but %s\n", key, reason, objection)
			} else {
				fmt.Fprintf(w, "skipped %s: %s\n", key, reason)
			}
		}
		if e.Action == "pass" || e.Action == "skip" || e.Action == "fail" {
			delete(output, key)
		}
	}
	fmt.Fprintf(w, "%d tests and benchmarks ran\n", ran)
	return ok && ran > 0
}

// isResult reports whether an event is part of the result line of a benchmark.
func isResult(e event) bool {
	return strings.HasPrefix(e.Test, "Benchmark") && e.Output != e.Test+"\n" && !strings.HasPrefix(e.Output, "=== ")
}

// skipReason returns the argument of t.Skip: the last line that the test has logged. A
// testscript logs its own transcript after that.
func skipReason(output []string) (reason string) {
	for _, text := range output {
		if found := logLine.FindStringSubmatch(text); found != nil && found[1] != "testscript.go" {
			reason = found[2]
		}
	}
	return reason
}

// objectionTo returns why the reason of a skip does not hold on this machine, or "".
func objectionTo(reason string) string {
	if program := submatch(`([^\s()]+)\)? is not on PATH`, reason); program != "" {
		if path, err := exec.LookPath(program); err == nil {
			return path + " is there"
		}
		return ""
	}
	if reason == "bash_completion is not installed" {
		const path = "/usr/share/bash-completion/bash_completion"
		if _, err := os.Stat(path); err == nil {
			return path + " is there"
		}
		return ""
	}
	if folder := submatch(`^(/.*) is not there$`, reason); folder != "" {
		if _, err := os.Stat(folder); err == nil {
			return folder + " is there"
		}
		return ""
	}
	if module := submatch(`^([a-z0-9_.]+) is not installed`, reason); module != "" {
		if exec.Command("python3", "-c", "import "+module).Run() == nil {
			return "python3 has " + module
		}
		return ""
	}
	if module := submatch(`^node has no (\S+):`, reason); module != "" {
		if exec.Command("node", "-e", "require.resolve('"+module+"')").Run() == nil {
			return "node has it"
		}
		return ""
	}
	switch {
	case reason == "root may write everything" && os.Getuid() == 0:
		return ""
	case strings.HasSuffix(reason, " on this machine") && runtime.GOOS == "windows":
		return ""
	}
	return "this is no valid reason on this machine"
}

func submatch(pattern, text string) string {
	if found := regexp.MustCompile(pattern).FindStringSubmatch(text); found != nil {
		return found[1]
	}
	return ""
}

// shortened returns the end of a test's output, with long lines cut.
func shortened(lines []string) string {
	if extra := len(lines) - 200; extra > 0 {
		lines = lines[extra:]
	}
	var b strings.Builder
	for _, line := range lines {
		if len(line) > 300 {
			line = line[:300] + "\n"
		}
		b.WriteString(line)
	}
	return b.String()
}
