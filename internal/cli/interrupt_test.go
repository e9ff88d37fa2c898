package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/internal/awssim"
	"muster/internal/sweep"
)

// hangingWorld has a region that answers and one that never does. The answer of a third
// could arrive before or after an interrupt.
const hangingWorld = `{
  "regions": ["us-east-1", "eu-west-3"],
  "accounts": [{"id": "100000000001", "name": "root"}],
  "users": [{"account": "root", "name": "admin"}],
  "faults": [{"operation": "DescribeInstances", "region": "eu-west-3", "kind": "hang"}],
  "instances": [{"account": "root", "region": "us-east-1", "id": "i-0a000000000000001"}],
  "home": {"profile": "admin"}
}`

// watched calls seen after the first write.
type watched struct {
	bytes.Buffer
	once sync.Once
	seen func()
}

func (w *watched) Write(p []byte) (int, error) {
	defer w.once.Do(w.seen)
	return w.Buffer.Write(p)
}

// TestInterrupt: the records that have arrived are printed, and the other places are
// listed as gaps.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	world, err := awssim.ParseWorld([]byte(hangingWorld))
	if err != nil {
		t.Fatal(err)
	}
	sim, environ := simulated(t, world, false)
	ctx, interrupt := context.WithCancel(context.Background())
	defer interrupt()
	report := filepath.Join(t.TempDir(), "report.json")
	stdout, stderr := &watched{seen: func() {
		eventually(func() bool { return len(sim.Calls()) == 4 }) // the caller, its regions, and each region's instances
		interrupt()
	}}, new(bytes.Buffer)
	code := Main(ctx, []string{"instances", "-o", "name", "--report", report}, &App{
		Stdin: strings.NewReader(""), Stdout: stdout, Stderr: stderr, Environ: environ,
		OpenTTY: func() (io.ReadWriteCloser, error) { return nil, os.ErrNotExist },
	})
	if code != 130 || stdout.String() != "i-0a000000000000001\n" {
		t.Errorf("exit code %d, stdout %q", code, stdout)
	}
	if want := "100000000001 admin eu-west-3: cancelled, DescribeInstances: interrupted"; !strings.Contains(stderr.String(), want) {
		t.Errorf("stderr %q, want %q in it", stderr, want)
	}
	data, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	var entries []sweep.Entry
	if err := json.Unmarshal(data, &entries); err != nil {
		t.Fatal(err)
	}
	if len(entries) != 2 || entries[0].Region != "eu-west-3" || entries[0].Status != "cancelled" {
		t.Errorf("report %s", data)
	}
}

// withMoreTime retries with more and more time until try succeeds: the speed of the machine
// is unknown. The last attempt decides.
func withMoreTime(try func(limit time.Duration, last bool) (done bool)) {
	for limit := 250 * time.Millisecond; ; limit *= 2 {
		if last := limit > 10*time.Second; try(limit, last) || last {
			return
		}
	}
}

// TestTimeouts: a place that hangs takes only its own time-out. --timeout ends the whole
// sweep, which is then partial.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		flags func(limit time.Duration) (flag, gap string)
	}{
		{"--cli-read-timeout", func(limit time.Duration) (string, string) {
			return fmt.Sprint("--cli-read-timeout=", limit.Seconds()), "unreachable, DescribeInstances: Timeout: 127.0.0.1:"
		}},
		{"--timeout", func(limit time.Duration) (string, string) {
			return fmt.Sprint("--timeout=", limit), fmt.Sprint("cancelled, DescribeInstances: stopped after --timeout ", limit)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			world, err := awssim.ParseWorld([]byte(hangingWorld))
			if err != nil {
				t.Fatal(err)
			}
			_, environ := simulated(t, world, false)
			withMoreTime(func(limit time.Duration, last bool) bool {
				flag, gap := test.flags(limit)
				start := time.Now()
				got := muster(t, environ, "instances", "-o", "name", flag)
				if got.stdout == "" && !last {
					return false
				}
				if got.code != 3 || got.stdout != "i-0a000000000000001\n" || !strings.Contains(got.stderr, gap) {
					t.Errorf("exit code %d, stdout %q, stderr %q, want %q in it", got.code, got.stdout, got.stderr, gap)
				}
				if took := time.Since(start); took > limit+30*time.Second { // against the 60 s that a call may be silent
					t.Errorf("took %s", took)
				}
				return true
			})
		})
	}
}

// TestInterruptEndless: an endless expression ends with the run.
func TestInterruptEndless(t *testing.T) {
	t.Parallel()
	run := func(arg ...string) (int, string) {
		ctx, interrupt := context.WithCancel(context.Background())
		defer interrupt()
		stdout, stderr := &watched{seen: interrupt}, new(bytes.Buffer)
		code := Main(ctx, append([]string{"instances", "--demo", "--region=eu-central-1"}, arg...), &App{
			Stdin: strings.NewReader(""), Stdout: stdout, Stderr: stderr, Environ: []string{"HOME=" + t.TempDir()},
			OpenTTY: func() (io.ReadWriteCloser, error) { return nil, os.ErrNotExist },
		})
		return code, stderr.String()
	}
	if code, stderr := run("--jq=range(infinite)"); code != exitInterrupted || !strings.HasSuffix(stderr, "muster: interrupted\n") {
		t.Errorf("interrupted: exit code %d, %s", code, stderr)
	}
	withMoreTime(func(limit time.Duration, last bool) bool {
		code, stderr := run("--slurp", "--jq=last(range(infinite))", "--timeout="+limit.String())
		if strings.Contains(stderr, "cancelled") && !last {
			return false // there was no time for the records to arrive
		}
		if want := "muster: --jq: stopped after --timeout " + limit.String() + "\n"; code != exitNothing || !strings.HasSuffix(stderr, want) {
			t.Errorf("after %s: exit code %d, %s", limit, code, stderr)
		}
		return true
	})
}
