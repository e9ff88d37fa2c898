package cli

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"muster/internal/awssim"
)

// longTable prints more lines than onTerminal's window has.
const longTable = "list volumes,subnets,network-interfaces,security-groups,roles,users,buckets --all-profiles"

// TestPager: a table or a page of help for which the window is too short goes through the
// user's pager, and nothing else does.
func TestPager(t *testing.T) {
	t.Parallel()
	_, environ := simulated(t, awssim.DefaultWorld(), false)
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	environ = append(environ, "TERM=xterm", "PATH="+os.Getenv("PATH"))
	const marking = "MUSTER_PAGER=sed 's/^/paged: /'"
	for _, test := range []struct {
		name, line string
		environ    []string
		paged      bool
	}{
		{"a long table", longTable, []string{marking}, true},
		{"a tree", longTable + " -o tree", []string{marking}, true},
		{"PAGER", longTable, []string{"PAGER=sed 's/^/paged: /'"}, true},
		{"AWS_PAGER wins over PAGER", longTable, []string{"PAGER=sed 's/^/paged: /'", "AWS_PAGER="}, false},
		{"MUSTER_PAGER wins over both", longTable, []string{marking, "AWS_PAGER=", "PAGER="}, true},
		{"a short table", "users --all-profiles", []string{marking}, false},
		{"--no-pager", longTable + " --no-pager", []string{marking}, false},
		{"an empty variable", longTable, []string{"MUSTER_PAGER="}, false},
		{"records of a script", longTable + " -o csv", []string{marking}, false},
		{"a terminal without control sequences", longTable, []string{marking, "TERM=dumb"}, false},
		{"help", "help instances", []string{marking}, true},
		{"help of a command", "instances --help", []string{marking}, true},
		{"help of a command, without", "instances --help --no-pager", []string{marking}, false},
		{"help for templates", "instances --template-help", []string{marking}, true},
		{"short help", "help watch", []string{marking}, false},
		{"a pager that is not there", longTable, []string{"PAGER=nothing-like-it"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			command := exec.Command(binary, strings.Fields(test.line)...)
			command.Env = append(environ[:len(environ):len(environ)], test.environ...)
			shown, err := onTerminal(command, 120)
			if err != nil {
				t.Fatalf("%v\n%s", err, shown)
			}
			output := string(shown)
			if paged := strings.Contains(output, "paged: "); paged != test.paged {
				t.Errorf("paged: %v, want %v:\n%s", paged, test.paged, output)
			}
			if !strings.HasPrefix(test.line, "list") {
				return
			}
			if summary := strings.LastIndex(output, "muster: "); summary < strings.LastIndex(output, "vol-") {
				t.Errorf("the summary does not come last:\n%s", output)
			}
			if strings.Contains(output, "paged: muster") {
				t.Errorf("notes went through the pager:\n%s", output)
			}
		})
	}
}

// TestPagerLeftEarly: a user who leaves the pager has no error, and Ctrl-C is the pager's.
func TestPagerLeftEarly(t *testing.T) {
	t.Parallel()
	_, environ := simulated(t, awssim.DefaultWorld(), false)
	environ = append(environ, "TERM=xterm", "PATH="+os.Getenv("PATH"))
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	for _, pager := range []string{"head -n 3", "true", "trap '' INT; kill -INT $PPID; cat"} {
		command := exec.Command(binary, strings.Fields(longTable)...)
		command.Env = append(environ[:len(environ):len(environ)], "MUSTER_PAGER="+pager)
		shown, err := onTerminal(command, 120)
		if err != nil {
			t.Errorf("%s: %v\n%s", pager, err, shown)
		}
		if !strings.Contains(string(shown), " resources in 3 accounts") {
			t.Errorf("%s: no summary:\n%s", pager, shown)
		}
	}
}
