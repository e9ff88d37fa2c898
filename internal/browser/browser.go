// Package browser opens pages in the user's browser: in a profile of it, and without
// secrets in the arguments of a process, where every user of the machine can read them.
//
// Its rules:
//
//   - The name of the command says how a browser takes a profile. A browser that is not known
//     takes none.
//   - A page whose URL holds a secret is opened through a redirect on this machine. It works
//     once (redirect.go).
package browser

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode"
)

// kind is a family of browsers with the same arguments.
type kind int

const (
	unknown kind = iota
	chrome
	firefox
)

// kinds are words in the names of browsers' commands and applications.
var kinds = []struct {
	word string
	kind kind
}{
	{"chrom", chrome}, {"brave", chrome}, {"edge", chrome}, {"vivaldi", chrome}, {"opera", chrome},
	{"firefox", firefox}, {"librewolf", firefox}, {"waterfox", firefox}, {"floorp", firefox}, {"zen-browser", firefox},
}

// kindOf returns the kind of the browser that a command starts. The last word that names a
// browser counts, so that wrappers such as env, open -a and flatpak run do not matter.
func kindOf(command []string) kind {
	for _, word := range slices.Backward(command) {
		if strings.HasPrefix(word, "-") {
			continue
		}
		name := strings.ToLower(path.Base(strings.ReplaceAll(word, `\`, "/")))
		for _, k := range kinds {
			if strings.Contains(name, k.word) {
				return k.kind
			}
		}
	}
	return unknown
}

// HasWindow reports whether a command starts a browser with windows of its own, which does not
// need the terminal and may run on after the command that opened the page.
func HasWindow(command []string) bool { return kindOf(command) != unknown }

// container begins the profile that is a container of Firefox.
const container = "container:"

// Command returns the command that opens a page in a profile; "" for the browser's own choice.
// It returns an error if the browser takes no profile of this form.
func Command(command []string, profile, page string) ([]string, error) {
	name, inContainer := strings.CutPrefix(profile, container)
	kind := kindOf(command)
	switch {
	case profile == "":
		return append(slices.Clone(command), page), nil
	case name == "" || strings.HasPrefix(name, "-") || strings.ContainsFunc(name, unicode.IsControl):
		return nil, fmt.Errorf("%q is not the name of a profile", profile)
	case kind == unknown:
		return nil, fmt.Errorf("%s takes no profile that muster knows; expected a browser such as firefox, google-chrome, chromium, brave or microsoft-edge", command[0])
	case kind == chrome && inContainer:
		return nil, fmt.Errorf("%s has no containers; only Firefox has", command[0])
	}
	words := slices.Clone(command)
	if path.Base(words[0]) == "open" && !slices.Contains(words, "--args") { // of macOS
		words = append(words, "-n", "--args")
	}
	switch {
	case inContainer: // the extension "Open external links in a container" takes it
		escape := func(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
		return append(words, "ext+container:name="+escape(name)+"&url="+escape(page)), nil
	case kind == firefox:
		return append(words, "-P", name, page), nil
	default:
		return append(words, "--profile-directory="+name, page), nil
	}
}
