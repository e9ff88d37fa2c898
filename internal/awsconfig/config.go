// Package awsconfig reads ~/.aws/config and ~/.aws/credentials as profiles and SSO
// sessions: their names, the kind of their credentials, the chain of profiles behind a
// role, and the mistakes that make a profile unusable. It makes no calls and asks no
// questions.
//
// Two programs define the format, botocore (the AWS CLI) and the Go SDK, and they
// disagree. This package accepts everything that one of them accepts. If they read
// a text differently, botocore is right, because the AWS CLI writes the files.
//
// The parser in ini.go is muster's own. The INI modules do not keep the line numbers of
// keys, as every message here needs, and do not know botocore's nested blocks.
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

// Lookup returns a variable of the environment, as os.LookupEnv does.
type Lookup func(name string) (string, bool)

// Files are the paths of the two files, "" for a file that does not exist.
type Files struct {
	Config, Credentials string
	// ConfigSet and CredentialsSet report that the environment names the file. Its
	// absence is then worth a message.
	ConfigSet, CredentialsSet bool
	// Locks are held while the config file is edited.
	Locks disk.Locks
}

// Locate returns the paths in AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, with ~ and
// $VARIABLES expanded as in the AWS CLI, or else ~/.aws/config and ~/.aws/credentials.
// Without a home directory, as in a container that has only a role, the latter are "".
// A ~ that cannot be expanded is an error.
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

// Config is the contents of both files. It does not change after Load.
type Config struct {
	Files Files
	// Profiles are in the order of their first appearance: profiles of the config file,
	// then the other profiles of the credentials file.
	Profiles []*Profile
	// Sessions are the sso-sessions in the order of their first appearance.
	Sessions []*Session

	byName   map[string]*Profile
	sessions map[string]*Session
	faults   map[string]fault // mistakes in chains, by profile
	hints    atomic.Int32     // number of searches for a hint
	// stray has the [name] sections of the config file. They would be profiles if they
	// were written as [profile name].
	stray map[string]*section
}

// Load reads both files. As in the AWS CLI, a missing file counts as an empty one. Text
// that cannot be parsed is a *SyntaxError. A mistake in one profile does not affect the
// others: see Profile.Problem.
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

// maxSize limits the size of a file. It is enough for some 100,000 profiles.
const maxSize = 16 << 20

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
	data, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err == nil && len(data) > maxSize {
		err = &SyntaxError{File: path, Msg: fmt.Sprintf("is larger than %d MB, expected sections such as [profile NAME]: is it the right file?", maxSize>>20)}
	}
	return data, err
}

// build makes a Config from the texts of the files.
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
	c := &Config{Files: f, byName: map[string]*Profile{}, sessions: map[string]*Session{}, stray: sets.addConfig(config)}
	sets.addCredentials(credentials)
	for _, s := range sets.sessions.list {
		session := newSession(s)
		c.Sessions = append(c.Sessions, session)
		c.sessions[session.Name] = session
	}
	endpoints := map[string]map[string]string{} // by the name of the [services] section
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
	c.findFaults() // once all profiles are known
	for _, p := range c.Profiles {
		p.Problem, p.RegionProblem = c.findProblem(p), p.findRegionProblem()
	}
	return c, nil
}

// Profile returns the profile with a name, or a *NotFoundError.
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

// sourceKeys are the keys that name a source of credentials.
var sourceKeys = []string{
	"role_arn", "web_identity_token_file", "sso_session", "sso_start_url", "sso_account_id", "login_session", "saml_provider", "credential_process", "aws_access_key_id",
}

// Stray returns an error for each section [name] of the config file that has a source of
// credentials, and would be a profile if its header were [profile name].
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
			File: s.file, Line: s.line, Msg: fmt.Sprintf("section [%s] with %s is not a profile: write [profile %s]", name, sourceKeys[key], name),
		})
	}
	return problems
}

// Match returns the profiles whose names match a shell glob, in the order of Profiles, or
// the profile with exactly this name. If there is none it returns a *NotFoundError.
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

// Session returns the sso-session with a name, or a *NotFoundError.
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
