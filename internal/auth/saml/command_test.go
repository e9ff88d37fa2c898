package saml

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
)

func TestCommand(t *testing.T) {
	t.Parallel()
	document, _ := base64.StdEncoding.DecodeString(testAssertion)
	for _, test := range []struct {
		name, output string
		want         string // of the error
	}{
		{"base64", testAssertion + "\n", ""},
		{"base64 in lines", testAssertion[:20] + "\r\n" + testAssertion[20:] + "\r\n", ""},
		{"XML", "\uFEFF" + string(document) + "\n", ""},
		{"nothing", " \n", "printed nothing"},
		{"a password", "hunter2-hunter2-hunter2\n", "printed something else than a SAML assertion as XML or in base64 (24 bytes"},
		{"other base64", "aHVudGVyMi1odW50ZXIy", "something else"},
		{"other XML", "<a>hunter2</a>", "something else"},
		{"an HTML page", "<!DOCTYPE html><html><form>", "something else"},
		{"XML without a namespace", "<Response>hunter2</Response>", "something else"},
		{"binary", "\x00\xff<\x1b", "something else"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := newRun(Command, "")
			r.config.Command = "print it"
			r.config.Run = func(_ context.Context, command string) ([]byte, error) {
				if command != "print it" {
					t.Errorf("command %q", command)
				}
				return []byte(test.output), nil
			}
			r.check(t, BadOutput, test.want)
			if _, err := r.signIn(t.Context()); err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error has the output: %v", err)
			}
		})
	}
	failed := errors.New("exit status 1")
	r := newRun(Command, "")
	r.config.Command = "x"
	r.config.Run = func(context.Context, string) ([]byte, error) { return []byte(testAssertion), failed }
	if _, err := r.signIn(t.Context()); err != failed {
		t.Errorf("error of the program: %v", err)
	}
	newRun(Command, "").check(t, BadConfig, "needs saml_command")
	newRun("adfs", "").check(t, BadConfig, `saml_provider "adfs" is unknown`)
}
