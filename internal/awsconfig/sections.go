package awsconfig

import "slices"

// sectionSets are the sections of both files by their kind.
type sectionSets struct{ profiles, sessions, services sectionSet }

// addConfig adds the sections of the config file. It returns the sections of no kind by
// their headers.
func (sets *sectionSets) addConfig(sections []*section) (stray map[string]*section) {
	stray = map[string]*section{}
	hasProfileDefault := slices.ContainsFunc(sections, func(s *section) bool {
		name, ok := sectionName(s.header, "profile")
		return ok && name == "default"
	})
	for _, s := range sections {
		name, isProfile := sectionName(s.header, "profile")
		switch {
		case s.header == "default" && hasProfileDefault: // [profile default] replaces [default]
		case s.header == "default":
			sets.profiles.merge("default", s)
		case isProfile:
			sets.profiles.merge(name, s)
		case !sets.addOther(s):
			stray[s.header] = s
		}
	}
	return stray
}

// addCredentials adds the sections of the credentials file. Their headers are the names
// of profiles.
func (sets *sectionSets) addCredentials(sections []*section) {
	for _, s := range sections {
		if !sets.addOther(s) {
			sets.profiles.merge(s.header, s)
		}
	}
}

// addOther adds a section with a session or services, and reports whether it is one.
func (sets *sectionSets) addOther(s *section) bool {
	if name, ok := sectionName(s.header, "sso-session"); ok {
		sets.sessions.merge(name, s)
		return true
	}
	if name, ok := sectionName(s.header, "services"); ok {
		sets.services.merge(name, s)
		return true
	}
	return false
}

// sectionSet merges sections with the same name: later keys replace earlier ones. It
// keeps the order of the names.
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
