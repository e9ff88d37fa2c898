package awsconfig

import (
	"fmt"
	"strings"
	"sync"

	"muster/internal/names"
)

// Chain returns the profiles whose credentials lead to p's, p first. Each but the
// last is of KindRole, to be assumed with the credentials of the next; the last
// gives credentials by itself (KindRole then means its CredentialSource). A
// profile that is a source for its own keys (source_profile names itself, or it
// has both keys and a role_arn) stands last as a copy without the role.
//
// The error is a *ProblemError.
func (c *Config) Chain(p *Profile) ([]*Profile, error) {
	if p.Problem != nil {
		return nil, p.Problem
	}
	if f := c.faults[p.Name]; f.is() {
		return nil, f.of(p)
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

// fault is why no credentials come from the chain of a profile.
type fault struct {
	err   *ProblemError // as it is for the profile that has it
	loop  []*Profile    // or profiles of which each one's source is the next, and the last one's the first
	entry int           // where the chain enters the loop
}

func (f fault) is() bool { return f.err != nil || f.loop != nil }

// of words the fault for a profile whose chain has it.
func (f fault) of(p *Profile) *ProblemError {
	if f.loop != nil {
		last := f.loop[(f.entry+len(f.loop)-1)%len(f.loop)]
		e := last.problem("source_profile", "source_profiles go round in a loop: ")
		e.Profile, e.more = p.Name, f.round
		return e
	}
	e := *f.err
	switch {
	case e.Profile != p.Name:
		e.Msg = fmt.Sprintf("source_profile %q: %s", e.Profile, e.Msg)
	case p.Kind == KindNone:
		e.Msg += ": expected keys, role_arn, sso_session, credential_process or login_session"
	}
	e.Profile = p.Name
	return &e
}

// mostNamed is how many profiles of a loop a message names.
const mostNamed = 10

// round names the profiles of the loop.
func (f fault) round() string {
	var text strings.Builder
	for i := range min(len(f.loop), mostNamed) {
		text.WriteString(oneLine(f.loop[(f.entry+i)%len(f.loop)].Name) + " -> ")
	}
	if more := len(f.loop) - mostNamed; more > 0 {
		fmt.Fprintf(&text, "%d more -> ", more)
	}
	return text.String() + oneLine(f.loop[f.entry].Name)
}

// findFaults judges the chains of all profiles. Each profile is looked at once: what
// is wrong further down its chain is known, or found on the way.
func (c *Config) findFaults() {
	c.faults = make(map[string]fault, len(c.Profiles))
	for _, p := range c.Profiles {
		var path []*Profile
		at := map[*Profile]int{} // in the path
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

// step goes one profile down a chain. At its end there is none, and the fault says
// what is wrong, if anything.
func (c *Config) step(p *Profile) (*Profile, fault) {
	source, err := c.source(p)
	switch {
	case err != nil:
		return nil, fault{err: err}
	case source == nil:
		return nil, fault{err: c.checkEnd(p)}
	case source == c.byName[source.Name]:
		return source, fault{}
	case source.Kind == KindNone && source.Name == p.Name: // nothing there but the role
		return nil, fault{loop: []*Profile{p}}
	}
	err = c.checkCredentials(source)
	if err == nil {
		err = c.checkEnd(source)
	}
	return nil, fault{err: err}
}

// source is the profile whose credentials assume a profile's role, nil if it has
// credentials of its own.
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

// checkEnd looks at the last profile of a chain, which is to give credentials.
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

// withoutRole is the profile as the source of its own role.
func (p *Profile) withoutRole() *Profile {
	base := *p
	base.RoleARN, base.SourceProfile, base.CredentialSource, base.ExternalID, base.RoleSessionName, base.MFASerial = "", "", "", "", "", ""
	base.Duration = 0
	base.Kind = base.kind()
	return &base
}

// mostHints bounds the messages that get a hint: each one is a search through all
// names, and a file with more mistakes was not mistyped.
const mostHints = 50

// didYouMean ends a message with the nearest name, which is looked for when the message
// is printed.
func (c *Config) didYouMean(name string, known func() []string) func() string {
	return sync.OnceValue(func() string {
		if c.hints.Add(1) > mostHints {
			return ""
		}
		return names.DidYouMean(name, known())
	})
}
