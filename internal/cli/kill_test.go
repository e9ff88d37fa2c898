package cli

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"muster/internal/awsconfig"
	"muster/internal/awssim"
)

// killed is a home folder in which muster gets killed.
type killed struct {
	binary, home, out string
	environ           []string
}

// run runs muster, and kills it after a while unless that is 0.
func (k *killed) run(t *testing.T, after time.Duration, args ...string) (took time.Duration) {
	t.Helper()
	cmd := exec.Command(k.binary, args...)
	var stderr bytes.Buffer
	cmd.Env, cmd.Dir, cmd.Stderr = k.environ, k.home, &stderr
	start := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if after > 0 {
		defer time.AfterFunc(after, func() { cmd.Process.Kill() }).Stop()
	}
	if err := cmd.Wait(); err != nil && after == 0 {
		t.Errorf("%v: %v: %s", args, err, stderr.String())
	}
	return time.Since(start)
}

// sound checks that every file is complete and readable by its owner only. Right after a
// kill, a staged file may exist, but never where programs load all files.
func (k *killed) sound(t *testing.T, staged bool) {
	t.Helper()
	err := filepath.WalkDir(k.home, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		name, folder := entry.Name(), filepath.Dir(path)
		if info.Mode().Perm()&0o077 != 0 && filepath.Base(folder) != "locks" {
			t.Errorf("%s: %v", path, info.Mode())
		}
		cache := filepath.Base(folder) == "cache"
		if strings.HasPrefix(name, ".muster-") {
			if !staged || cache {
				t.Errorf("left behind: %s", path)
			}
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		switch {
		case cache:
			if object := map[string]any{}; json.Unmarshal(data, &object) != nil {
				t.Errorf("%s is torn: %q", path, data)
			}
		case path == k.out:
			if text := string(data); !strings.HasPrefix(text, "[") || !strings.HasSuffix(text, "\n") || strings.Count(text, "aws_secret_access_key") != 2 {
				t.Errorf("%s is torn: %q", path, text)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	config := filepath.Join(k.home, ".aws", "config")
	if _, err := awsconfig.Load(awsconfig.Files{Config: config}); err != nil {
		t.Errorf("%s is torn: %v", config, err)
	}
	if data, _ := os.ReadFile(config); !strings.Contains(string(data), "[sso-session corp]") {
		t.Errorf("%s is torn: %q", config, data)
	}
}

// unixBinary returns the program, for a test that takes long and sends signals of Unix.
func unixBinary(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("it takes long")
	}
	if runtime.GOOS == "windows" {
		t.Skip("signals are of Unix")
	}
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// TestKill: kill -9 at random moments leaves no incomplete file and none that others can
// read. The next run removes staged files. MUSTER_TEST_KILLS sets the number of moments.
func TestKill(t *testing.T) {
	t.Parallel()
	binary := unixBinary(t)
	kills := 16
	if n, err := strconv.Atoi(os.Getenv("MUSTER_TEST_KILLS")); err == nil {
		kills = n
	}
	w := &awssim.World{
		Accounts: []awssim.Account{{ID: "100000000001", Name: "main"}, {ID: "200000000002", Name: "dev"}},
		Users:    []awssim.User{{Account: "main", Name: "admin"}},
		SSO: []awssim.SSOSession{{Name: "corp", StartURL: "https://corp.awsapps.com/start", Region: "eu-west-1",
			Assignments: map[string][]string{"*": {"ReadOnly"}}}},
	}
	sim, environ := simulated(t, w, false)
	k := &killed{binary: binary, home: strings.TrimPrefix(environ[0], "HOME=")}
	k.out = filepath.Join(k.home, "keys.ini")
	k.environ = append(environ, "PATH="+os.Getenv("PATH"), actAsMuster+"=.")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	k.environ = append(k.environ, actAsBrowser+"=1", "BROWSER="+self)
	commands := [][]string{
		{"login", "corp"},
		{"accounts", "--sso-session", "corp", "--role", "ReadOnly"}, // refreshes
		{"profiles", "--generate", "--write", "--sso-session", "corp"},
		{"credentials", "--sso-session", "corp", "--role", "ReadOnly", "-o", "ini", "--out", k.out},
	}
	took := make([]time.Duration, len(commands))
	// expire lets the token end, and gives each round something else to write.
	expire := func(round int) {
		path := filepath.Join(k.home, ".aws", "sso", "cache", "ee0bfd2552fbd840c02cc48b6e823320543c450f.json")
		var token map[string]any
		if data, err := os.ReadFile(path); err != nil || json.Unmarshal(data, &token) != nil {
			t.Fatalf("%s: %v", path, err)
		}
		token["expiresAt"] = time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)
		data, _ := json.Marshal(token)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		commands[2] = append(commands[2][:4:4], "corp", "--name", "{account-name}.{role}."+strconv.Itoa(round))
	}
	for i, args := range commands {
		took[i] = k.run(t, 0, args...)
	}
	k.sound(t, false)
	g := rand.New(rand.NewPCG(9, 9))
	for kill := range kills {
		i := kill % len(commands)
		if i == 1 {
			expire(kill)
		}
		os.RemoveAll(filepath.Join(k.home, ".aws", "cli", "cache"))
		k.run(t, 1+time.Duration(g.Int64N(int64(took[i])*5/4)), commands[i]...)
		k.sound(t, true)
		k.run(t, 0, commands[0]...) // a token that was exchanged and not written is lost
		os.RemoveAll(filepath.Join(k.home, ".aws", "cli", "cache"))
		k.run(t, 0, commands[i]...)
		k.sound(t, false)
	}
	for _, problem := range sim.Problems() {
		t.Error(problem)
	}
}
