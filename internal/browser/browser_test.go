package browser

import (
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestCommand(t *testing.T) {
	t.Parallel()
	const page = "http://127.0.0.1:1/x"
	for _, test := range []struct {
		command, profile string
		want             []string // nil: an error
	}{
		{"firefox", "", []string{"firefox", page}},
		{"lynx", "", []string{"lynx", page}},
		{"firefox", "work", []string{"firefox", "-P", "work", page}},
		{"/opt/LibreWolf/librewolf", "my work", []string{"/opt/LibreWolf/librewolf", "-P", "my work", page}},
		{"flatpak run org.mozilla.firefox", "work", []string{"flatpak", "run", "org.mozilla.firefox", "-P", "work", page}},
		{"google-chrome --incognito", "Profile 1", []string{"google-chrome", "--incognito", "--profile-directory=Profile 1", page}},
		{`C:\Chrome\chrome.exe`, "Default", []string{`C:\Chrome\chrome.exe`, "--profile-directory=Default", page}},
		{"open -a Vivaldi", "Default", []string{"open", "-a", "Vivaldi", "-n", "--args", "--profile-directory=Default", page}},
		{"/home/firefox/bin/lynx", "work", nil},
		{"chromium", "container:prod", nil},
		{"firefox", "container:", nil},
		{"firefox", "-no-remote", nil},
		{"chromium", "a\nb", nil},
	} {
		got, err := Command(strings.Fields(test.command), test.profile, page)
		if !slices.Equal(got, test.want) || (err == nil) != (test.want != nil) {
			t.Errorf("%s, %q: %q, %v; want %q", test.command, test.profile, got, err, test.want)
		}
	}
}

// TestContainer: the extension reads its URL as the parameters of a query.
func TestContainer(t *testing.T) {
	t.Parallel()
	const page = "http://127.0.0.1:1/x?a=b&c=d+e"
	words, err := Command([]string{"firefox"}, "container:prod & dev+é", page)
	if err != nil {
		t.Fatal(err)
	}
	query, ok := strings.CutPrefix(words[1], "ext+container:")
	got, err := url.ParseQuery(query)
	if !ok || err != nil || got.Get("name") != "prod & dev+é" || got.Get("url") != page || strings.Contains(query, "+") {
		t.Errorf("%q: %v, %v", words, got, err)
	}
}
