package cli

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"muster/internal/awssim"
)

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
		runtime.GC()
		few := peak(8, 400)
		runtime.GC()
		b.ReportMetric(peak(8, 4000)/few, "grown")
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
		b.Skip("true is not in /bin")
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
		b.ReportMetric(float64(fastest(binary, "--version")-nothing)/1e6, "version-ms")
		b.ReportMetric(float64(fastest(binary, "__complete", "--", "inst")-nothing)/1e6, "complete-ms")
	}
}
