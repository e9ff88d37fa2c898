package cli

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/cli/manual"
	"muster/internal/inventory"
	"muster/internal/render"
	"muster/internal/seen"
)

// flagsWithFile take the name of a file.
var flagsWithFile = []string{"report", "retry-gaps", "out", "ca-bundle", "saml-assertion", "web-identity-token-file"}

// value completes the value of a flag; before is what stands before it in the
// same word.
func (l *line) value(f *option, text, before string) (c completion) {
	var values []candidate
	list := f.list
	switch f.name {
	case "profile":
		values = l.profiles(func(*awsconfig.Profile) bool { return true })
	case "sso-session":
		values = l.sessions()
	case "role":
		values = append(l.seen(seen.Role), l.profileRoles()...)
	case "role-arn", "via":
		values = l.roleARNs()
	case "account", "exclude-account":
		values = l.accounts()
	case "region", "exclude-region", "sso-region", "profile-region":
		values = named(awsapi.KnownRegions())
		for _, r := range l.seen(seen.Region) {
			if !slices.Contains(values, r) {
				values = append(values, r)
			}
		}
	case "state":
		values = named(inventory.States)
	case "tag":
		for _, tag := range l.seen(seen.Tag) {
			values = append(values, candidate{text: tag.text + "="})
		}
		c.open = true
	case "columns", "count-by":
		return l.fieldList(text, before, false)
	case "sort-by":
		return l.fieldList(text, before, true)
	case "jq":
		return l.jq(text, before)
	case "query":
		return l.jmespath(text, before)
	case "output":
		return l.output(text, before)
	case "policy":
		if rest, ok := strings.CutPrefix(text, "file://"); ok {
			return listFiles(rest, before+"file://")
		}
		values, c.open = named([]string{"file://"}), true
	default:
		if slices.Contains(flagsWithFile, f.name) {
			if before == "" {
				return completion{files: true}
			}
			return listFiles(text, before)
		}
		values = named(f.enum)
	}
	if f.repeated && !list {
		values = slices.DeleteFunc(values, func(v candidate) bool { return slices.Contains(l.given[f.name], v.text) })
	}
	c.candidates = items(values, text, before, list)
	return c
}

// argumentValues are what an argument can be.
func (l *line) argumentValues(o option) []candidate {
	switch l.command.name {
	case "instances", "find":
		return l.instances()
	case "help":
		return append(l.commandNames(), named(manual.Topics())...)
	case "man":
		return l.commandNames()
	case "profiles":
		return l.profiles(func(*awsconfig.Profile) bool { return true })
	case "login", "logout":
		return append(l.sessions(), l.profiles(func(p *awsconfig.Profile) bool { return p.SSOSession != nil })...)
	}
	return named(o.enum)
}

// commandNames are all commands.
func (l *line) commandNames() (found []candidate) {
	for _, c := range topSyntax().commands {
		found = append(found, candidate{c.name, c.help})
	}
	return found
}

func named(names []string) []candidate {
	found := make([]candidate, len(names))
	for i, name := range names {
		found[i].text = name
	}
	return found
}

// config is ~/.aws, empty where it cannot be read.
func (l *line) config() *awsconfig.Config {
	if l.aws != nil {
		return l.aws
	}
	l.aws = new(awsconfig.Config)
	if files, err := awsconfig.Locate(l.app.Lookup); err == nil {
		if config, err := awsconfig.Load(files); err == nil {
			l.aws = config
		}
	}
	return l.aws
}

func (l *line) profiles(wanted func(*awsconfig.Profile) bool) (found []candidate) {
	for _, p := range l.config().Profiles {
		if wanted(p) {
			found = append(found, candidate{p.Name, strings.Join(strings.Fields(string(p.Kind)+" "+p.AccountID()+" "+p.Role()), " ")})
		}
	}
	return found
}

func (l *line) sessions() (found []candidate) {
	for _, s := range l.config().Sessions {
		found = append(found, candidate{s.Name, s.StartURL})
	}
	return found
}

func (l *line) profileRoles() (found []candidate) {
	for _, p := range l.config().Profiles {
		if role := p.Role(); role != "" {
			found = append(found, candidate{role, "profile " + p.Name})
		}
	}
	return found
}

func (l *line) roleARNs() (found []candidate) {
	for _, p := range l.config().Profiles {
		if p.RoleARN != "" {
			found = append(found, candidate{p.RoleARN, "profile " + p.Name})
		}
	}
	return found
}

// accounts are known by name and by id.
func (l *line) accounts() (found []candidate) {
	known := l.seen(seen.Account)
	for _, a := range known {
		if a.help != "" {
			found = append(found, candidate{a.help, a.text})
		}
	}
	return append(found, known...)
}

// instances are known by id and by name.
func (l *line) instances() []candidate {
	known := l.entries(seen.Instance)
	found := make([]candidate, 0, 2*len(known))
	for _, e := range known {
		if strings.HasPrefix(e.ID, l.last) {
			found = append(found, candidate{e.ID, cmp.Or(e.Name, "-") + " " + e.Place})
		}
	}
	names := make(map[string]bool, len(known))
	for _, e := range known {
		if e.Name != "" && strings.HasPrefix(e.Name, l.last) && !names[e.Name] {
			names[e.Name] = true
			found = append(found, candidate{e.Name, e.ID + " " + e.Place})
		}
	}
	return found
}

func (l *line) seen(kind seen.Kind) (found []candidate) {
	for _, e := range l.entries(kind) {
		found = append(found, candidate{e.ID, e.Name})
	}
	return found
}

// output completes -o: the names of formats, and the text of a template.
func (l *line) output(text, before string) (c completion) {
	if template, ok := strings.CutPrefix(text, "template="); ok {
		return l.template(template, before+"template=")
	}
	if path, ok := strings.CutPrefix(text, "template-file="); ok {
		return listFiles(path, before+"template-file=")
	}
	formats := render.Formats()
	switch l.command.name {
	case "credentials", "assume-role", "session-token":
		formats = exportFormats
	}
	c.candidates = items(named(formats), text, before, false)
	c.open = len(c.candidates) > 0 && !slices.ContainsFunc(c.candidates, func(c candidate) bool { return !strings.HasSuffix(c.text, "=") })
	return c
}

// listFiles completes the name of a file within a word, which shells do not.
func listFiles(path, before string) (c completion) {
	dir, prefix := filepath.Split(path)
	files, err := os.ReadDir(cmp.Or(dir, "."))
	if err != nil {
		return c
	}
	for _, f := range files {
		name := f.Name()
		if !strings.HasPrefix(name, prefix) || prefix == "" && name[0] == '.' {
			continue
		}
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.IsDir() {
			name += "/"
		}
		c.candidates = append(c.candidates, candidate{text: before + dir + name})
	}
	c.open = len(c.candidates) == 1 && strings.HasSuffix(c.candidates[0].text, "/")
	return c
}
