package cli

import (
	"context"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"muster/internal/awssim"
)

// cancelling is a writer that cancels a run once a text was written often enough.
type cancelling struct {
	mu     sync.Mutex
	text   strings.Builder
	after  string
	times  int
	cancel func()
}

func (c *cancelling) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.text.Write(p)
	if strings.Count(c.text.String(), c.after) >= c.times {
		c.cancel()
	}
	return len(p), nil
}

// TestTimingsOfInterruptedRuns: an interrupted run has timings with the place that hung, and
// with --watch each round has its own, without the rest between the rounds.
func TestTimingsOfInterruptedRuns(t *testing.T) {
	t.Parallel()
	world := func(faults ...awssim.Fault) *awssim.World {
		return &awssim.World{
			Regions: []string{"us-east-1", "eu-west-1"}, Accounts: []awssim.Account{{ID: "100000000001", Name: "root"}}, Users: []awssim.User{{Account: "root", Name: "admin"}},
			Instances: []awssim.Instance{{Account: "root", Region: "us-east-1"}}, Home: awssim.Home{Profile: "admin"}, Faults: faults,
		}
	}
	run := func(t *testing.T, w *awssim.World, stdout, stderr *cancelling, args ...string) string {
		sim, environ := simulated(t, w, false)
		ctx, interrupt := context.WithCancel(t.Context())
		stderr.cancel = interrupt
		stdout.cancel = func() {
			eventually(func() bool { return len(sim.Calls()) == 4 }) // the caller, its regions, and each region's instances
			interrupt()
		}
		code := Main(ctx, args, &App{
			Stdin: strings.NewReader(""), Stdout: stdout, Stderr: stderr, Environ: environ,
			OpenTTY: func() (io.ReadWriteCloser, error) { return nil, os.ErrNotExist },
		})
		if code != exitInterrupted {
			t.Errorf("exit code %d: %s", code, &stderr.text)
		}
		return stderr.text.String()
	}
	t.Run("interrupt", func(t *testing.T) {
		t.Parallel()
		hang := awssim.Fault{Kind: awssim.FaultHang, Operation: "DescribeInstances", Region: "eu-west-1"}
		got := run(t, world(hang), &cancelling{after: "i-", times: 1}, &cancelling{after: "\x00", times: 1}, "instances", "--timings", "-o", "name")
		if _, places, _ := strings.Cut(got, "muster: the slowest places"); !regexp.MustCompile(`(?m)^  admin eu-west-1 +[0-9.]+ m?s `).MatchString(places) {
			t.Error(got)
		}
	})
	t.Run("watch", func(t *testing.T) {
		t.Parallel()
		got := run(t, world(), &cancelling{after: "\x00", times: 1}, &cancelling{after: "the slowest places", times: 2},
			"instances", "--region", "us-east-1", "--timings", "--watch=2s")
		calls := regexp.MustCompile(`(?m)^  EC2 DescribeInstances +1 `).FindAllString(got, -1)
		if len(calls) != 2 || strings.Count(got, "muster: the run took ") != 2 {
			t.Error(got)
		}
	})
}
