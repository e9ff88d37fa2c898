package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"muster/internal/account"
	"muster/internal/awsconfig"
	"muster/internal/inventory"
	"muster/internal/render"
)

// TestFail: the exit code and the message of each kind of error.
func TestFail(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		err    error
		code   int
		stderr string
	}{
		{"nothing", nil, 0, ""},
		{"the reader went away", written(&fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}), 141, ""},
		{"AWS went away", fmt.Errorf("the list of accounts: %w", &net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("write", syscall.EPIPE)}), 1,
			"muster: the list of accounts: write tcp: write: broken pipe\n"},
		{"the command line", usage("--shard 9: expected I/N"), 2, "muster: --shard 9: expected I/N\n"},
		{"a selection", &account.UsageError{Msg: "--ou needs --organization"}, 2, "muster: --ou needs --organization\n"},
		{"a query", fmt.Errorf("find: %w", &inventory.QueryError{Msg: "no target"}), 2, "muster: find: no target\n"},
		{"an output flag", &render.Error{Flag: "--jq", Msg: "empty", Offset: -1}, 2, "muster: --jq: empty\n"},
		{"the config file", &awsconfig.SyntaxError{File: "config", Line: 3, Msg: "no section"}, 2, "muster: config:3: no section\n"},
		{"reported already", &partial{exitPartial}, 3, ""},
	} {
		var stderr bytes.Buffer
		app := &App{Stderr: &stderr}
		app.prepare(context.Background())
		if code := app.fail(context.Background(), test.err); code != test.code || stderr.String() != test.stderr {
			t.Errorf("%s: exit code %d, stderr %q; want %d, %q", test.name, code, stderr.String(), test.code, test.stderr)
		}
	}
}

// fullDisk fails each write.
type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// TestFullDisk: every command reports a failed write to stdout in the same words.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"--version", "instances --version", "--help", "help", "help output", "man find", "completion bash", "instances --template-help",
		"profiles", "instances --demo", "assume-role --demo --role-arn arn:aws:iam::264511973012:role/EC2ReadAccess", "demo",
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			var stderr bytes.Buffer
			home := t.TempDir()
			config := filepath.Join(home, "config")
			if err := os.WriteFile(config, []byte("[profile a]\nregion = eu-west-1\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			code := Main(context.Background(), strings.Fields(line), &App{
				Stdin: strings.NewReader(""), Stdout: fullDisk{}, Stderr: &stderr, Environ: []string{"HOME=" + home, "AWS_CONFIG_FILE=" + config},
				Completions: os.DirFS(filepath.Join("..", "..")),
				OpenTTY:     func() (io.ReadWriteCloser, error) { return nil, os.ErrNotExist },
			})
			told := strings.TrimPrefix(stderr.String(), "muster: this is a simulated organization (--demo), not AWS\n")
			if want := "muster: writing the output: no space left on device\n"; code != 1 || told != want {
				t.Errorf("exit code %d, stderr %q; want 1, %q", code, told, want)
			}
		})
	}
}
