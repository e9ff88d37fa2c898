package complete

import (
	"slices"
	"strings"

	"muster/internal/awsconfig"
	"muster/internal/seen"
)

// sources are the lists of values that a complete tag can name, besides the lists in
// Completer.Words. A list may leave out values that do not begin with the prefix.
var sources = map[string]func(l *line, prefix string) []candidate{
	"commands": func(l *line, _ string) []candidate { return commandsOf(l.top) },
	"profiles": func(l *line, _ string) []candidate { return l.profiles(func(*awsconfig.Profile) bool { return true }) },
	"sso-profiles": func(l *line, _ string) []candidate {
		return l.profiles(func(p *awsconfig.Profile) bool { return p.SSOSession != nil })
	},
	"saml-profiles": func(l *line, _ string) []candidate {
		return l.profiles(func(p *awsconfig.Profile) bool { return p.Kind == awsconfig.KindSAML })
	},
	"account-profiles": func(l *line, _ string) []candidate { return l.accountProfiles() },
	"sso-sessions":     func(l *line, _ string) []candidate { return l.ssoSessions() },
	"roles":            func(l *line, _ string) []candidate { return append(l.seen(seen.Role), l.profileRoles()...) },
	"role-arns":        func(l *line, _ string) []candidate { return l.roleARNs() },
	"regions":          func(l *line, _ string) []candidate { return l.seen(seen.Region) },
	"accounts":         func(l *line, _ string) []candidate { return l.accounts() },
	"instances":        func(l *line, prefix string) []candidate { return byName(l.entries(seen.Instance), prefix) },
	"resources":        (*line).resources,
	"tag-keys":         func(l *line, _ string) []candidate { return l.tagKeys() },
}

// texts are the sources that complete a part of a value, such as a field in an expression.
// An answer that is not ok leaves the value to the next source.
var texts = map[string]func(l *line, text, before string) (a answer, ok bool){
	"fields":      func(l *line, text, before string) (answer, bool) { return l.fieldList(text, before, false), true },
	"sort-fields": func(l *line, text, before string) (answer, bool) { return l.fieldList(text, before, true), true },
	"jq":          func(l *line, text, before string) (answer, bool) { return l.jq(text, before), true },
	"jmespath":    func(l *line, text, before string) (answer, bool) { return l.jmespath(text, before), true },
	"template":    (*line).templateOption,
	"file":        func(_ *line, text, before string) (answer, bool) { return file(text, before), true },
	"file-url":    func(_ *line, text, before string) (answer, bool) { return fileURL(text, before), true },
}

// value completes the value of a flag. before is the text in front of it within the same
// word, such as --output=.
func (l *line) value(f *Param, text, before string) (a answer) {
	for _, source := range f.Sources {
		if complete, known := texts[source]; known {
			if a, ok := complete(l, text, before); ok {
				return a
			}
		}
	}
	if f.List {
		items := splitList(text)
		a.candidates = matchItem(l.candidates(f, items[len(items)-1]), text, before)
	} else {
		values := l.candidates(f, text)
		if f.Repeated {
			values = slices.DeleteFunc(values, func(v candidate) bool { return slices.Contains(l.given[f.Name], v.text) })
		}
		a.candidates = match(values, text, before)
	}
	a.open = len(a.candidates) > 0 && !slices.ContainsFunc(a.candidates, func(c candidate) bool { return !strings.HasSuffix(c.text, "=") })
	return a
}

// candidates are the values of a flag or argument, from its enum and its sources.
func (l *line) candidates(p *Param, prefix string) []candidate {
	found := named(p.Enum)
	for _, source := range p.Sources {
		if words, known := l.Words[source]; known {
			found = append(found, named(words())...)
		}
		found = append(found, l.described(source, prefix)...)
		if words, ok := l.record(l.command).(interface{ Words(source string) []string }); ok {
			found = append(found, named(words.Words(source))...)
		}
		if list, known := sources[source]; known {
			found = append(found, list(l, prefix)...)
		}
	}
	return found
}

// described are the values of a source in Described.
func (l *line) described(source, prefix string) (found []candidate) {
	list, known := l.Described[source]
	if !known {
		return nil
	}
	items := splitList(prefix)
	for _, v := range list(items[len(items)-1]) {
		found = append(found, candidate{v.Text, v.Help})
	}
	return found
}

func named(words []string) []candidate {
	found := make([]candidate, len(words))
	for i, word := range words {
		found[i].text = word
	}
	return found
}

// commandsOf are the commands below a command, or of the whole grammar.
func commandsOf(above *Command) (found []candidate) {
	for _, c := range above.Commands {
		found = append(found, candidate{c.Name, c.Help})
	}
	return found
}

// awsConfig is ~/.aws, empty if it cannot be read.
func (l *line) awsConfig() *awsconfig.Config {
	if l.config != nil {
		return l.config
	}
	l.config = new(awsconfig.Config)
	if files, err := awsconfig.Locate(l.Lookup); err == nil {
		if config, err := awsconfig.Load(files); err == nil {
			l.config = config
		}
	}
	return l.config
}

func (l *line) profiles(wanted func(*awsconfig.Profile) bool) (found []candidate) {
	for _, p := range l.awsConfig().Profiles {
		if wanted(p) {
			found = append(found, candidate{p.Name, strings.Join(strings.Fields(string(p.Kind)+" "+p.AccountID()+" "+p.Role()), " ")})
		}
	}
	return found
}

// accountProfiles are the profiles, whose names stand for accounts unless flags select accounts.
func (l *line) accountProfiles() []candidate {
	if l.scope().Selects() {
		return nil
	}
	return l.profiles(func(*awsconfig.Profile) bool { return true })
}

func (l *line) ssoSessions() (found []candidate) {
	for _, s := range l.awsConfig().Sessions {
		found = append(found, candidate{s.Name, s.StartURL})
	}
	return found
}

// profileRoles are the names of the profiles' roles and permission sets.
func (l *line) profileRoles() (found []candidate) {
	for _, p := range l.awsConfig().Profiles {
		if role := p.Role(); role != "" {
			found = append(found, candidate{role, "profile " + p.Name})
		}
	}
	return found
}

func (l *line) roleARNs() (found []candidate) {
	for _, p := range l.awsConfig().Profiles {
		if p.RoleARN != "" {
			found = append(found, candidate{p.RoleARN, "profile " + p.Name})
		}
	}
	return found
}
