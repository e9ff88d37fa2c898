package cli

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"muster/internal/account"
)

// actAsMuster turns the test binary into muster, for tests that need a process.
const actAsMuster = "MUSTER_TEST_BINARY_IS_MUSTER"

// actAsBrowser turns the test binary into a browser that opens one page.
const actAsBrowser = "MUSTER_TEST_BINARY_IS_BROWSER"

func TestMain(m *testing.M) {
	account.OrderDelay = time.Hour
	if os.Getenv(actAsBrowser) != "" {
		if err := visit(pageOf(os.Args)); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
	if os.Getenv(actAsMuster) != "" {
		os.Exit(Main(context.Background(), os.Args[1:], &App{
			Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Environ: os.Environ(),
			Completions: os.DirFS(os.Getenv(actAsMuster)), OpenBrowser: visit,
		}))
	}
	// nohup and scripts start programs with signals that are ignored, and muster keeps ignoring
	// them. A signal that is caught here has its usual effect on the processes of tests.
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGHUP} {
		if signal.Ignored(s) {
			signal.Notify(make(chan os.Signal, 1), s)
		}
	}
	// Most tests wait, for servers that are slow on purpose: more of them than there are
	// processors can run at once.
	flag.Parse()
	if parallel := flag.Lookup("test.parallel").Value; parallel.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		parallel.Set(strconv.Itoa(4 * runtime.GOMAXPROCS(0)))
	}
	var err error
	if folder, err = os.MkdirTemp("", "muster-test-"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(folder)
	os.Exit(code)
}

// pageOf returns the page that a browser is started with. For a container of Firefox it is part
// of the address of an extension.
func pageOf(args []string) string {
	page := args[len(args)-1]
	if query, ok := strings.CutPrefix(page, "ext+container:"); ok {
		values, _ := url.ParseQuery(query)
		page = values.Get("url")
	}
	return page
}

// folder exists as long as the tests run.
var folder string

// built builds muster once, for tests that need the real program.
var built = sync.OnceValues(func() (string, error) {
	binary := filepath.Join(folder, "muster")
	if out, err := exec.Command("go", "build", "-o", binary, "muster").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, out)
	}
	return binary, nil
})

// TestReaderGoesAway: with a reader such as head, muster ends silently with the exit
// code of SIGPIPE.
func TestReaderGoesAway(t *testing.T) {
	t.Parallel()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	reader.Close()
	defer writer.Close()
	var stderr bytes.Buffer
	command := exec.Command(binary, "instances", "--demo", "-o", "name")
	command.Env = append(os.Environ(), "TMPDIR="+t.TempDir(), "XDG_CACHE_HOME="+t.TempDir())
	command.Stdout, command.Stderr = writer, &stderr
	command.Run()
	if code := command.ProcessState.ExitCode(); code != 141 {
		t.Errorf("exit code %d, want 141", code)
	}
	if want := "muster: this is a simulated organization (--demo), not AWS\n"; stderr.String() != want {
		t.Errorf("stderr %q", stderr.String())
	}
}

// TestNullOfOthers: programs that are not shells open /dev/null for reading and writing.
func TestNullOfOthers(t *testing.T) {
	t.Parallel()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	for _, words := range [][]string{{binary}, {"sh", "-c", `"$0" "$@"; exit $?`, binary}} {
		command := exec.Command(words[0], append(words[1:], "instances", "--demo")...)
		command.Env = append(os.Environ(), "_=/usr/bin/python3", "XDG_CACHE_HOME="+t.TempDir())
		command.Stdout = null
		var stderr bytes.Buffer
		command.Stderr = &stderr
		if err := command.Run(); err != nil {
			t.Errorf("%s: %v: %s", words[0], err, &stderr)
		}
	}
}

// TestPipes: a full disk, closed streams, and the files left behind.
func TestPipes(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("bash is not on PATH")
	}
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, line     string
		code           int
		stdout, stderr string
	}{
		{"a full disk", `"$0" instances --demo > /dev/full`, 1, "", "no space left on device\n"},
		{"a watch to a full disk", `"$0" instances --demo -w > /dev/full`, 1, "", "no space left on device\n"},
		{"a slow reader", `"$0" instances --demo -o name --sort-by InstanceId | (sleep 0.2; tail -1)`, 0, "i-0f6617c0d9ab3e254\n", "(--demo), not AWS\n"},
		{"help to a full disk", `"$0" find --help > /dev/full`, 1, "", "no space left on device\n"},
		{"a closed stdout", `"$0" instances --demo >&-`, 1, "", "muster: writing the output: write /dev/stdout: bad file descriptor\n"},
		{"help to a closed stdout", `"$0" --help >&-`, 1, "", "muster: writing the output: write /dev/stdout: bad file descriptor\n"},
		{"a stdout that was closed before", `exec >&-; "$0" instances --demo; exit $?`, 1, "", "bad file descriptor\n"},
		{"stdout to nowhere", `"$0" instances --demo > /dev/null`, 0, "", "(--demo), not AWS\n"},
		{"a closed stderr", `"$0" instances --demo -o name --sort-by InstanceId 2>&- | tail -1`, 0, "i-0f6617c0d9ab3e254\n", ""},
		{"a folder of its own, and gone", `TMPDIR=$1 "$0" instances --demo | head -1 >/dev/null; ls "$1"`, 0, "", "(--demo), not AWS\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if strings.Contains(test.line, "/dev/full") {
				if _, err := os.Stat("/dev/full"); err != nil {
					t.Skip("/dev/full is not here")
				}
			}
			command := exec.Command("bash", "-c", test.line, binary, t.TempDir())
			command.Env = append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir())
			var stdout, stderr bytes.Buffer
			command.Stdout, command.Stderr = &stdout, &stderr
			command.Run()
			if code := command.ProcessState.ExitCode(); code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			if stdout.String() != test.stdout || !strings.HasSuffix(stderr.String(), test.stderr) {
				t.Errorf("stdout %q, want %q; stderr %q, want %q at its end", stdout.String(), test.stdout, stderr.String(), test.stderr)
			}
		})
	}
}
