package cli

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkMillion runs muster as a process on pages of 1,000 instances of 9 KB, from
// 204 places at once. It reports the CPU time per instance, the peak memory, and the
// ratio of the CPU time to that of reading the same answers without printing them.
// MUSTER_BENCH_INSTANCES sets the number of instances; with few of them, the memory is
// that of the test itself, which a child process starts with.
func BenchmarkMillion(b *testing.B) {
	total := 20_000
	if text := os.Getenv("MUSTER_BENCH_INSTANCES"); text != "" {
		var err error
		if total, err = strconv.Atoi(text); err != nil {
			b.Fatal(err)
		}
	}
	binary, err := built()
	if err != nil {
		b.Fatal(err)
	}
	environ := fleet(b, total)
	var reading time.Duration
	for _, bench := range []struct {
		name string
		args []string
	}{
		{"read", []string{"--type", "none"}},
		{"ndjson", []string{"-o", "ndjson"}},
		{"csv", []string{"-o", "csv"}},
		{"text", []string{"-o", "text"}},
		{"parquet", []string{"-o", "parquet"}},
		{"html", []string{"-o", "html"}},
		{"template", []string{"-o", "template=<<.AccountId>> <<.Region>> <<.InstanceId>> <<.PrivateIPs>> <<.Tags.env>><<range .NetworkInterfaces>> <<.SubnetId>><<end>>"}},
		{"jq", []string{"--jq", `select(.State == "running") | {AccountId, Region, InstanceId, PrivateIPs, env: .Tags.env}`}},
		{"jq-all", []string{"--jq", "."}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			var cost time.Duration
			memory := 0.0
			for b.Loop() {
				command := exec.Command(binary, append([]string{"instances", "--all-profiles", "--region", strings.Join(fleetRegions, ",")}, bench.args...)...)
				command.Env = environ
				var stderr bytes.Buffer
				command.Stderr = &stderr
				most, err := runMeasured(command)
				if err != nil {
					b.Fatalf("%v: %s", err, stderr.String())
				}
				cost += command.ProcessState.UserTime() + command.ProcessState.SystemTime()
				memory = max(memory, most)
			}
			cost /= time.Duration(b.N)
			if bench.name == "ndjson" { // the output, not measured
				command := exec.Command(binary, append([]string{"instances", "--all-profiles", "--region", strings.Join(fleetRegions, ",")}, bench.args...)...)
				command.Env = environ
				var lines lineCounter
				command.Stdout = &lines
				if err := command.Run(); err != nil || int(lines) != total {
					b.Errorf("%d records, %v; want %d", lines, err, total)
				}
			}
			if bench.name == "read" {
				reading = cost
			}
			b.ReportMetric(float64(cost.Nanoseconds())/1000/float64(total), "us/instance")
			atMost(b, memory, 200, "MiB")
			atMost(b, float64(cost)/float64(reading), 5, "times-read")
		})
	}
}

// lineCounter counts the lines that are written to it.
type lineCounter int

func (c *lineCounter) Write(text []byte) (int, error) {
	*c += lineCounter(bytes.Count(text, []byte("\n")))
	return len(text), nil
}

// fleet serves instances from prepared pages, over the regions of 12 accounts with a
// profile each. It returns the environment for them.
func fleet(b *testing.B, total int) (environ []string) {
	b.Helper()
	const accounts, pageSize = 12, 1000
	reservation, err := os.ReadFile(filepath.Join("..", "inventory", "testdata", "reservation.xml"))
	if err != nil {
		b.Fatal(err)
	}
	places := accounts * len(fleetRegions)
	pagesOf := func(place int) int { return (total/pageSize + places - 1 - place) / places }
	pages := make([]bytes.Buffer, pagesOf(0)) // the places share them; the ids of two pages differ, or muster would drop the second
	for number := range pages {
		for i := range pageSize {
			strings.NewReplacer(
				"{id}", fmt.Sprintf("%08x%08x", number, i), "{x}", fmt.Sprint(number&255), "{y}", fmt.Sprint(i>>8), "{z}", fmt.Sprint(i&255), "{s}", fmt.Sprint(i%10),
			).WriteString(&pages[number], string(reservation))
		}
	}
	signature := regexp.MustCompile(`Credential=AKIA(\d+)/\d+/([a-z0-9-]+)/`)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		signed := signature.FindStringSubmatch(r.Header.Get("Authorization"))
		if r.ParseForm() != nil || signed == nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		if r.Form.Get("Action") == "GetCallerIdentity" {
			fmt.Fprintf(w, "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>%s</Account><Arn>arn:aws:iam::%s:user/x</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>", signed[1], signed[1])
			return
		}
		account, _ := strconv.Atoi(signed[1])
		place := account*len(fleetRegions) + slices.Index(fleetRegions, signed[2])
		number, _ := strconv.Atoi(r.Form.Get("NextToken"))
		fmt.Fprint(w, `<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><reservationSet>`)
		if pagesOf(place) > 0 {
			for rest := pages[number].Bytes(); len(rest) > 0; { // in chunks, as EC2 sends it
				n := min(len(rest), 16<<10)
				if _, err := w.Write(rest[:n]); err != nil {
					return
				}
				rest = rest[n:]
			}
		}
		fmt.Fprint(w, `</reservationSet>`)
		if number++; number < pagesOf(place) {
			fmt.Fprintf(w, "<nextToken>%d</nextToken>", number)
		}
		fmt.Fprint(w, `</DescribeInstancesResponse>`)
	}))
	b.Cleanup(server.Close)

	home := b.TempDir()
	var credentials strings.Builder
	for i := range accounts {
		fmt.Fprintf(&credentials, "[p%d]\naws_access_key_id = AKIA%012d\naws_secret_access_key = x\n", i, i)
	}
	if err := os.Mkdir(filepath.Join(home, ".aws"), 0o700); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".aws", "credentials"), []byte(credentials.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	return []string{"HOME=" + home, "AWS_ENDPOINT_URL=" + server.URL, "AWS_EC2_METADATA_DISABLED=true"}
}
