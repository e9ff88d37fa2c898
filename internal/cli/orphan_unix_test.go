//go:build unix

package cli

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestNoOrphans: the second interrupt kills muster at once, and with it the processes that it
// has started for itself, although they ignore every signal that can be ignored.
func TestNoOrphans(t *testing.T) {
	t.Parallel()
	binary := unixBinary(t)
	for _, setting := range []string{"credential_process", "mfa_process"} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			reader, writer, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer reader.Close()
			// All processes of the script keep the pipe open, which muster has as descriptor 3.
			script := filepath.Join(home, "hang.sh")
			text := "#!/bin/sh\ntrap 'echo TERM >&3' TERM\ntrap '' INT HUP\necho ready >&3\nfor i in $(seq 120); do sleep 1; done\n"
			if err := os.WriteFile(script, []byte(text), 0o700); err != nil {
				t.Fatal(err)
			}
			config := "[default]\nregion = us-east-1\n"
			if setting == "mfa_process" {
				config += "role_arn = arn:aws:iam::111122223333:role/X\nsource_profile = keys\nmfa_serial = arn:aws:iam::111122223333:mfa/me\n" +
					"[profile keys]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n"
				config = strings.Replace(config, "mfa_serial", "mfa_process = "+script+"\nmfa_serial", 1)
			} else {
				config += "credential_process = " + script + "\n"
			}
			path := filepath.Join(home, "config")
			if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(binary, "instances")
			cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "AWS_CONFIG_FILE=" + path, "AWS_EC2_METADATA_DISABLED=true"}
			cmd.ExtraFiles = []*os.File{writer}
			cmd.WaitDelay = time.Second                          // the script has stderr, too
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // without a terminal
			var stderr strings.Builder
			cmd.Stderr = &stderr
			err = cmd.Start()
			writer.Close()
			if err != nil {
				t.Fatal(err)
			}
			defer cmd.Process.Kill()
			lines := bufio.NewReader(reader)
			expect := func(want string) {
				t.Helper()
				if line, err := lines.ReadString('\n'); line != want+"\n" {
					t.Fatalf("%q, %v, want %s; %s", line, err, want, stderr.String())
				}
			}
			expect("ready")
			cmd.Process.Signal(os.Interrupt)
			expect("TERM") // muster ends
			cmd.Process.Signal(os.Interrupt)
			cmd.Wait()
			gone := make(chan error, 1)
			go func() {
				_, err := io.Copy(io.Discard, lines)
				gone <- err
			}()
			select {
			case err := <-gone:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(time.Minute):
				t.Errorf("the %s runs on; %s", setting, stderr.String())
			}
		})
	}
}
