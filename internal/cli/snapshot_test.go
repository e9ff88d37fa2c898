package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/awssim"
	"muster/internal/inventory"
)

// TestSnapshotFidelity: 'snapshot show' prints the records of each listing as the listing itself
// does, and a comparison with the live state finds no change.
func TestSnapshotFidelity(t *testing.T) {
	t.Parallel()
	listings := [][]string{
		{"instances"}, {"instances", "--full"}, {"addresses"}, {"accounts"}, {"regions"}, {"find", "*", "52.59.78.34"},
		{"list", "buckets,volumes"}, {"aws", "ec2", "describe-volumes"}, {"aws", "sts", "get-caller-identity"},
		{"aws", "ec2", "describe-instances", "--filters", "Name=instance-state-name,Values=running"},
	}
	for _, kind := range inventory.KindNames() {
		listings = append(listings, []string{"list", kind})
	}
	for _, listing := range listings {
		t.Run(strings.Join(listing, " "), func(t *testing.T) {
			environ := []string{"HOME=" + t.TempDir()}
			words := append(slices.Clone(listing), "--demo")
			run := func(args ...string) result {
				t.Helper()
				got := muster(t, environ, args...)
				if got.code != exitOK {
					t.Fatalf("%s: exit code %d: %s", args, got.code, got.stderr)
				}
				return got
			}
			if denied := muster(t, environ, words...); strings.Contains(denied.stderr, "is not authorized to perform") {
				t.Logf("%s: %s", listing, denied.stderr) // the demo's role may not list it
				return
			}
			run(append([]string{"snapshot", "save"}, words...)...)
			formats := []string{"ndjson", "csv"}
			if slices.Contains(listing, "--full") { // it has no table
				formats = formats[:1]
			}
			for _, format := range formats {
				own, kept := run(append(words, "-o", format)...).stdout, run("snapshot", "show", "-o", format).stdout
				if lines(own) != lines(kept) {
					t.Errorf("%s: the listing prints\n%s\nthe snapshot has\n%s", format, lines(own), lines(kept))
				}
			}
			if got := run("diff", "latest", "--exit-code", "--all-fields"); got.stdout != "" {
				t.Errorf("nothing has changed, but:\n%s", got.stdout)
			}
			if got := run(append(words, "--changed-since", "latest", "--exit-code")...); got.stdout != "" {
				t.Errorf("nothing has changed, but:\n%s", got.stdout)
			}
		})
	}
}

// lines sorts the lines of a text.
func lines(text string) string {
	all := strings.SplitAfter(text, "\n")
	slices.Sort(all)
	return strings.Join(all, "")
}

// TestSnapshotKill: kill -9 while snapshots are saved leaves whole ones only. The next saver
// removes what the others have left.
func TestSnapshotKill(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("kill -9 is of Unix")
	}
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	const instances, kills = 2000, 10
	w := &awssim.World{Accounts: []awssim.Account{{ID: "100000000001", Name: "main"}}, Users: []awssim.User{{Account: "main", Name: "admin"}}}
	for i := range instances {
		w.Instances = append(w.Instances, awssim.Instance{Account: "main", Region: "us-east-1", ID: fmt.Sprintf("i-%017x", i)})
	}
	_, environ := simulated(t, w, false)
	store := t.TempDir()
	k := &killed{binary: binary, home: strings.TrimPrefix(environ[0], "HOME="), environ: append(environ, "PATH="+os.Getenv("PATH"), actAsMuster+"=.", "MUSTER_STORE="+store)}
	save := []string{"snapshot", "save", "instances", "--all-profiles"}
	took := k.run(t, 0, save...)
	saved := 1
	for round := range kills + 1 {
		if round < kills {
			k.run(t, max(took*time.Duration(round+1)/kills, 1), save...)
		} else {
			k.run(t, 0, save...)
			saved++
		}
		listed := muster(t, k.environ, "snapshot", "list", "--jq", "[.Name, .Records]")
		names := strings.Fields(muster(t, k.environ, "snapshot", "list", "-o", "name").stdout)
		if listed.code != exitOK || listed.stderr != "" || len(names) < saved {
			t.Fatalf("exit code %d, %d snapshots: %s", listed.code, len(names), listed.stderr)
		}
		for _, name := range names {
			if got := muster(t, k.environ, "snapshot", "show", name, "-o", "name"); got.code != exitOK || strings.Count(got.stdout, "\n") != instances {
				t.Errorf("%s has %d records: %s", name, strings.Count(got.stdout, "\n"), got.stderr)
			}
		}
	}
	left, err := filepath.Glob(filepath.Join(store, "*", ".muster-*"))
	if len(left) > 0 || err != nil {
		t.Errorf("left behind: %s, %v", left, err)
	}
}

// TestSnapshotFullDisk: a full disk is one clear error, and leaves no snapshot.
func TestSnapshotFullDisk(t *testing.T) {
	folder := t.TempDir()
	mountSmall(t, folder)
	_, environ := simulated(t, awssim.DefaultWorld(), false)
	if err := os.WriteFile(filepath.Join(folder, "other"), make([]byte, 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	environ = append(environ, "MUSTER_STORE="+folder)
	got := muster(t, environ, "snapshot", "save", "list", "buckets,volumes,users,roles,subnets", "--all-profiles", "-q")
	text := strings.TrimSuffix(got.stderr, "\n")
	if got.code != exitNothing || !strings.HasPrefix(text, "muster: no snapshot is kept: ") || !strings.HasSuffix(text, "no space left on device") || strings.Contains(text, "\n") {
		t.Errorf("exit code %d: %s", got.code, got.stderr)
	}
	if list := muster(t, environ, "snapshot", "list", "-o", "name"); list.code != exitOK || list.stdout != "" {
		t.Errorf("exit code %d: %s%s", list.code, list.stdout, list.stderr)
	}
}

// TestSnapshotBroken: a broken file is one line that names it, and the others are listed.
func TestSnapshotBroken(t *testing.T) {
	t.Parallel()
	_, environ := simulated(t, awssim.DefaultWorld(), false)
	store := t.TempDir()
	environ = append(environ, "MUSTER_STORE="+store)
	for range 3 {
		if got := muster(t, environ, "snapshot", "save", "accounts", "--all-profiles"); got.code != exitOK {
			t.Fatal(got.stderr)
		}
	}
	files, err := filepath.Glob(filepath.Join(store, "*", "*.zst"))
	if err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	slices.Sort(files)
	if err := os.Truncate(files[1], 300); err != nil {
		t.Fatal(err)
	}
	want := "muster: snapshot " + files[1] + ": not a whole snapshot: it is damaged, or no snapshot of muster\n"
	list := muster(t, environ, "snapshot", "list", "-o", "name")
	if list.code != exitPartial || strings.Count(list.stdout, "\n") != 2 || list.stderr != want {
		t.Errorf("exit code %d\n%s%s", list.code, list.stdout, list.stderr)
	}
	name := filepath.Base(filepath.Dir(files[1])) + "/" + strings.TrimSuffix(filepath.Base(files[1]), ".ndjson.zst")
	for _, args := range [][]string{{"snapshot", "show", name}, {"diff", name, "latest"}} {
		if got := muster(t, environ, args...); got.code != exitNothing || got.stderr != want {
			t.Errorf("%s: exit code %d: %s", args, got.code, got.stderr)
		}
	}
	// The records of a file may be damaged, although its end is not.
	data, err := os.ReadFile(files[2])
	if err != nil {
		t.Fatal(err)
	}
	data[40] ^= 0xff
	if err := os.WriteFile(files[2], data, 0o600); err != nil {
		t.Fatal(err)
	}
	want = "muster: snapshot " + files[2] + ": not a whole snapshot: it is damaged, or no snapshot of muster\n"
	for _, args := range [][]string{{"snapshot", "show", "latest"}, {"diff"}, {"diff", "latest"}} {
		if got := muster(t, environ, args...); got.code != exitNothing || got.stderr != want || got.stdout != "" {
			t.Errorf("%s: exit code %d: %s%s", args, got.code, got.stdout, got.stderr)
		}
	}
}

// TestSnapshotRunsNothingElse: only listings are run. Each of these would change something, or
// ask for something.
func TestSnapshotRunsNothingElse(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"login", "logout", "exec --all-profiles --yes -- true", "role delete --yes", "access-keys deactivate", "credentials", "snapshot save instances",
		"diff", "context use x", "demo", "profiles", "sessions", "console", "completion bash", "help instances", "man",
	} {
		got := muster(t, []string{"HOME=" + t.TempDir(), "XDG_DATA_HOME=" + t.TempDir()}, append([]string{"snapshot", "save"}, strings.Fields(line)...)...)
		if got.code != exitUsage || got.stdout != "" {
			t.Errorf("%s: exit code %d\n%s%s", line, got.code, got.stdout, got.stderr)
		}
	}
	for line, want := range map[string]string{
		"instances --jq .Name":         "muster: --jq cannot be used with 'snapshot save', which keeps whole records of all places\n",
		"instances -o csv":             "muster: --output cannot be used with 'snapshot save', which keeps whole records of all places\n",
		"instances --retry-gaps x":     "muster: --retry-gaps cannot be used with 'snapshot save', which keeps whole records of all places\n",
		"instances --changed-since 1h": "muster: --changed-since cannot be used with 'snapshot save', which keeps whole records of all places\n",
		"list":                         "muster: list lists no records of accounts; expected a listing such as instances, list volumes or accounts\n",
		"instnaces":                    "muster: unknown command instnaces; did you mean \"instances\"?; see 'muster --help'\n",
	} {
		got := muster(t, []string{"HOME=" + t.TempDir(), "XDG_DATA_HOME=" + t.TempDir()}, append([]string{"snapshot", "save"}, strings.Fields(line)...)...)
		if got.code != exitUsage || got.stdout != "" || got.stderr != want {
			t.Errorf("%s: exit code %d\n%s%s", line, got.code, got.stdout, got.stderr)
		}
	}
}
