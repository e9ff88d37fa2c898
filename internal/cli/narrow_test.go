package cli

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/creack/pty"

	"muster/internal/awssim"
)

// TestNarrow: a narrow terminal shows the matched address and the names of profiles in
// full, and no empty columns. One note names the columns left out.
func TestNarrow(t *testing.T) {
	t.Parallel()
	_, environ := simulated(t, awssim.DefaultWorld(), false)
	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, ".aws"), 0o700); err != nil {
		t.Fatal(err)
	}
	const config = "[profile company-shared-services-networking]\nrole_arn = arn:aws:iam::264511973012:role/Ops\nsource_profile = base\n" +
		"[profile base]\naws_access_key_id = AKIA\naws_secret_access_key = x\n"
	if err := os.WriteFile(filepath.Join(home, ".aws", "config"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	find := []string{"find", "52.59.78.34", "--region", "eu-central-1"}
	for _, c := range []struct {
		columns uint16
		environ []string
		args    []string
		want    string
	}{
		{20, environ, find, "Matched\n52.59.78.34\n" +
			"muster: the terminal is too narrow for AccountName, AccountId, Region, OwnerType, Owner, Name, Id, PrivateIPs, PublicIPs, Status; -o wide shows all columns\n"},
		{48, environ, find, "Matched      Region        Owner\n52.59.78.34  eu-central-1  i-03046200b400761b0\n" +
			"muster: the terminal is too narrow for AccountName, AccountId, OwnerType, Name, Id, PrivateIPs, PublicIPs, Status; -o wide shows all columns\n"},
		{48, environ, append(find, "--quiet"), "Matched      Region        Owner\n52.59.78.34  eu-central-1  i-03046200b400761b0\n"},
		{80, []string{"HOME=" + home}, []string{"profiles"}, "" +
			"Profile                             Kind    AccountId     Role  Source\n" +
			"company-shared-services-networking  role    264511973012  Ops   base\n" +
			"base                                static  -             -     -\n"},
		{64, []string{"HOME=" + home}, []string{"profiles"}, "" +
			"Profile                             Kind    AccountId     Role\n" +
			"company-shared-services-networking  role    264511973012  Ops\n" +
			"base                                static  -             -\n" +
			"muster: the terminal is too narrow for Source; -o wide shows all columns\n"},
		{60, []string{"HOME=" + home}, []string{"aws", "sqs"}, "" +
			"get-queue-attributes            list-message-move-tasks\n" +
			"get-queue-url                   list-queue-tags\n" +
			"list-dead-letter-source-queues  list-queues\n"},
	} {
		command, _, shown := startAtWidth(t, c.columns, append(c.environ, "TERM=dumb"), c.args...)
		command.Wait()
		if !eventually(func() bool { return shown.String() == c.want }) {
			t.Errorf("%d columns, %s:\n%s\nwant\n%s", c.columns, c.args, shown, c.want)
		}
	}
}

// TestTerminalWithoutRows: a terminal that knows only its columns, as after stty cols 100 in a
// serial console, is as wide as it says.
func TestTerminalWithoutRows(t *testing.T) {
	t.Parallel()
	_, environ := simulated(t, awssim.DefaultWorld(), false)
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(binary, "find", "52.59.78.34", "--region", "eu-central-1", "--quiet")
	command.Env = append(environ, "TERM=dumb")
	tty, err := pty.StartWithSize(command, &pty.Winsize{Cols: 48})
	if err != nil {
		t.Fatal(err)
	}
	defer tty.Close()
	shown := &screen{}
	go io.Copy(shown, tty)
	command.Wait()
	const want = "Matched      Region        Owner\n52.59.78.34  eu-central-1  i-03046200b400761b0\n"
	if !eventually(func() bool { return shown.String() == want }) {
		t.Errorf("%s\nwant\n%s", shown, want)
	}
}
