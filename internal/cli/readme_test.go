package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/creack/pty"

	"muster/internal/awssim"
	"muster/internal/awssim/simtest"
	"muster/internal/cli/manual"
)

var fence = regexp.MustCompile("(?ms)^```(sh|console)(?: width=(\\d+))?\n(.*?)^```$")

// TestREADME runs every command of the README in the simulated organization and compares
// its output with the README. UPDATE_README writes the README.
func TestREADME(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(root, "README.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	shell := readmeShell(t, root)
	commands := 0
	updated := fence.ReplaceAllFunc(text, func(block []byte) []byte {
		parts := fence.FindSubmatch(block)
		kind, body := string(parts[1]), string(parts[3])
		width, _ := strconv.Atoi(string(parts[2]))
		var run []string
		for line := range strings.Lines(body) {
			line = strings.TrimSuffix(line, "\n")
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				run = append(run, command)
			} else if kind == "sh" {
				run = append(run, line)
			}
		}
		var shown strings.Builder
		for _, command := range run {
			commands++
			output := shell(t, command, width)
			fmt.Fprintf(&shown, "$ %s\n%s", command, output)
			if len(run) > 1 && command != run[len(run)-1] {
				shown.WriteString("\n")
			}
		}
		if kind == "sh" {
			return block
		}
		return []byte(strings.Replace(string(block), body, shown.String(), 1))
	})
	if commands < 20 {
		t.Errorf("only %d commands found in the README", commands)
	}
	if os.Getenv("UPDATE_README") != "" {
		if err := os.WriteFile(path, updated, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(text, updated) {
		t.Errorf("the README shows something else than its commands print (UPDATE_README=1 go test mends it):\n%s", updated)
	}
}

// TestREADMELength: nobody reads a README that is too long; help topics have room for
// more.
func TestREADMELength(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(text, []byte("\n")); n >= 600 {
		t.Errorf("the README has %d lines; at most 599 are allowed", n)
	}
}

// TestREADMETopics: a reader of the README finds each help topic.
func TestREADMETopics(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := bytes.Cut(text, []byte("`muster help TOPIC` explains\n"))
	list, _, _ = bytes.Cut(list, []byte(".\n"))
	for _, topic := range manual.Topics() {
		if !bytes.Contains(list, []byte("`"+topic+"`")) {
			t.Errorf("the README does not list the topic %s", topic)
		}
	}
}

// readmeShell returns a function that runs a line of the README with bash, in the
// simulated organization, and returns its output.
func readmeShell(t *testing.T, root string) func(t *testing.T, line string, width int) string {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("bash is not on PATH")
	}
	_, environ := simulated(t, awssim.DefaultWorld(), false)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin, work := t.TempDir(), t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\n%s=%q exec %q \"$@\"\n", actAsMuster, root, self)
	simtest.Program(t, filepath.Join(bin, "muster"), script)
	browser := filepath.Join(bin, "firefox")
	simtest.Program(t, browser, fmt.Sprintf("#!/bin/sh\n%s=yes exec %q \"$@\"\n", actAsBrowser, self))
	for _, name := range []string{"GOPATH", "GOCACHE", "GOMODCACHE", "GOFLAGS", "GOPROXY"} {
		value, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		environ = append(environ, name+"="+strings.TrimSpace(string(value)))
	}
	environ = append(environ, "PATH="+bin+":"+os.Getenv("PATH"), "GOBIN="+filepath.Join(bin, "installed"), "TERM=xterm", "BROWSER="+browser)
	return func(t *testing.T, line string, width int) string {
		t.Helper()
		switch {
		case strings.HasPrefix(line, "go test ./..."):
			return "" // which is where we are
		case strings.HasPrefix(line, "go run . "): // the same program, built already
			line = "muster " + strings.TrimPrefix(line, "go run . ")
		case strings.Contains(line, "fish | source"): // in fish's own words
			line, _, _ = strings.Cut(line, "|")
		case strings.Contains(line, "completion zsh"): // and in zsh's
			line = "muster completion zsh"
		}
		command := exec.Command("bash", "-e", "-o", "pipefail", "-c", line)
		command.Dir, command.Env = work, environ
		if strings.HasPrefix(line, "go ") {
			command.Dir = root
		}
		var output []byte
		var stderr bytes.Buffer
		if width > 0 {
			output, err = onTerminal(command, width)
			output = regexp.MustCompile("[^\n]*\x1b\\[J\r?").ReplaceAll(output, nil) // progress, where the machine is slow
			output = regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAll(output, nil)   // colours
			output = took.ReplaceAll(output, []byte(", 0.2 s"))
		} else {
			command.Stderr = &stderr
			output, err = command.Output()
		}
		if err != nil {
			t.Errorf("%s: %v\n%s%s", line, err, output, stderr.Bytes())
		}
		if strings.Contains(line, "completion") {
			return ""
		}
		var lines []string
		for l := range strings.Lines(string(output)) {
			lines = append(lines, strings.TrimRight(l, " \r\n")+"\n")
		}
		if strings.Contains(line, "-o name") { // in the order of arrival
			slices.Sort(lines)
		}
		return strings.Join(lines, "")
	}
}

// onTerminal runs a command on a pseudo-terminal of a width and returns its output.
func onTerminal(command *exec.Cmd, width int) ([]byte, error) {
	terminal, err := pty.StartWithSize(command, &pty.Winsize{Rows: 50, Cols: uint16(width)})
	if err != nil {
		return nil, err
	}
	defer terminal.Close()
	output, _ := io.ReadAll(terminal) // EIO is how Linux ends a terminal
	return output, command.Wait()
}
