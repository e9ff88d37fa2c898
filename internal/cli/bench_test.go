package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"muster/internal/awssim"
	"muster/internal/seen"
)

// atMost reports a figure, and fails where it exceeds a limit. The limits are loose:
// they catch a change of the order of magnitude, on a machine that does other things.
func atMost(b *testing.B, figure, limit float64, unit string) {
	b.Helper()
	b.ReportMetric(figure, unit)
	if figure > limit {
		b.Errorf("%.2f %s: expected at most %g", figure, unit, limit)
	}
}

// BenchmarkMemory holds the heap of a sweep in a line format against ten times as
// many instances in as many places: grown is the ratio of the peaks.
func BenchmarkMemory(b *testing.B) {
	peak := func(places, instances int) float64 {
		world := awssim.Large(awssim.LargeSpec{Accounts: places / 4, Regions: 4, MinInstances: instances, MaxInstances: instances, Seed: 1, PageSize: 200})
		_, environ := simulated(b, world, false)
		var highest atomic.Uint64
		done := make(chan struct{})
		go func() {
			var m runtime.MemStats
			for {
				select {
				case <-done:
					return
				case <-time.After(2 * time.Millisecond):
					runtime.ReadMemStats(&m)
					highest.Store(max(highest.Load(), m.HeapAlloc))
				}
			}
		}()
		code := Main(context.Background(), []string{"instances", "--sso-session", "large", "-o", "ndjson", "--concurrency", "8"}, &App{
			Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard, Environ: environ,
		})
		close(done)
		if code != 0 {
			b.Fatalf("exit code %d", code)
		}
		return float64(highest.Load())
	}
	for b.Loop() {
		grown := math.Inf(1) // the least of three: a peak depends on when the collector runs
		for range 3 {
			runtime.GC()
			few := peak(8, 400)
			runtime.GC()
			grown = min(grown, peak(8, 4000)/few)
		}
		atMost(b, grown, 2, "grown")
	}
}

// BenchmarkStart measures what a command costs that does nothing: the
// milliseconds that muster takes longer than /bin/true.
func BenchmarkStart(b *testing.B) {
	binary := filepath.Join(b.TempDir(), "muster")
	if out, err := exec.Command("go", "build", "-o", binary, "muster").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	if _, err := os.Stat("/bin/true"); err != nil {
		b.Skip("true is not on PATH")
	}
	fastest := func(name string, args ...string) time.Duration {
		best := time.Hour
		for range 20 {
			start := time.Now()
			if err := exec.Command(name, args...).Run(); err != nil {
				b.Fatal(err)
			}
			best = min(best, time.Since(start))
		}
		return best
	}
	for b.Loop() {
		nothing := fastest("/bin/true")
		atMost(b, float64(fastest(binary, "--version")-nothing)/1e6, 50, "version-ms")
	}
}

// BenchmarkComplete measures the wait at the TAB key, with 300 profiles and 2,000 instances
// that a sweep has found: the milliseconds that the slowest answer takes longer than
// /bin/true, by the medians and by the fastest runs.
func BenchmarkComplete(b *testing.B) {
	binary, err := built()
	if err != nil {
		b.Fatal(err)
	}
	if _, err := os.Stat("/bin/true"); err != nil {
		b.Skip("true is not on PATH")
	}
	home := b.TempDir()
	var config strings.Builder
	for i := range 300 {
		fmt.Fprintf(&config, "[profile team-%03d]\nsso_session = corp\nsso_account_id = 1234567%05d\nsso_role_name = Admin\nregion = eu-west-1\n\n", i, i)
	}
	config.WriteString("[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n")
	if err := os.MkdirAll(filepath.Join(home, ".aws"), 0o700); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".aws", "config"), []byte(config.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	app := &App{Environ: []string{"HOME=" + home}}
	app.prepare(context.Background())
	var met []seen.Entry
	for i := range 2000 {
		met = append(met, seen.Entry{
			Kind: seen.Instance, Scope: seen.Scope{}.Key(app.Lookup), ID: fmt.Sprintf("i-%017x", i*7919), Name: fmt.Sprintf("web %d", i),
			Place: "Production eu-west-1",
		})
	}
	if err := seen.Update(app.seenFile(false), time.Now(), met, func(seen.Entry) bool { return false }); err != nil {
		b.Fatal(err)
	}
	environ := []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}
	questions := [][]string{
		{"__complete", "inst"}, {"__complete", "instances", ""}, {"__complete", "instances", "--profile", ""},
		{"__complete", "instances", "--role", ""}, {"__complete", "instances", "--columns", "InstanceId,Pri"},
		{"__bash", "9", "\"'><=;|&(:", "muster instances i-0000000000000"},
	}
	// The questions take turns, so that other work of the machine slows all of them alike.
	took := make([][]time.Duration, len(questions)+1)
	for b.Loop() {
		for range 20 {
			for i := range took {
				command := exec.Command("/bin/true")
				if i > 0 {
					command = exec.Command(binary, questions[i-1]...)
				}
				command.Env = environ
				var out bytes.Buffer
				command.Stdout = &out
				start := time.Now()
				if err := command.Run(); err != nil {
					b.Fatal(err)
				}
				took[i] = append(took[i], time.Since(start))
				if i > 0 && strings.Count(out.String(), "\n") < 2 {
					b.Fatalf("%q: nothing found", questions[i-1])
				}
			}
		}
	}
	var fastest, median time.Duration
	for i, times := range took {
		slices.Sort(times)
		if i > 0 {
			fastest = max(fastest, times[0]-took[0][0])
			median = max(median, times[len(times)/2]-took[0][len(times)/2])
		}
	}
	atMost(b, float64(fastest)/1e6, 50, "ms-over-true-at-best")
	b.ReportMetric(float64(median)/1e6, "ms-over-true")
}

// BenchmarkAWS measures the wait for help and completion of an operation of AWS's
// largest service: the milliseconds that they take longer than /bin/true, and how many
// times as long as --version that is. On an idle machine they should be at most 25 and 12 ms.
func BenchmarkAWS(b *testing.B) {
	binary, err := built()
	if err != nil {
		b.Fatal(err)
	}
	if _, err := os.Stat("/bin/true"); err != nil {
		b.Skip("true is not on PATH")
	}
	commands := [][]string{
		{"/bin/true"}, {binary, "--version"}, {binary, "aws", "ec2", "describe-volumes", "--help"}, {binary, "__complete", "aws", "ec2", "describe-vol"},
	}
	environ := []string{"HOME=" + b.TempDir()}
	// The commands take turns, so that other work of the machine slows all of them alike.
	best := slices.Repeat([]time.Duration{time.Hour}, len(commands))
	for b.Loop() {
		for range 30 {
			for i, words := range commands {
				command := exec.Command(words[0], words[1:]...)
				command.Env = environ
				start := time.Now()
				if err := command.Run(); err != nil {
					b.Fatal(err)
				}
				best[i] = min(best[i], time.Since(start))
			}
		}
	}
	overTrue := func(i int) float64 { return float64(best[i]-best[0]) / 1e6 }
	version, help, completion := overTrue(1), overTrue(2), overTrue(3)
	b.ReportMetric(help, "help-ms")
	b.ReportMetric(completion, "completion-ms")
	atMost(b, help/version, 2.5, "times-version-help")
	atMost(b, completion/version, 2, "times-version-completion")
}
