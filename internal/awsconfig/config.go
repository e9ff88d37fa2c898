// Package awsconfig reads ~/.aws/config and ~/.aws/credentials as profiles and
// SSO sessions: their names, the kind of credentials each leads to, the chain
// of profiles behind a role, and what is wrong with those that cannot be used.
// It calls nothing and asks nobody.
//
// Two readers of these files matter, botocore (the AWS CLI) and the Go SDK, and
// they disagree. What either accepts is accepted here; where the same text means
// two things, botocore's reading holds, because the AWS CLI writes the files.
//
// The line reader in ini.go is our own: INI modules keep no line numbers of
// keys, which every message here needs, and none knows botocore's nested blocks.
package awsconfig

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"

	"muster/internal/disk"
	"muster/internal/names"
)

// Lookup reads one variable of the environment, in the shape of os.LookupEnv.
type Lookup func(name string) (string, bool)

// Files are the paths of the two files. An empty path is a file that is not there.
type Files struct {
	Config, Credentials string
	// ConfigSet and CredentialsSet tell that the environment named the file, so
	// that its absence is worth a word.
	ConfigSet, CredentialsSet bool
	// Locks are for whoever edits the config.
	Locks disk.Locks
}

// Locate finds the files: AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, with
// ~ and $VARIABLES expanded as the AWS CLI does, or else ~/.aws/config and
// ~/.aws/credentials. Without a home directory the latter are empty paths, as in
// a container that lives on its role alone; only a ~ that cannot be expanded is
// an error.
func Locate(env Lookup) (Files, error) {
	homeVar := "HOME"
	if runtime.GOOS == "windows" {
		homeVar = "USERPROFILE"
	}
	home, _ := env(homeVar)

	locate := func(name, base string) (path string, set bool, err error) {
		path, _ = env(name)
		switch {
		case path == "" && home == "":
			return "", false, nil
		case path == "":
			return filepath.Join(home, ".aws", base), false, nil
		}
		path = os.Expand(path, func(name string) string {
			if value, ok := env(name); ok {
				return value
			}
			return "$" + name
		})
		if rest, ok := strings.CutPrefix(path, "~"); ok && (rest == "" || os.IsPathSeparator(rest[0])) {
			if home == "" {
				return "", true, fmt.Errorf("%s is %q but %s is not set: set it, or give the whole path", name, path, homeVar)
			}
			path = filepath.Join(home, rest)
		}
		return path, true, nil
	}

	var f Files
	var configErr, credentialsErr error
	f.Config, f.ConfigSet, configErr = locate("AWS_CONFIG_FILE", "config")
	f.Credentials, f.CredentialsSet, credentialsErr = locate("AWS_SHARED_CREDENTIALS_FILE", "credentials")
	if configErr != nil {
		return Files{}, configErr
	}
	f.Locks = disk.LocksOf(env, home)
	return f, credentialsErr
}

// Config is what the two files say. It is not changed after Load.
type Config struct {
	Files Files
	// Profiles are in the order in which they first appear: those of the config
	// file, then those that only the credentials file has.
	Profiles []*Profile
	// Sessions are the sso-sessions in the order in which they first appear.
	Sessions []*Session

	byName   map[string]*Profile
	sessions map[string]*Session
	faults   map[string]fault // of the profiles' chains
	hints    atomic.Int32     // that were looked for
	// stray holds the [name] sections of the config file, which would be
	// profiles if they were written [profile name].
	stray map[string]*section
}

// Load reads both files. A file that does not exist is an empty one, as for the
// AWS CLI. Text that cannot be read as profiles is a *SyntaxError. A profile
// that makes no sense spoils only itself: see Profile.Problem.
func Load(f Files) (*Config, error) {
	config, err := readFile(f.Config)
	if err != nil {
		return nil, err
	}
	credentials, err := readFile(f.Credentials)
	if err != nil {
		return nil, err
	}
	return build(f, config, credentials)
}

// largest is the size of a file that is not read as a config any more: some 100,000
// profiles.
const largest = 16 << 20

func readFile(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, largest+1))
	if err == nil && len(data) > largest {
		err = &SyntaxError{File: path, Msg: fmt.Sprintf("is larger than %d MB, expected sections such as [profile NAME]: is it the right file?", largest>>20)}
	}
	return data, err
}

// build makes a Config of the files' texts: sections first, then profiles and
// sessions out of their keys, and last, when all of them are known, what is
// wrong with each.
func build(f Files, configText, credentialsText []byte) (*Config, error) {
	config, err := parse(f.Config, configText)
	if err != nil {
		return nil, err
	}
	credentials, err := parse(f.Credentials, credentialsText)
	if err != nil {
		return nil, err
	}

	var sets sectionSets
	stray := map[string]*section{}
	hasProfileDefault := slices.ContainsFunc(config, func(s *section) bool {
		name, ok := sectionName(s.header, "profile")
		return ok && name == "default"
	})
	for _, s := range config {
		if s.header == "default" {
			// [profile default] replaces [default], it is not merged with it.
			if !hasProfileDefault {
				sets.profiles.merge("default", s)
			}
		} else if name, ok := sectionName(s.header, "profile"); ok {
			sets.profiles.merge(name, s)
		} else if name, ok := sectionName(s.header, "sso-session"); ok {
			sets.sessions.merge(name, s)
		} else if name, ok := sectionName(s.header, "services"); ok {
			sets.services.merge(name, s)
		} else {
			stray[s.header] = s
		}
	}
	// In the credentials file a section's whole name is the profile's.
	for _, s := range credentials {
		if name, ok := sectionName(s.header, "sso-session"); ok {
			sets.sessions.merge(name, s)
		} else if name, ok := sectionName(s.header, "services"); ok {
			sets.services.merge(name, s)
		} else {
			sets.profiles.merge(s.header, s)
		}
	}

	c := &Config{Files: f, byName: map[string]*Profile{}, sessions: map[string]*Session{}, stray: stray}
	for _, s := range sets.sessions.list {
		session := newSession(s)
		c.Sessions = append(c.Sessions, session)
		c.sessions[session.Name] = session
	}
	endpoints := map[string]map[string]string{} // by the name of the section
	for name, s := range sets.services.byName {
		endpoints[name] = s.endpoints()
	}
	for _, s := range sets.profiles.list {
		p := newProfile(s, f.Credentials, sets)
		p.SSOSession = c.sessionOf(p)
		p.completeSSO()
		p.Endpoints = endpoints[p.services]
		c.Profiles = append(c.Profiles, p)
		c.byName[p.Name] = p
	}
	c.findFaults()
	for _, p := range c.Profiles {
		p.Problem, p.RegionProblem = c.findProblem(p), p.findRegionProblem()
	}
	return c, nil
}

// sectionSets are the sections of both files by what they are.
type sectionSets struct{ profiles, sessions, services sectionSet }

// sectionSet merges sections that mean the same thing under one name, later keys
// over earlier ones, and keeps the order in which the names appeared.
type sectionSet struct {
	list   []*section
	byName map[string]*section
}

func (set *sectionSet) merge(name string, s *section) {
	if set.byName == nil {
		set.byName = map[string]*section{}
	}
	merged := set.byName[name]
	if merged == nil {
		merged = &section{header: name, file: s.file, line: s.line, keys: keys{}}
		set.byName[name] = merged
		set.list = append(set.list, merged)
	}
	for key, e := range s.keys {
		merged.keys[key] = e
	}
}

// Profile finds a profile by its exact name; else it returns a *NotFoundError.
func (c *Config) Profile(name string) (*Profile, error) {
	if p, ok := c.byName[name]; ok {
		return p, nil
	}
	bareLine := 0
	if s := c.stray[name]; s != nil {
		bareLine = s.line
	}
	return nil, &NotFoundError{
		What: "profile", Name: name, File: c.Files.Config,
		Hint: names.DidYouMean(name, c.profileNames()), BareLine: bareLine,
	}
}

// sourceKeys are those by which a section names a source of credentials.
var sourceKeys = []string{
	"role_arn", "web_identity_token_file", "sso_session", "sso_start_url", "sso_account_id", "login_session", "credential_process", "aws_access_key_id",
}

// Stray returns an error for each section [name] of the config file that names a
// source of credentials and would be a profile if it were [profile name].
func (c *Config) Stray() []error {
	var problems []error
	for _, s := range slices.SortedFunc(maps.Values(c.stray), func(a, b *section) int { return cmp.Compare(a.line, b.line) }) {
		first, _, _ := strings.Cut(s.header, " ")
		key := slices.IndexFunc(sourceKeys, func(key string) bool { return s.keys[key] != nil })
		if key < 0 || c.byName[s.header] != nil || slices.Contains([]string{"profile", "sso-session", "services"}, first) {
			continue
		}
		name := oneLine(s.header)
		problems = append(problems, &ProblemError{
			File: s.file, Line: s.line, Msg: fmt.Sprintf("section [%s] with %s is no profile: write [profile %s]", name, sourceKeys[key], name),
		})
	}
	return problems
}

// Match finds the profiles whose names a shell glob matches, in the order of
// Profiles. A name that is no glob is looked up as by Profile. A glob that
// matches nothing is a *NotFoundError.
func (c *Config) Match(pattern string) ([]*Profile, error) {
	if p, ok := c.byName[pattern]; ok || !names.IsGlob(pattern) {
		if !ok {
			_, err := c.Profile(pattern)
			return nil, err
		}
		return []*Profile{p}, nil
	}
	compiled, err := names.CompileGlob(pattern)
	if err != nil {
		return nil, fmt.Errorf("profile %q: not a pattern: %w", pattern, err)
	}
	var matches []*Profile
	for _, p := range c.Profiles {
		if compiled.Match(p.Name) {
			matches = append(matches, p)
		}
	}
	if matches == nil {
		return nil, &NotFoundError{What: "profile", Name: pattern, File: c.Files.Config}
	}
	return matches, nil
}

// Session finds an sso-session by its exact name; else it returns a *NotFoundError.
func (c *Config) Session(name string) (*Session, error) {
	if s := c.sessions[name]; s != nil {
		return s, nil
	}
	return nil, &NotFoundError{What: "sso-session", Name: name, File: c.Files.Config, Hint: names.DidYouMean(name, c.sessionNames())}
}

func (c *Config) profileNames() []string {
	names := make([]string, len(c.Profiles))
	for i, p := range c.Profiles {
		names[i] = p.Name
	}
	return names
}

func (c *Config) sessionNames() []string {
	names := make([]string, len(c.Sessions))
	for i, s := range c.Sessions {
		names[i] = s.Name
	}
	return names
}
