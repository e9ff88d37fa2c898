package auth

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"muster/internal/auth/sso"
	"muster/internal/awsapi"
	"muster/internal/awssim"
)

// describe makes an EC2 call as the identity.
func describe(ctx context.Context, r *Resolver, id *Identity) error {
	_, err := r.API.Named("ec2", "describe-regions").Call(ctx, id.Target, "us-east-1", id.Credentials, nil)
	return err
}

// TestRenewal: credentials that are about to end are renewed before the next call, as
// is the whole chain; other credentials are kept.
func TestRenewal(t *testing.T) {
	t.Parallel()
	h := newHome(t, testWorld())
	h.configure(t, profilesOfEveryKind)
	r := h.resolver(t)
	const early = time.Hour - 20*time.Second
	h.Server.Advance(-early) // new credentials have 20 seconds left by the resolver's clock
	id := profile(t, r, "two")
	for _, c := range []struct {
		step  time.Duration
		roles int // AssumeRole calls so far, two a chain
	}{{0, 2}, {0, 4}, {early, 6}, {0, 6}} {
		h.Server.Advance(c.step)
		if err := describe(t.Context(), r, id); err != nil {
			t.Fatal(err)
		}
		if got := h.CountCalls()["AssumeRole"]; got != c.roles {
			t.Errorf("%d roles assumed, want %d", got, c.roles)
		}
	}
	h.CheckRequests(t)
}

// TestExpiredInMidLife: if AWS ends credentials early, they are renewed and the call is
// made once more.
func TestExpiredInMidLife(t *testing.T) {
	t.Parallel()
	h := newHome(t, testWorld())
	h.configure(t, profilesOfEveryKind)
	r := h.resolver(t)
	id := profile(t, r, "hop")
	call := func() error { return describe(t.Context(), r, id) }
	if err := id.Do(t.Context(), call); err != nil {
		t.Fatal(err)
	}
	h.Server.Advance(2 * time.Hour)
	if err := id.Do(t.Context(), call); err != nil {
		t.Fatal(err)
	}
	if err := id.Do(t.Context(), call); err != nil {
		t.Fatal(err)
	}
	if got := h.CountCalls(); got["AssumeRole"] != 2 || got["DescribeRegions"] != 4 {
		t.Errorf("calls %v, want 2 AssumeRole and 4 DescribeRegions", got)
	}
}

// TestDoOnce: a call gets at most one renewal, and none if that would not help.
func TestDoOnce(t *testing.T) {
	t.Parallel()
	h := newHome(t, testWorld())
	h.configure(t, profilesOfEveryKind)
	r := h.resolver(t)
	expired := &sso.LoginError{To: "s", Why: "has ended"}
	other := errors.New("no")
	called, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name    string
		profile string
		ctx     context.Context
		err     error
		calls   int
	}{
		{"expired", "hop", t.Context(), expired, 2},
		{"another error", "hop", t.Context(), other, 1},
		{"success", "hop", t.Context(), nil, 1},
		{"a user's keys", "admin", t.Context(), expired, 1},
		{"given up", "hop", called, expired, 1},
	} {
		calls := 0
		err := profile(t, r, c.profile).Do(c.ctx, func() error { calls++; return c.err })
		if err != c.err || calls != c.calls {
			t.Errorf("%s: %v after %d calls, want %v after %d", c.name, err, calls, c.err, c.calls)
		}
	}
}

// mia returns a resolver whose profiles need a code of mia's device.
func mia(t *testing.T, codes ...string) (*testHome, *Resolver, *int) {
	t.Helper()
	return miaIn(t, testWorld(), codes...)
}

func miaIn(t *testing.T, w *awssim.World, codes ...string) (*testHome, *Resolver, *int) {
	t.Helper()
	h := newHome(t, w)
	const device = "mfa_serial = arn:aws:iam::100000000001:mfa/mia\nsource_profile = mia\n\n"
	h.configure(t, "[profile g1]\nrole_arn = arn:aws:iam::100000000001:role/Guarded\n"+device+
		"[profile g2]\nrole_arn = arn:aws:iam::200000000002:role/Guarded\n"+device+
		"[profile g3]\nrole_arn = arn:aws:iam::300000000003:role/Guarded\n"+device)
	r := h.resolver(t)
	prompts := 0
	var mu sync.Mutex
	r.Prompt = func(_ context.Context, question string) (string, error) {
		mu.Lock()
		defer mu.Unlock()
		if want := "MFA code of arn:aws:iam::100000000001:mfa/mia: "; question != want {
			t.Errorf("asked %q, want %q", question, want)
		}
		prompts++
		return codes[min(prompts, len(codes))-1], nil
	}
	return h, r, &prompts
}

// TestOnePrompt: one code, which works once, serves every profile of the device.
func TestOnePrompt(t *testing.T) {
	t.Parallel()
	h, r, prompts := mia(t, " 123 456\n")
	names := make(chan string, 30)
	for range 10 {
		for _, name := range []string{"g1", "g2", "g3"} {
			names <- name
		}
	}
	atOnce(30, func() {
		name := <-names
		if _, err := profile(t, r, name).Credentials.Retrieve(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	})
	if got := h.CountCalls(); *prompts != 1 || got["GetSessionToken"] != 1 || got["AssumeRole"] != 3 {
		t.Errorf("%d prompts, calls %v; want 1, 1 GetSessionToken and 3 AssumeRole", *prompts, got)
	}
	h.CheckRequests(t)
}

// TestOnePromptOfProcess: the same holds for keys of any source.
func TestOnePromptOfProcess(t *testing.T) {
	t.Parallel()
	h, r, prompts := mia(t, "123456")
	keys, err := r.Config.Profile("mia")
	if err != nil {
		t.Fatal(err)
	}
	h.Write(t, "mia.json", fmt.Sprintf(`{"Version": 1, "AccessKeyId": %q, "SecretAccessKey": %q}`, keys.AccessKeyID, keys.SecretAccessKey))
	h.configure(t, `
[profile vault]
credential_process = cat HOME/mia.json
[profile v1]
role_arn = arn:aws:iam::100000000001:role/Guarded
mfa_serial = arn:aws:iam::100000000001:mfa/mia
source_profile = vault
[profile v2]
role_arn = arn:aws:iam::200000000002:role/Guarded
mfa_serial = arn:aws:iam::100000000001:mfa/mia
source_profile = vault
`)
	asks := r.Prompt
	r = h.resolver(t)
	r.Prompt = asks
	for _, name := range []string{"v1", "v2"} {
		if _, err := profile(t, r, name).Credentials.Retrieve(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := r.SessionToken(profile(t, r, "vault"), "", 0).Credentials.Retrieve(t.Context()); err != nil {
		t.Error(err)
	}
	if got := h.CountCalls(); *prompts != 1 || got["GetSessionToken"] != 2 || got["AssumeRole"] != 2 {
		t.Errorf("%d prompts, calls %v; want 1, 2 GetSessionToken and 2 AssumeRole", *prompts, got)
	}
	h.CheckRequests(t)
}

// TestWrongCode: an invalid code is not asked for again by every account.
func TestWrongCode(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"000000":  "MultiFactorAuthentication failed with invalid MFA one time pass code.",
		"12345":   "an MFA code has six digits (device arn:aws:iam::100000000001:mfa/mia)",
		"1234567": "an MFA code has six digits (device arn:aws:iam::100000000001:mfa/mia)",
		"12345x":  "an MFA code has six digits (device arn:aws:iam::100000000001:mfa/mia)",
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			h, r, prompts := mia(t, code, "123456")
			for _, name := range []string{"g1", "g2", "g1"} {
				_, err := profile(t, r, name).Credentials.Retrieve(t.Context())
				if err == nil {
					t.Fatal("no error")
				}
				if got := awsapi.Explain(err); got.Kind != awsapi.Denied || strings.TrimSpace(got.Message) != want {
					t.Errorf("%s: %+v, want denied: %s", name, got, want)
				}
			}
			if *prompts != 1 || h.CountCalls()["AssumeRole"] != 0 {
				t.Errorf("%d prompts, calls %v", *prompts, h.CountCalls())
			}
		})
	}
	_, r, _ := mia(t)
	r.Prompt = nil
	_, err := profile(t, r, "g1").Credentials.Retrieve(t.Context())
	if err == nil {
		t.Fatal("no error")
	}
	if got, want := awsapi.Explain(err).Message, "an MFA code of arn:aws:iam::100000000001:mfa/mia is needed, and there is no terminal to ask on: give --token-code, or set mfa_process in the profile"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestCodeLost: a code that has not reached AWS is asked for once per round.
func TestCodeLost(t *testing.T) {
	t.Parallel()
	w := testWorld()
	w.Faults = []awssim.Fault{{Operation: "GetSessionToken", Kind: awssim.FaultClose, Times: 1}}
	h, r, prompts := miaIn(t, w, "123456", "654321")
	retrieve := func() error {
		_, err := profile(t, r, "g1").Credentials.Retrieve(t.Context())
		return err
	}
	for range 2 {
		if err := retrieve(); err == nil || awsapi.Explain(err).Kind != awsapi.Unreachable {
			t.Fatalf("%v, want unreachable", err)
		}
	}
	if got := h.CountCalls()["GetSessionToken"]; *prompts != 1 || got != 1 {
		t.Errorf("%d prompts, %d tries", *prompts, got)
	}
	r.ForgetFailures()
	if err := retrieve(); err != nil || *prompts != 2 {
		t.Errorf("%v after %d prompts", err, *prompts)
	}
}

// TestForgetFailuresWhileAsked: ForgetFailures does not wait for a user who is being
// asked.
func TestForgetFailuresWhileAsked(t *testing.T) {
	t.Parallel()
	_, r, _ := mia(t, "123456")
	answer := r.Prompt
	r.Prompt = func(ctx context.Context, question string) (string, error) {
		r.ForgetFailures() // it must not wait for this prompt
		return answer(ctx, question)
	}
	if _, err := profile(t, r, "g1").Credentials.Retrieve(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestAccount: STS is asked once for the account of keys, even if another source names
// an account. Roles and permission sets belong to their own account.
func TestAccount(t *testing.T) {
	t.Parallel()
	h := newHome(t, testWorld())
	h.configure(t, profilesOfEveryKind+"\n[profile told]\naws_access_key_id = "+adminKey+"\naws_secret_access_key = "+adminSecret+"\naws_account_id = 123456789012\n"+
		"[profile told by process]\ncredential_process = cat \"HOME/told.json\"\n")
	h.Write(t, "told.json", strings.Replace(adminJSON, "{", `{"AccountId": "123456789012", `, 1))
	h.Write(t, "my keys.json", adminJSON)
	r := h.resolver(t)
	admin := profile(t, r, "admin")
	atOnce(10, func() {
		if got, err := r.Account(t.Context(), admin); got != "100000000001" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
	for name, want := range map[string]string{"hop": "100000000001", "strict": "010000000004", "sso": "010000000004", "told": "100000000001", "told by process": "100000000001"} {
		if got, err := r.Account(t.Context(), profile(t, r, name)); got != want || err != nil {
			t.Errorf("%s: %q, %v, want %q", name, got, err, want)
		}
	}
	if got := h.CountCalls(); got["GetCallerIdentity"] != 3 || len(got) != 1 {
		t.Errorf("calls %v, want one GetCallerIdentity for each of the keys", got)
	}
	// A role's session in the environment: STS names the role as well.
	creds, err := profile(t, r, "hop").Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	id, err := h.resolver(t, "AWS_ACCESS_KEY_ID="+creds.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+creds.SecretAccessKey, "AWS_SESSION_TOKEN="+creds.SessionToken).Current()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.Account(t.Context(), id); got != "100000000001" || id.Role != "Hop" || err != nil {
		t.Errorf("%q as %q, %v", got, id.Role, err)
	}
}

func TestRoleARN(t *testing.T) {
	t.Parallel()
	for role, want := range map[string]string{
		"Reader":                             "arn:aws-cn:iam::012345678901:role/Reader",
		"team/ops/Reader":                    "arn:aws-cn:iam::012345678901:role/team/ops/Reader",
		"/team/Reader":                       "arn:aws-cn:iam::012345678901:role/team/Reader",
		"arn:aws:iam::{account}:role/x/Read": "arn:aws:iam::012345678901:role/x/Read",
	} {
		if got := RoleARN(role, "aws-cn", "012345678901"); got != want {
			t.Errorf("%s is %s, want %s", role, got, want)
		}
	}
	for arn, want := range map[string]string{"arn:aws:iam::1:role/a/b/Name": "Name", "arn:aws:iam::1:role/Name": "Name"} {
		if got := roleName(arn); got != want {
			t.Errorf("the name of %s is %s, want %s", arn, got, want)
		}
	}
}

// TestRenewedOnceForAll: a call that failed with old credentials does not drop
// credentials that another call has renewed since.
func TestRenewedOnceForAll(t *testing.T) {
	t.Parallel()
	h := newHome(t, testWorld())
	h.configure(t, profilesOfEveryKind)
	r := h.resolver(t)
	id := profile(t, r, "hop")
	call := func() error { return describe(t.Context(), r, id) }
	if err := id.Do(t.Context(), call); err != nil {
		t.Fatal(err)
	}
	h.Server.Advance(2 * time.Hour)
	late := false
	if err := id.Do(t.Context(), func() error {
		err := call()
		if !late { // another renews them before this one comes to it
			late = true
			if err := id.Do(t.Context(), call); err != nil {
				t.Error(err)
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if got := h.CountCalls()["AssumeRole"]; got != 2 {
		t.Errorf("%d roles assumed, want 2", got)
	}
}
