package cli

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"muster/internal/auth"
)

// interruptingTTY plays a user who interrupts instead of typing an answer.
type interruptingTTY struct{ interrupt func() }

func (t interruptingTTY) open() (io.ReadWriteCloser, error) { return t, nil }
func (t interruptingTTY) Read([]byte) (int, error)          { select {} }
func (t interruptingTTY) Close() error                      { return nil }

func (t interruptingTTY) Write(p []byte) (int, error) {
	t.interrupt()
	return len(p), nil
}

// TestChoice: only an offered number is an answer; an interrupt is none.
func TestChoice(t *testing.T) {
	t.Parallel()
	offered := &auth.Assertion{Roles: []auth.SAMLRole{{ARN: "arn:aws:iam::100000000001:role/Alpha"}, {ARN: "arn:aws:iam::100000000001:role/Beta"}}}
	for _, test := range []struct {
		typed     []string
		role, err string
	}{
		{[]string{"2\n"}, "arn:aws:iam::100000000001:role/Beta", ""},
		{[]string{" 1 \n"}, "arn:aws:iam::100000000001:role/Alpha", ""},
		{[]string{"beta\n"}, "arn:aws:iam::100000000001:role/Beta", ""},
		{[]string{"be 100000000001\n"}, "arn:aws:iam::100000000001:role/Beta", ""},
		{[]string{"3\n", "x\n", "Alpha\n"}, "arn:aws:iam::100000000001:role/Alpha", ""},
		{[]string{"\n", "a\n", "100000000001\n"}, "", `no role was chosen: "100000000001" fits 2 of them; --role-arn names one`},
		{[]string{"0\n", "1x\n", "3\n"}, "", `no role was chosen: "3" is none of 1 to 2; --role-arn names one`},
	} {
		tty := &fakeTTY{lines: test.typed}
		app := &App{Stderr: io.Discard, OpenTTY: tty.open}
		app.prepare(context.Background())
		role, err := new(assumeRoleCmd).samlRole(t.Context(), app, offered)
		if role.ARN != test.role || err == nil && test.err != "" || err != nil && err.Error() != test.err {
			t.Errorf("%q: %q, %v; want %q, %s", test.typed, role.ARN, err, test.role, test.err)
		}
		if want := "the SAML assertion offers several roles:\n  1  100000000001  Alpha\n  2  100000000001  Beta\nWhich one? [1-2 or name] "; !strings.HasPrefix(tty.written.String(), want) {
			t.Errorf("asked %q, want %q", tty.written.String(), want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	app := &App{Stderr: io.Discard, OpenTTY: interruptingTTY{cancel}.open}
	app.prepare(context.Background())
	_, err := new(assumeRoleCmd).samlRole(ctx, app, offered)
	if code := app.fail(ctx, err); code != exitInterrupted || !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v, exit code %d", err, code)
	}
}
