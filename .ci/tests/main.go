// Command tests reads the output of go test -json. It prints a line for each
// package, everything that a failed test said, and every skipped test with its
// reason. It fails if a test failed, or was skipped without need: a program or module
// that the test compares muster with must be used where it is present.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
)

// event is a line of go test -json.
type event struct{ Action, Package, Test, Output string }

// needless says why a reason to skip does not hold on this machine; "" if it does.
func needless(reason string) string {
	if tool := match(`(\S+?)\)? is not on PATH`, reason); tool != "" {
		if path, err := exec.LookPath(strings.TrimPrefix(tool, "(")); err == nil {
			return path + " is here"
		}
		return ""
	}
	if module := match(`^([a-z0-9_]+) is not installed`, reason); module != "" {
		if exec.Command("python3", "-c", "import "+module).Run() == nil {
			return "python3 has " + module
		}
		return ""
	}
	if slices.ContainsFunc(otherReasons, func(known string) bool { return strings.Contains(reason, known) }) {
		return ""
	}
	return "the gate does not know this reason"
}

// otherReasons depend on the machine alone.
var otherReasons = []string{
	"root may write everything", "on this machine", "bash_completion is not installed",
}

func match(pattern, text string) string {
	if found := regexp.MustCompile(pattern).FindStringSubmatch(text); found != nil {
		return found[1]
	}
	return ""
}

// said is a line that a test itself logged.
var said = regexp.MustCompile(`^\s*[a-z0-9_]+\.go:\d+: (.*)`)

func main() {
	failed, ran := false, 0
	output := map[string][]string{} // by package and test
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		var e event
		if json.Unmarshal(line, &e) != nil { // such as an error of the compiler
			os.Stdout.Write(line)
			continue
		}
		key := e.Package + " " + e.Test
		switch e.Action {
		case "output", "build-output":
			if e.Test == "" && regexp.MustCompile(`^(ok|FAIL|---|\?|panic|fatal|WARNING)`).MatchString(e.Output) || e.Action == "build-output" {
				fmt.Print(e.Output)
			}
			output[key] = append(output[key], e.Output)
		case "fail":
			failed = true
			fmt.Printf("\n== %s failed\n%s", key, clipped(output[key]))
		case "pass":
			if e.Test != "" {
				ran++
			}
		case "skip":
			if e.Test == "" {
				continue // a package without tests
			}
			reason := ""
			for _, text := range output[key] {
				if found := said.FindStringSubmatch(text); found != nil {
					reason = found[1]
				}
			}
			if why := needless(reason); why != "" {
				failed = true
				fmt.Printf("%s was skipped (%s), but %s\n", key, reason, why)
				continue
			}
			fmt.Printf("skipped %s: %s\n", key, reason)
		}
		if e.Action == "pass" || e.Action == "skip" || e.Action == "fail" {
			delete(output, key)
		}
	}
	fmt.Printf("%d tests passed\n", ran)
	if failed || ran == 0 {
		os.Exit(1)
	}
}

// clipped is the end of what a test said, with long lines cut.
func clipped(lines []string) string {
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
