package awsconfig

import (
	"fmt"
	"strings"
	"sync"

	"muster/internal/names"
)

// Chain returns the profiles that lead to the credentials of p, with p first. Each
// profile but the last is of KindRole: its role is assumed with the credentials of the
// next one. The last profile has credentials itself, or is of KindRole with a
// CredentialSource. A profile with both keys and a role, or with itself as its
// source_profile, is followed by a copy of itself without the role.
//
// The error is a *ProblemError.
func (c *Config) Chain(p *Profile) ([]*Profile, error) {
	if p.Problem != nil {
		return nil, p.Problem
	}
	if f := c.faults[p.Name]; f.exists() {
		return nil, f.problemOf(p)
	}
	chain := []*Profile{p}
	for {
		source, _ := c.source(chain[len(chain)-1])
		if source == nil {
			return chain, nil
		}
		chain = append(chain, source)
	}
}

// fault is a mistake in a chain: a problem of one of its profiles, or a loop.
type fault struct {
	err   *ProblemError // worded for the profile with the problem
	loop  []*Profile    // the source of each profile is the next one, that of the last one is the first
	entry int           // index in loop at which the chain enters it
}

func (f fault) exists() bool { return f.err != nil || f.loop != nil }

// problemOf words the fault for a profile whose chain has it.
func (f fault) problemOf(p *Profile) *ProblemError {
	if f.loop != nil {
		last := f.loop[(f.entry+len(f.loop)-1)%len(f.loop)]
		e := last.problem("source_profile", "source_profiles go round in a loop: ")
		e.Profile, e.more = p.Name, f.describeLoop
		return e
	}
	e := *f.err
	switch {
	case e.Profile != p.Name:
		e.Msg = fmt.Sprintf("source_profile %q: %s", e.Profile, e.Msg)
	case p.Kind == KindNone:
		e.Msg += ": expected keys, role_arn, sso_session, credential_process, login_session or saml_provider"
	}
	e.Profile = p.Name
	return &e
}

// maxNamed is the number of profiles of a loop that a message names.
const maxNamed = 10

// describeLoop names the profiles of the loop.
func (f fault) describeLoop() string {
	var text strings.Builder
	for i := range min(len(f.loop), maxNamed) {
		text.WriteString(oneLine(f.loop[(f.entry+i)%len(f.loop)].Name) + " -> ")
	}
	if more := len(f.loop) - maxNamed; more > 0 {
		fmt.Fprintf(&text, "%d more -> ", more)
	}
	return text.String() + oneLine(f.loop[f.entry].Name)
}

// findFaults finds the faults of all chains. It visits each profile once: a chain ends
// early at a profile whose fault is known.
func (c *Config) findFaults() {
	c.faults = make(map[string]fault, len(c.Profiles))
	for _, p := range c.Profiles {
		var path []*Profile
		at := map[*Profile]int{} // index in path
		found, known := c.faults[p.Name]
		for next := p; !known; found, known = c.faults[next.Name] {
			at[next] = len(path)
			path = append(path, next)
			var f fault
			next, f = c.step(next)
			if next == nil {
				found = f
				break
			}
			if begin, again := at[next]; again {
				found = fault{loop: path[begin:]}
				for i, q := range found.loop {
					c.faults[q.Name] = fault{loop: found.loop, entry: i}
				}
				path = path[:begin]
				break
			}
		}
		for _, q := range path {
			c.faults[q.Name] = found
		}
	}
}

// step returns the next profile of a chain. At the end of the chain it returns nil and
// its fault, if any.
func (c *Config) step(p *Profile) (*Profile, fault) {
	source, err := c.source(p)
	switch {
	case err != nil:
		return nil, fault{err: err}
	case source == nil:
		return nil, fault{err: c.checkEnd(p)}
	case source == c.byName[source.Name]:
		return source, fault{}
	case source.Kind == KindNone && source.Name == p.Name: // only the role is left
		return nil, fault{loop: []*Profile{p}}
	}
	err = c.checkCredentials(source)
	if err == nil {
		err = c.checkEnd(source)
	}
	return nil, fault{err: err}
}

// source returns the profile whose credentials assume a profile's role, or nil if the
// profile needs none.
func (c *Config) source(p *Profile) (*Profile, *ProblemError) {
	if e := c.checkCredentials(p); e != nil {
		return nil, e
	}
	if p.Kind != KindRole || p.CredentialSource != "" {
		return nil, nil
	}
	source, ok := c.byName[p.SourceProfile]
	if !ok {
		e := p.problem("source_profile", "source_profile %q not found", p.SourceProfile)
		e.more = c.didYouMean(p.SourceProfile, c.profileNames)
		return nil, e
	}
	if source.Kind == KindRole && (source == p || source.AccessKeyID != "" || source.SecretAccessKey != "") {
		source = source.withoutRole()
	}
	return source, nil
}

// checkEnd returns a problem if the last profile of a chain has no credentials.
func (c *Config) checkEnd(p *Profile) *ProblemError {
	switch {
	case p.Kind == KindNone:
		return p.problem("", "no credentials")
	case p.onlySignsIn():
		missing := "sso_account_id"
		if p.SSOAccountID != "" {
			missing = "sso_role_name"
		}
		return p.problem("", "no %s: the profile can sign in but gives no credentials", missing)
	}
	return nil
}

// withoutRole returns a copy of the profile as the source of its own role.
func (p *Profile) withoutRole() *Profile {
	base := *p
	base.RoleSettings, base.SourceProfile, base.CredentialSource = RoleSettings{}, "", ""
	base.Kind = base.kind()
	return &base
}

// maxHints limits the messages with a hint. Each hint is a search through all names, and
// a file with more mistakes has no typing mistakes.
const maxHints = 50

// didYouMean returns a function that finds the nearest name. It is called only if the
// message is printed.
func (c *Config) didYouMean(name string, known func() []string) func() string {
	return sync.OnceValue(func() string {
		if c.hints.Add(1) > maxHints {
			return ""
		}
		return names.DidYouMean(name, known())
	})
}
