package awsconfig

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func textOf(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func mode(t *testing.T, path string) os.FileMode {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode()
}

var corp = Section{Kind: "sso-session", Name: "corp", Settings: []Setting{{"sso_start_url", "https://corp/#/"}, {"sso_region", "eu-west-1"}}}

const corpText = "[sso-session corp]\nsso_start_url = https://corp/#/\nsso_region = eu-west-1\n"

func TestAppend(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	f := Files{Config: filepath.Join(home, ".aws", "config")}
	backup, err := Append(context.Background(), f, corp)
	if err != nil || backup != "" {
		t.Fatalf("got backup %q, %v", backup, err)
	}
	if got := textOf(t, f.Config); got != corpText {
		t.Errorf("got %q", got)
	}
	if folder, file := mode(t, filepath.Dir(f.Config)).Perm(), mode(t, f.Config).Perm(); folder != 0o700 || file != 0o600 {
		t.Errorf("got the modes %v and %v", folder, file)
	}

	two := corp
	two.Name = "big corp"
	backup, err = Append(context.Background(), f, two)
	if err != nil || backup != f.Config+".muster.bak" {
		t.Fatalf("got backup %q, %v", backup, err)
	}
	if got := textOf(t, f.Config); got != corpText+"\n"+strings.Replace(corpText, "corp]", "'big corp']", 1) {
		t.Errorf("got %q", got)
	}
	if got := textOf(t, backup); got != corpText {
		t.Errorf("got backup %q", got)
	}

	_, err = Append(context.Background(), f, two)
	if want := f.Config + ":5: the section [sso-session big corp] already exists"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestEditKeepsLinkAndMode: a symbolic link stays one, the mode stays, and the backup
// is private even if another file had its name.
func TestEditKeepsLinkAndMode(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	target, link := filepath.Join(dir, "dotfiles-config"), filepath.Join(dir, "config")
	for path, perm := range map[string]os.FileMode{target: 0o640, link + ".muster.bak": 0o644} {
		if err := os.WriteFile(path, []byte("[default]\n"), perm); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, perm); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("dotfiles-config", link); err != nil {
		t.Skip(err)
	}
	f := Files{Config: link, ConfigSet: true}
	if _, err := Append(context.Background(), f, corp); err != nil {
		t.Fatal(err)
	}
	if got := mode(t, link); got.Type() != os.ModeSymlink {
		t.Errorf("the link is %v", got)
	}
	if got := textOf(t, target); got != "[default]\n\n"+corpText {
		t.Errorf("got %q", got)
	}
	if got := mode(t, target); got.Perm() != 0o640 {
		t.Errorf("got the mode %v", got)
	}
	if got := mode(t, link+".muster.bak"); got.Perm() != 0o600 {
		t.Errorf("the backup has the mode %v", got)
	}

	if err := os.Remove(target); err != nil {
		t.Fatal(err)
	}
	_, err := Append(context.Background(), f, corp)
	if want := link + " is a symbolic link to dotfiles-config, which does not exist: make that file, or remove the link"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestCannotWrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	folder := filepath.Join(dir, "folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for _, test := range []struct {
		name string
		ctx  context.Context
		f    Files
		want string
	}{
		{"no HOME", t.Context(), Files{}, "there is no config file to write: set HOME or AWS_CONFIG_FILE"},
		{"no folder", t.Context(), Files{Config: filepath.Join(dir, "none", "config"), ConfigSet: true}, "writing DIR/none/config: stat DIR/none: no such file or directory"},
		{"no home", t.Context(), Files{Config: filepath.Join(dir, "none", ".aws", "config")}, "writing DIR/none/.aws/config: mkdir DIR/none/.aws: no such file or directory"},
		{"a folder", t.Context(), Files{Config: folder, ConfigSet: true}, "read DIR/folder: is a directory"},
		{"interrupted", cancelled, Files{Config: filepath.Join(dir, "config"), ConfigSet: true}, "locking DIR/config: context canceled"},
	} {
		_, err := Append(test.ctx, test.f, corp)
		if err == nil || strings.ReplaceAll(err.Error(), dir, "DIR") != test.want {
			t.Errorf("%s: got %v, want %s", test.name, err, test.want)
		}
	}
}

func TestProtected(t *testing.T) {
	t.Parallel()
	if os.Getuid() == 0 {
		t.Skip("root may write everything")
	}
	f := writeConfig(t, "[default]\n", "")
	if err := os.Chmod(f.Config, 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := Append(t.Context(), f, corp); err == nil || !strings.HasPrefix(err.Error(), "writing "+f.Config+": ") {
		t.Errorf("got %v", err)
	}
	if got := textOf(t, f.Config); got != "[default]\n" {
		t.Errorf("got %q", got)
	}
}
