package cli

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestAWSLoad: the records of many accounts stream in bounded memory, and calls that fail
// now and then are repeated.
func TestAWSLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long")
	}
	t.Parallel()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name     string
		accounts int
		failing  int64 // one of so many calls; 0: none
	}{{"3000 accounts", 3000, 0}, {"a tenth of the calls fails", 60, 10}} {
		t.Run(test.name, func(t *testing.T) {
			o := serveOrganization(t, test.accounts, 0)
			var calls atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if n := calls.Add(1); test.failing > 0 && n%test.failing == 0 {
					w.WriteHeader(http.StatusServiceUnavailable)
					return
				}
				o.ServeHTTP(w, r)
			}))
			defer server.Close()
			report := filepath.Join(t.TempDir(), "report.json")
			command := exec.Command(binary, "aws", "ec2", "describe-volumes", "--organization", "--role", "Audit", "-o", "ndjson", "--no-cache", "--report", report)
			command.Env = append(o.environ, "AWS_ENDPOINT_URL="+server.URL)
			var stdout, stderr bytes.Buffer
			command.Stdout, command.Stderr = &stdout, &stderr
			most, err := runMeasured(command)
			if err != nil {
				t.Fatalf("%v: %.2000s", err, &stderr)
			}
			want := 0
			for account := range o.accounts {
				for _, region := range fleetRegions {
					want += o.instances(account, region)
				}
			}
			if got := strings.Count(stdout.String(), `"VolumeId":"vol-1"`); got != want {
				t.Errorf("%d records, want %d", got, want)
			}
			o.checkLedger(t, report)
			if most > 350 {
				t.Errorf("%v MiB of memory", most)
			}
		})
	}
}

// runMeasured runs a command and returns the peak of its memory, as highWater does.
func runMeasured(command *exec.Cmd) (mib float64, err error) {
	if err := command.Start(); err != nil {
		return 0, err
	}
	memory := highWater(command.Process.Pid)
	err = command.Wait()
	return float64(<-memory), err
}

// highWater follows a process and sends the peak of its memory, in MiB, when it has ended;
// 0 where the system does not have it. (The peak that the system reports to the parent
// begins with that of the parent, which runs other tests.)
func highWater(pid int) <-chan int {
	peak := make(chan int, 1)
	go func() {
		most := 0
		for {
			status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			_, line, found := strings.Cut(string(status), "VmHWM:")
			if err != nil || !found { // it has ended
				peak <- most
				return
			}
			var kib int
			if _, err := fmt.Sscan(line, &kib); err == nil {
				most = kib / 1024
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	return peak
}
