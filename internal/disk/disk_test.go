package disk

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func put(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask
		t.Fatal(err)
	}
}

// holds checks a file's contents and mode, and the names of the other files in its
// folder.
func holds(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil || string(data) != text {
		t.Errorf("%s: %q, %v; want %q", path, data, err, text)
	}
	info, err := os.Stat(path)
	if err == nil && info.Mode().Perm() != mode && runtime.GOOS != "windows" {
		t.Errorf("%s: mode %v, want %v", path, info.Mode().Perm(), mode)
	}
	staged, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".muster-*"))
	if len(staged) > 0 || err != nil {
		t.Errorf("left behind: %v, %v", staged, err)
	}
}

// TestRule: the result of Write for each kind of target.
func TestRule(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	link := func(to, name string) {
		if err := os.Symlink(to, at(name)); err != nil {
			t.Skip("no symbolic links: ", err)
		}
	}
	if err := os.MkdirAll(at("deep/deeper"), 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, at("open"), "old", 0o644)
	put(t, at("shared"), "old", 0o640)
	put(t, at("deep/target"), "old", 0o644)
	link("deep/target", "link")
	link("link", "chain")
	link("deep/not-yet", "dangling")
	link("deep/deeper", "folder")
	link("../target", "deep/deeper/up") // beside the folder, not beside the link to it
	for _, test := range []struct {
		name, target string
		secret       bool
		mode         fs.FileMode
	}{
		{"new-secret", "new-secret", true, 0o600},
		{"open", "open", true, 0o600},
		{"shared", "shared", false, 0o640},
		{"link", "deep/target", true, 0o600},
		{"chain", "deep/target", false, 0o600},
		{"dangling", "deep/not-yet", true, 0o600},
		{"folder/up", "deep/target", true, 0o600},
	} {
		before, _ := os.Lstat(at(test.name))
		if err := Check(at(test.name)); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		if err := Write(t.Context(), at(test.name), test.secret, text("of "+test.name)); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		holds(t, at(test.target), "of "+test.name, test.mode)
		if after, err := os.Lstat(at(test.name)); err != nil || before != nil && after.Mode().Type() != before.Mode().Type() {
			t.Errorf("%s is no longer what it was: %v, %v", test.name, after, err)
		}
	}
	link("round", "round")
	for _, name := range []string{"round", "nowhere/file", "deep", "new/"} {
		path := at(name)
		if strings.HasSuffix(name, "/") {
			path += "/"
		}
		if Check(path) == nil || Write(t.Context(), path, true, text("x")) == nil {
			t.Errorf("%s can be written", name)
		}
	}
	// What fails half way leaves everything as it was.
	if err := Write(t.Context(), at("open"), true, func(w io.Writer) error { io.WriteString(w, "half"); return errors.New("no") }); err == nil {
		t.Error("no error")
	}
	holds(t, at("open"), "of open", 0o600)
}

// TestDirect: pipes, devices and open files are written to and not replaced.
func TestDirect(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("the folders of open files are Linux's")
	}
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := exec.Command("mkfifo", fifo).Run(); err != nil {
		t.Skip("no mkfifo: ", err)
	}
	got := make(chan string, 1)
	go func() {
		data, _ := os.ReadFile(fifo)
		got <- string(data)
	}()
	if err := errors.Join(Check(fifo), Write(t.Context(), fifo, true, text("keys"))); err != nil {
		t.Fatal(err)
	}
	if s := <-got; s != "keys" {
		t.Errorf("the pipe's reader got %q", s)
	}
	if err := errors.Join(Check("/dev/null"), Write(t.Context(), "/dev/null", true, text("keys"))); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat("/dev/null"); err != nil || info.Mode()&fs.ModeCharDevice == 0 {
		t.Errorf("/dev/null is %v, %v", info, err)
	}
	if err := Write(t.Context(), "/dev/full", true, text("keys")); err == nil {
		t.Error("a full device took it")
	}

	// A file that is open is written to where it stands, as >>FILE wants it.
	path := filepath.Join(dir, "log")
	put(t, path, "before ", 0o600)
	log, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	before, _ := log.Stat()
	for _, form := range []string{"/dev/fd/%", "/proc/self/fd/%", "/proc/thread-self/fd/%"} {
		form = strings.ReplaceAll(form, "%", itoa(log.Fd()))
		if err := errors.Join(Check(form), Write(t.Context(), form, true, text("x"))); err != nil {
			t.Errorf("%s: %v", form, err)
		}
	}
	if data, _ := os.ReadFile(path); !strings.HasPrefix(string(data), "before x") {
		t.Errorf("%q", data)
	}
	if after, _ := os.Stat(path); !os.SameFile(before, after) {
		t.Error("the open file was replaced")
	}
	read, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	for _, form := range []string{"/dev/fd/" + itoa(read.Fd()), "/dev/fd/987"} {
		if Check(form) == nil {
			t.Errorf("%s can be written to", form)
		}
	}

	// An interrupt ends the wait for a pipe without a reader.
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("enough")
	time.AfterFunc(50*time.Millisecond, func() { cancel(cause) })
	if err := Write(ctx, fifo, true, text("keys")); !errors.Is(err, cause) {
		t.Errorf("%v", err)
	}
	if _, err := Read(ctx, fifo); !errors.Is(err, cause) {
		t.Errorf("%v", err)
	}
	if _, err := ReadRegular(t.Context(), fifo); err == nil {
		t.Error("a pipe is taken for a file")
	}
}

func itoa(n uintptr) string {
	digits := ""
	for ; n > 0; n /= 10 {
		digits = string(rune('0'+n%10)) + digits
	}
	return digits
}

// TestForgotten: staged files of a killed process are removed, staged files in use are
// not.
func TestForgotten(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("open files cannot be removed there anyway")
	}
	dir := t.TempDir()
	for _, name := range []string{".muster-DEAD.tmp", ".muster-DEAD", "other.tmp"} {
		put(t, filepath.Join(dir, name), "{", 0o600)
	}
	live, err := os.OpenFile(filepath.Join(dir, ".muster-LIVE.tmp"), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer live.Close()
	if !lockStaged(live) {
		t.Fatal("not held")
	}
	if err := Write(t.Context(), filepath.Join(dir, "keys"), true, text("keys")); err != nil {
		t.Fatal(err)
	}
	entries, _ := os.ReadDir(dir)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != ".muster-DEAD .muster-LIVE.tmp keys other.tmp" {
		t.Error(got)
	}
}

// TestStagedElsewhere: the folder of the file never contains a staged file.
func TestStagedElsewhere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cache := filepath.Join(dir, "cache")
	if err := os.Mkdir(cache, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(cache, "a.json")
	for range 3 {
		if err := Replace(path, dir, []byte("{}")); err != nil {
			t.Fatal(err)
		}
		holds(t, path, "{}", 0o600)
	}
	if err := Replace(path, filepath.Join(dir, "nowhere"), []byte("[]")); err != nil {
		t.Error(err)
	}
	holds(t, path, "[]", 0o600)
	removed, err := Remove(path)
	again, errAgain := Remove(path)
	if !removed || err != nil || again || errAgain != nil {
		t.Error(removed, err, again, errAgain)
	}
}

// TestRemoveFails: what stands in the way of a removal is reported once.
func TestRemoveFails(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if removed, err := Remove(folder); removed || err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("removed %t: %v", removed, err)
	}
}

// TestLock: one process at a time holds the lock, in any folder for lock files, and a
// waiting process says so.
func TestLock(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, filepath.Join(dir, "file"), "", 0o600)
	put(t, filepath.Join(dir, "no-folder"), "", 0o600)
	path := filepath.Join(dir, "token.json")
	for name, locks := range map[string]Locks{
		"cache": {Cache: filepath.Join(dir, "locks")}, "none": {},
		"next": {Cache: filepath.Join(dir, "no-folder"), Runtime: filepath.Join(dir, "run")},
	} {
		unlock, err := locks.Lock(t.Context(), path, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		calls := 0
		ctx, cancel := context.WithCancel(t.Context())
		if _, err := locks.Lock(ctx, path, func() { calls++; cancel() }); !errors.Is(err, context.Canceled) || calls != 1 {
			t.Errorf("%s: %v, %d calls of waiting", name, err, calls)
		}
		unlock()
		again, err := locks.Lock(t.Context(), path, func() { t.Error("nobody has it") })
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		again()
	}
	env := map[string]string{"XDG_CACHE_HOME": "relative", "XDG_RUNTIME_DIR": "/run/user/7"}
	lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	if got := LocksOf(lookup, "/home/mia"); filepath.ToSlash(got.Cache) != "/home/mia/.cache/muster/locks" || filepath.ToSlash(got.Runtime) != "/run/user/7/muster/locks" {
		t.Error(got)
	}
	if got := LocksOf(lookup, ""); got.Cache != "" || got.Runtime == "" {
		t.Error(got)
	}
}
