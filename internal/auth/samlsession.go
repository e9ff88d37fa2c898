package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/auth/botocache"
	"muster/internal/auth/saml"
	"muster/internal/auth/sso"
	"muster/internal/awsconfig"
	"muster/internal/shell"
)

// assertionTTL is how long STS accepts an assertion.
const assertionTTL = 5 * time.Minute

// lockTTL is how long the lock is held at most for the first credentials after a sign-in.
const lockTTL = time.Minute

// namesTimeout is the time for the names of accounts, which are a convenience.
const namesTimeout = 10 * time.Second

// samlSession is a user's sign-in at a SAML provider. Profiles with the same settings share it.
// The assertion is in memory only: files keep the roles that it offers, and their credentials.
type samlSession struct {
	r    *Resolver
	key  map[string]any // the settings that identify the user at the provider
	file botocache.SAMLFile

	login *SAMLLogin // of 'muster login'; nil for others

	unlock atomic.Pointer[func()] // ends the lock of the file, which is held from the question to the first credentials

	mu        sync.Mutex // held while the user signs in
	assertion *Assertion // of this run; nil before a sign-in
	obtained  time.Time
	failed    error // after the user was asked

	keeping  sync.Mutex
	signIn   *botocache.SAMLSignIn           // of this run; nil before a sign-in
	isKept   bool                            // signIn is in the file
	opened   map[botocache.SAMLRoleFile]bool // roles with credentials of this run's login; nil without one
	refusals map[botocache.SAMLRoleFile]*botocache.Refusal
}

// samlSession returns the session of a profile.
func (r *Resolver) samlSession(p *awsconfig.Profile) *samlSession {
	s := p.SAML.SignIn()
	r.mu.Lock()
	defer r.mu.Unlock()
	session := r.samlSessions[s]
	if session == nil {
		key := map[string]any{
			"Provider": s.Provider, "URL": s.URL, "Username": s.Username, "ClientID": s.ClientID,
			"Region": s.Region, "Subdomain": s.Subdomain, "AppID": s.AppID, "Command": s.Command,
		}
		session = &samlSession{r: r, key: key, file: r.Cache.SAMLSignIn(key), refusals: map[botocache.SAMLRoleFile]*botocache.Refusal{}}
		r.samlSessions[s] = session
	}
	return session
}

// forgetFailure drops an error, after which the user may be asked again. It does not wait for
// a user who is being asked.
func (s *samlSession) forgetFailure() {
	if s.mu.TryLock() {
		s.failed = nil
		s.mu.Unlock()
	}
}

// kept returns the last sign-in; nil if there is none.
func (s *samlSession) kept(ctx context.Context) *botocache.SAMLSignIn {
	s.keeping.Lock()
	signIn := s.signIn
	s.keeping.Unlock()
	if signIn != nil || s.r.NoRoleCache {
		return signIn
	}
	return s.file.Read(ctx)
}

// valid returns an assertion that STS accepts. If there is none in memory, it asks the user
// once whether to sign in; needs says why. It returns nil if another process has signed in
// meanwhile, and the caller finds what it needs: done reports that.
func (s *samlSession) valid(ctx context.Context, p *awsconfig.Profile, needs func() *sso.LoginError, done func() bool) (*Assertion, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.isAccepted():
		return s.assertion, nil
	case s.failed != nil:
		return nil, s.failed
	}
	need := needs()
	if s.r.OfferLogin == nil {
		return nil, need
	}
	s.lock(ctx, p)
	if done() {
		s.release()
		return nil, nil
	}
	err := s.r.OfferLogin(ctx, need, func(ctx context.Context, _ sso.LoginOptions) (sso.LoginResult, error) {
		return sso.LoginResult{}, s.obtain(ctx, p, "")
	})
	if err == nil {
		time.AfterFunc(lockTTL, s.release)
		return s.assertion, nil
	}
	s.release()
	switch {
	case ctx.Err() != nil || errors.Is(err, context.Canceled):
		return nil, err
	case !errors.As(err, new(*sso.LoginError)):
		err = &sso.LoginError{To: need.To, Why: need.Why + ", and the sign-in failed (" + err.Error() + ")", Command: need.Command}
	}
	s.failed = err
	return nil, err
}

// hasAssertion reports whether STS still accepts the assertion in memory.
func (s *samlSession) hasAssertion() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.isAccepted()
}

// isAccepted is hasAssertion for a caller that holds mu.
func (s *samlSession) isAccepted() bool {
	return s.assertion != nil && s.r.Now().Before(s.obtained.Add(assertionTTL))
}

// lock waits until no other process signs in, so that several processes that start at the same
// time ask once. A process that a credential_process has started does not wait: the process
// that waits for it may hold the lock.
func (s *samlSession) lock(ctx context.Context, p *awsconfig.Profile) {
	if s.unlock.Load() != nil || s.r.NoRoleCache || s.r.env(loopVariable) != "" || s.file.CheckWritable() != nil {
		return
	}
	if unlock, err := s.file.Lock(ctx, fmt.Sprintf("the sign-in of profile %q", p.Name)); err == nil {
		s.unlock.Store(&unlock)
	}
}

// release ends the lock, if it is held.
func (s *samlSession) release() {
	if unlock := s.unlock.Swap(nil); unlock != nil {
		(*unlock)()
	}
}

// obtain signs in at the provider. ip replaces the profile's saml_ip. The caller holds mu.
func (s *samlSession) obtain(ctx context.Context, p *awsconfig.Profile, ip string) error {
	client, userAgent, log := s.r.API.Elsewhere()
	config := s.r.samlConfig(p, ip)
	config.UserAgent, config.Log = userAgent, log
	text, err := saml.SignIn(ctx, client, config, s.r.SAMLPrompt)
	if err != nil {
		return s.r.API.Secrets().Error(err)
	}
	a, err := ParseAssertion(text)
	switch {
	case err != nil:
		return err
	case len(a.Roles) == 0:
		return fmt.Errorf("the SAML assertion names no role of AWS; has the application a role for %s?", p.SAML.Username)
	}
	if len(a.Roles) > 1 {
		s.nameAccounts(ctx, p, a)
	}
	signIn := &botocache.SAMLSignIn{SessionDuration: a.SessionDuration, Chosen: map[string]string{}}
	for _, role := range a.Roles {
		signIn.Roles = append(signIn.Roles, botocache.SAMLOffer{RoleArn: role.ARN, PrincipalArn: role.Provider, AccountName: role.AccountName})
	}
	if before := s.kept(ctx); before != nil {
		for profile, arn := range before.Chosen {
			signIn.Chosen[profile] = arn
		}
	}
	s.assertion, s.obtained, s.failed = a, s.r.Now(), nil
	s.keeping.Lock()
	defer s.keeping.Unlock()
	s.signIn, s.isKept = signIn, false
	clear(s.refusals)
	return nil
}

// nameAccounts sets the names of the accounts that AWS's sign-in page shows for an assertion.
func (s *samlSession) nameAccounts(ctx context.Context, p *awsconfig.Profile, a *Assertion) {
	partition := arnPart(a.Roles[0].ARN, arnPartition)
	page := s.r.API.SAMLPage(s.r.target(p, partition), partition)
	if page == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, namesTimeout)
	defer cancel()
	client, _, _ := s.r.API.Elsewhere()
	names, err := saml.AccountNames(ctx, client, page, []byte(a.encoded))
	if err != nil {
		return
	}
	for i, role := range a.Roles {
		a.Roles[i].AccountName = names[role.AccountID()]
	}
}

// keep writes the sign-in once AWS has given credentials for it, and the choice of a role for a
// profile; "" for none. A file that cannot be written costs the user another sign-in.
func (s *samlSession) keep(profile, chosen string) {
	s.keeping.Lock()
	defer s.keeping.Unlock()
	if s.signIn == nil || s.r.NoRoleCache {
		return
	}
	if chosen != "" && s.signIn.Chosen[profile] != chosen {
		s.signIn.Chosen[profile], s.isKept = chosen, false
	}
	if s.isKept {
		return
	}
	s.isKept = true
	if before := s.file.Read(context.Background()); before != nil {
		for _, role := range rolesOf(before) {
			file := s.roleFile(role)
			if !slices.ContainsFunc(rolesOf(s.signIn), func(now SAMLRole) bool { return s.roleFile(now) == file }) {
				_, _ = file.Remove() // no list would lead to it
			}
		}
	}
	_ = s.file.Write(s.signIn)
	for file, refusal := range s.refusals {
		_ = file.WriteRefusal(refusal)
	}
}

// keepRefusal keeps that AWS has refused a role, so that later runs do not ask for a sign-in
// because of it.
func (s *samlSession) keepRefusal(file botocache.SAMLRoleFile, refusal *botocache.Refusal) {
	s.keeping.Lock()
	defer s.keeping.Unlock()
	s.refusals[file] = refusal
	if s.isKept {
		_ = file.WriteRefusal(refusal)
	}
}

// isOutdated reports whether the kept credentials of a role are from before this run's login.
func (s *samlSession) isOutdated(role SAMLRole) bool {
	s.keeping.Lock()
	defer s.keeping.Unlock()
	return s.opened != nil && !s.opened[s.roleFile(role)]
}

// noteOpened notes that the file has credentials of this run's login.
func (s *samlSession) noteOpened(file botocache.SAMLRoleFile) {
	s.keeping.Lock()
	defer s.keeping.Unlock()
	if s.opened != nil {
		s.opened[file] = true
	}
}

// roleFile returns the file of a role's credentials.
func (s *samlSession) roleFile(role SAMLRole) botocache.SAMLRoleFile {
	return s.r.Cache.SAMLRole(s.key, botocache.SAMLOffer{RoleArn: role.ARN, PrincipalArn: role.Provider})
}

// rolesOf returns the roles of a sign-in.
func rolesOf(signIn *botocache.SAMLSignIn) []SAMLRole {
	roles := make([]SAMLRole, len(signIn.Roles))
	for i, offer := range signIn.Roles {
		roles[i] = SAMLRole{ARN: offer.RoleArn, Provider: offer.PrincipalArn, AccountName: offer.AccountName}
	}
	return roles
}

// SAMLRoles returns the roles that the sign-in of a profile offers. The role of the profile comes
// first, then those with its name: a user who signs in as a reader does not expect to visit other
// accounts as an administrator. The roles of an earlier sign-in
// serve as long as credentials of one of them are valid. wanted are the values of --role, for
// the command to run if the user has to sign in.
func (r *Resolver) SAMLRoles(ctx context.Context, p *awsconfig.Profile, wanted []string) ([]SAMLRole, error) {
	s := r.samlSession(p)
	var roles []SAMLRole
	usable := func() bool {
		signIn := s.kept(ctx)
		if signIn == nil {
			return false
		}
		roles = rolesOf(signIn)
		return slices.ContainsFunc(roles, func(role SAMLRole) bool {
			_, ok := s.keptCredentials(ctx, role)
			return ok
		})
	}
	byPreference := func() []SAMLRole { return (&samlProvider{session: s, profile: p}).byPreference(roles) }
	if usable() {
		return byPreference(), nil
	}
	needs := func() *sso.LoginError { return s.loginError(p, s.why(ctx), loginRoles(wanted)) }
	a, err := s.valid(ctx, p, needs, usable)
	if err != nil {
		return nil, err
	}
	if a != nil {
		roles = a.Roles
	}
	return byPreference(), nil
}

// KeptSAMLRoles returns the roles that the last sign-in of a profile offered, as SAMLRoles does. It
// asks nobody: their credentials may have ended. It is nil without a sign-in.
func (r *Resolver) KeptSAMLRoles(ctx context.Context, p *awsconfig.Profile) []SAMLRole {
	s := r.samlSession(p)
	signIn := s.kept(ctx)
	if signIn == nil {
		return nil
	}
	return (&samlProvider{session: s, profile: p}).byPreference(rolesOf(signIn))
}

// loginError says why the user has to sign in, and with which command and its options.
func (s *samlSession) loginError(p *awsconfig.Profile, why, options string) *sso.LoginError {
	return &sso.LoginError{To: fmt.Sprintf("profile %q", p.Name), Why: why, Command: "muster login " + shell.Word(p.Name) + options}
}

// loginRoles returns the option of 'muster login' for credentials in every account.
func loginRoles(wanted []string) string {
	if len(wanted) == 0 {
		wanted = []string{"*"}
	}
	return " --role " + shell.Word(strings.Join(wanted, ","))
}

// why says why the user has to sign in.
func (s *samlSession) why(ctx context.Context) string {
	if s.kept(ctx) == nil {
		return "is not signed in"
	}
	return "is no longer signed in"
}

// keptCredentials returns valid credentials of a role from the file.
func (s *samlSession) keptCredentials(ctx context.Context, role SAMLRole) (aws.Credentials, bool) {
	if s.r.NoRoleCache {
		return aws.Credentials{}, false
	}
	creds, ok := s.roleFile(role).Read(ctx)
	if !ok || !creds.Expires.After(s.r.Now().Add(samlMinTTL)) {
		return aws.Credentials{}, false
	}
	creds, err := checkAccount("cache", role.AccountID(), creds)
	// Without its Source, the credentials are not replaced when one region refuses them: the
	// user would be asked to sign in.
	creds.Source = ""
	return creds, err == nil
}
