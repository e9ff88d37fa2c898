// Package auth gives credentials: for a profile of any kind, for a role in an
// account, for an account of an IAM Identity Center session. Each mechanism is a
// small aws.CredentialsProvider; the SDK's own cache renews them.
package auth

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/awsapi"
	"muster/internal/awsconfig"
)

// Resolver finds credentials. Its fields are set once, before use; it is then
// safe for concurrent use, and everything it finds is kept for the run.
type Resolver struct {
	Config  *awsconfig.Config
	API     *awsapi.API
	Lookup  awsconfig.Lookup // the environment
	Environ []string         // the environment of a credential_process
	Home    string           // the folder that .aws is in; "" for none
	Region  string           // wins over the environment's and the profiles'; usually ""
	Now     func() time.Time

	NoCache bool          // leaves the AWS CLI's role cache alone
	MinTTL  time.Duration // the lifetime left below which that cache's credentials are not used; 0: five minutes

	// Prompt asks on the terminal and returns what was typed; nil where there is
	// no terminal.
	Prompt func(ctx context.Context, question string) (string, error)
	// Stdin and Stderr are those of every credential_process. Several run at one
	// time: they are files, or safe for concurrent use.
	Stdin  io.Reader
	Stderr io.Writer
	// Warn tells the user what holds the run up; nil: nobody needs to know.
	Warn func(text string)
	// Aside is called before a credential_process starts, which may ask the user, and
	// what it returns when that has ended; nil: nobody needs to know.
	Aside func() (ended func())

	mu         sync.Mutex
	identities map[string]*Identity                         // by profile
	sources    map[string]*Credentials                      // that several identities have in common
	sessions   map[string]*SSO                              // by token file
	mfa        map[string]*mfaDevice                        // by device
	instances  map[metadataSettings]aws.CredentialsProvider // the role of the EC2 instance
	processes  *processes
}

// Identity is somebody who can sign calls.
type Identity struct {
	Profile     string // of the config; "" where the environment gives credentials
	Role        string // role name or permission set, "" for a user
	AccountID   string // "" where AWS has to be asked
	Target      awsapi.Target
	Credentials *Credentials
	Hops        []Hop // how the credentials come about, the first source first

	lifetime time.Duration // of the credentials that RetrieveFor renewed last; 0 before
	asking   sync.Mutex    // held while STS is asked whose credentials they are
	renewing sync.Mutex
}

// NoCredentialsError is returned where nothing gives credentials.
type NoCredentialsError struct{ Msg string }

func (e *NoCredentialsError) Error() string { return e.Msg }

// Reason makes it a missing role in the ledger.
func (e *NoCredentialsError) Reason() awsapi.Kind { return awsapi.NoRole }

// Current returns who the user is without any selection: the environment's keys,
// the role of AWS_PROFILE or the default profile, the environment's web identity,
// what else that profile has, a container's or an instance's role: the order of
// the AWS CLI.
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

// profileName is the profile that the environment names, or "default".
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

// Profile returns the identity of a profile. Nothing is asked of AWS until its
// credentials are retrieved.
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
	if r.identities == nil {
		r.identities = map[string]*Identity{}
	}
	if first := r.identities[p.Name]; first != nil {
		return first, nil
	}
	r.identities[p.Name] = id
	return id, nil
}

// fromProfile makes the identity of a profile. One without a source of credentials
// is used with the role of the machine, as in the AWS CLI.
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
	lacking := &NoCredentialsError{fmt.Sprintf("%v; and no container or instance role gives any here", err)}
	id, err := r.fromMachine(p, func() error { return lacking })
	if err != nil {
		return nil, err
	}
	id.Profile, id.Target = p.Name, r.Target(p)
	return id, nil
}
