package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"muster/internal/awsapi"
	"muster/internal/awsconfig"
)

// givenCode is the one code of Options.TokenCode, which works once.
type givenCode struct {
	mu     sync.Mutex
	serial string // of the device that has used the code; "" for none
}

// mfaCode returns a code of a device. It is, in this order: the given code; that of
// Options.TokenCode; the output of the device's mfa_process; the user's answer.
func (r *Resolver) mfaCode(ctx context.Context, serial, code string) (string, error) {
	var err error
	if code == "" && r.TokenCode != "" {
		code, err = r.takeCode(serial)
	} else if code == "" {
		code, err = r.findCode(ctx, serial)
	}
	if err != nil {
		return "", err
	}
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	if len(code) != 6 || strings.Trim(code, "0123456789") != "" {
		return "", &mfaError{fmt.Sprintf("an MFA code has six digits (device %s)", serial)}
	}
	r.API.Secrets().AddWords(code)
	return code, nil
}

// takeCode returns the code of Options.TokenCode to the first device that needs one.
func (r *Resolver) takeCode(serial string) (string, error) {
	r.given.mu.Lock()
	defer r.given.mu.Unlock()
	switch first := r.given.serial; first {
	case "":
		r.given.serial = serial
		return r.TokenCode, nil
	case serial:
		return "", &mfaError{fmt.Sprintf("device %s needs another code than that of --token-code, which works once; leave --token-code out to be asked", serial)}
	default:
		return "", &mfaError{fmt.Sprintf("--token-code is one code, but two devices need one: %s and %s; select the accounts of one device, or leave --token-code out to be asked", first, serial)}
	}
}

// findCode runs the mfa_process of a profile with the device, or asks the user.
func (r *Resolver) findCode(ctx context.Context, serial string) (string, error) {
	if p := r.mfaProcess(serial); p != nil {
		output, err := r.runProcess(ctx, profileCommand{profile: p.Name, setting: "mfa_process", line: p.MFAProcess})
		if err != nil {
			return "", err
		}
		code := strings.TrimSpace(string(output))
		if len(code) != 6 || strings.Trim(code, "0123456789") != "" {
			return "", &processError{p.Name, errors.New("its mfa_process printed something other than a code of six digits")}
		}
		return code, nil
	}
	if r.Prompt == nil {
		return "", &mfaError{fmt.Sprintf("an MFA code of %s is needed, and there is no terminal to ask on: give --token-code, or set mfa_process in the profile", serial)}
	}
	return r.Prompt(ctx, fmt.Sprintf("MFA code of %s: ", serial))
}

// mfaProcess returns the first profile with an mfa_process for a device, nil for none.
func (r *Resolver) mfaProcess(serial string) *awsconfig.Profile {
	for _, p := range r.Config.Profiles {
		if p.MFASerial == serial && p.MFAProcess != "" {
			return p
		}
	}
	return nil
}

// canGetCode reports whether mfaCode has a way to get a code of a device.
func (r *Resolver) canGetCode(serial string) bool {
	return r.TokenCode != "" || r.Prompt != nil || r.mfaProcess(serial) != nil
}

// UnusedCode reports whether Options.TokenCode is a code that no device has needed.
func (r *Resolver) UnusedCode() bool {
	r.given.mu.Lock()
	defer r.given.mu.Unlock()
	return r.TokenCode != "" && r.given.serial == ""
}

// mfaError means that there is no valid code.
type mfaError struct{ msg string }

func (e *mfaError) Error() string { return e.msg }

// Reason reports the place as denied in the ledger.
func (e *mfaError) Reason() awsapi.Kind { return awsapi.Denied }
