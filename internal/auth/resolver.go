// Package auth finds identities and their credentials: of profiles of every kind, of
// roles, of permission sets in IAM Identity Center sessions, and of the machine that
// muster runs on.
//
// Each mechanism is one file with one aws.CredentialsProvider. Providers are composed
// like this: an Identity holds Credentials, the SDK's cache around a provider; the
// provider of a role gets its source credentials from the Identity before it, and
// may be wrapped in a provider that reads and writes the AWS CLI's cache.
package auth

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/auth/botocache"
	"muster/internal/auth/saml"
	"muster/internal/auth/sso"
	"muster/internal/awsapi"
	"muster/internal/awsconfig"
)

// Options are the properties of a Resolver. Set them before the first use.
type Options struct {
	Config  *awsconfig.Config
	API     *awsapi.API
	Cache   *botocache.Cache // of tokens and logins
	Lookup  awsconfig.Lookup // the environment
	Environ []string         // the environment of each credential_process
	Region  string           // overrides the environment's and the profiles' region; usually ""
	Now     func() time.Time

	NoRoleCache bool          // neither reads nor writes credentials in the AWS CLI's role cache
	MinTTL      time.Duration // lifetime below which credentials of that cache are not used; 0 for 5 minutes

	// TokenCode is a code of one MFA device, which works once; "" to run the device's
	// mfa_process or ask the user.
	TokenCode string
	// Answered gets each answer of STS with credentials, such as *sts.AssumeRoleOutput. The
	// answer for the last role of a chain comes last. It may be nil.
	Answered func(answer any)

	// Prompt asks a question on the terminal and returns the answer; nil if there is no
	// terminal.
	Prompt func(ctx context.Context, question string) (string, error)
	// OfferLogin asks the user whether to sign in to a session that has ended; nil if
	// nobody can be asked.
	OfferLogin sso.OfferLogin
	// SAMLPrompt asks the user during a sign-in at a SAML provider; nil if there is no terminal.
	SAMLPrompt saml.Prompt
	// ChooseRole asks the user for one of the roles of a SAML assertion; nil likewise.
	ChooseRole func(ctx context.Context, among []SAMLRole) (SAMLRole, error)
	// Stdin and Stderr are for every credential_process. Several may run at the same time:
	// use files, or values that are safe for concurrent use.
	Stdin  io.Reader
	Stderr io.Writer
	// HoldTerminal is called before a credential_process starts, because it may ask the
	// user; release is called when it has ended. It may be nil.
	HoldTerminal func() (release func())
}

// Resolver finds identities. It is safe for concurrent use, and finds each identity
// only once.
type Resolver struct {
	Options
	processes processes
	given     givenCode

	mu           sync.Mutex
	identities   map[string]*Identity                         // by profile
	sources      map[string]*Credentials                      // by source, for profiles that have it in common
	sessions     map[string]*sso.Session                      // by name, or by start URL for legacy profiles
	mfaDevices   map[string]*mfaProvider                      // by serial number
	samlSessions map[awsconfig.SAML]*samlSession              // by SignIn
	instances    map[metadataSettings]aws.CredentialsProvider // roles of the EC2 instance
}

// New returns a Resolver.
func New(o Options) *Resolver {
	return &Resolver{
		Options:      o,
		processes:    processes{slots: make(chan struct{}, awsapi.FitOpenFiles(maxProcesses, 4))},
		identities:   map[string]*Identity{},
		sources:      map[string]*Credentials{},
		sessions:     map[string]*sso.Session{},
		mfaDevices:   map[string]*mfaProvider{},
		samlSessions: map[awsconfig.SAML]*samlSession{},
		instances:    map[metadataSettings]aws.CredentialsProvider{},
	}
}

func (r *Resolver) answered(answer any) {
	if r.Answered != nil {
		r.Answered(answer)
	}
}

// NoCredentialsError means that there is no source of credentials.
type NoCredentialsError struct{ Msg string }

func (e *NoCredentialsError) Error() string { return e.Msg }

// Reason reports the place as one without a role in the ledger.
func (e *NoCredentialsError) Reason() awsapi.Kind { return awsapi.NoRole }

// Current returns the identity that applies without any selection. As in the AWS CLI
// it is the first of: the environment's keys, the role of AWS_PROFILE or the default
// profile, the environment's web identity, another source in that profile, and the
// role of the container or the instance.
func (r *Resolver) Current() (*Identity, error) {
	if id := r.fromEnvironment(); id != nil {
		return id, nil
	}
	name, named := r.profileName()
	p, err := r.Config.Profile(name)
	if err != nil && named {
		return nil, err
	}
	if p != nil && p.Kind == awsconfig.KindRole {
		return r.Profile(p)
	}
	if id, err := r.fromWebIdentityEnvironment(); id != nil || err != nil {
		return id, err
	}
	if p != nil && (named || p.CanGiveCredentials() || p.Problem != nil) {
		return r.Profile(p)
	}
	return r.fromMachine(p, r.noCredentials)
}

// profileName returns the profile that the environment names, else "default".
func (r *Resolver) profileName() (name string, named bool) {
	for _, variable := range []string{"AWS_PROFILE", "AWS_DEFAULT_PROFILE"} {
		if v := r.env(variable); v != "" {
			return v, true
		}
	}
	return "default", false
}

func (r *Resolver) env(name string) string {
	v, _ := r.Lookup(name)
	return v
}

// Profile returns the identity of a profile. It makes no call of AWS.
func (r *Resolver) Profile(p *awsconfig.Profile) (*Identity, error) {
	r.mu.Lock()
	id := r.identities[p.Name]
	r.mu.Unlock()
	if id != nil {
		return id, nil
	}
	id, err := r.fromProfile(p)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if first := r.identities[p.Name]; first != nil {
		return first, nil
	}
	r.identities[p.Name] = id
	return id, nil
}

// fromProfile makes the identity of a profile. As in the AWS CLI, a profile without a
// source of credentials uses the role of the machine.
func (r *Resolver) fromProfile(p *awsconfig.Profile) (*Identity, error) {
	if p.RegionProblem != nil && r.givenRegion(partitionOf(p)) == "" {
		return nil, p.RegionProblem
	}
	chain, err := r.Config.Chain(p)
	switch {
	case err == nil:
		return r.fromChain(p, chain)
	case !p.HasNoSource():
		return nil, err
	}
	missing := &NoCredentialsError{fmt.Sprintf("%v; and this machine has no container or instance role", err)}
	id, err := r.fromMachine(p, func() error { return missing })
	if err != nil {
		return nil, err
	}
	id.Profile, id.Target = p.Name, r.Target(p)
	return id, nil
}

// ForgetFailures drops remembered errors of SSO sessions, SAML sign-ins and MFA devices. Call it
// before another round of calls: the user may have signed in since, or the network
// may be back.
func (r *Resolver) ForgetFailures() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, session := range r.sessions {
		session.ForgetFailure()
	}
	for _, session := range r.samlSessions {
		session.forgetFailure()
	}
	for _, device := range r.mfaDevices {
		device.forgetFailure()
	}
}

// Close ends the credential_processes that still run, as after a time-out, and waits
// for them.
func (r *Resolver) Close() { r.processes.close() }
