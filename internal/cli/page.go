package cli

import (
	"maps"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"muster/internal/catalog"
	"muster/internal/render/html"
	"muster/internal/shell"
	"muster/internal/sweep"
)

// newPage returns the page of -o html, and a function that takes the ledger into it before
// the page ends. noun names the records in the plural.
func newPage(app *App, title, noun string, o *WatchedOutput) (*html.Page, func(*sweep.Ledger)) {
	summary := html.Summary{}
	page := &html.Page{
		Title: string(unicode.ToUpper(rune(title[0]))) + title[1:], Noun: noun, Singular: singular(noun), Command: app.commandLine,
		Reload:  time.Duration(o.Watch),
		Summary: func() html.Summary { return summary },
	}
	return page, func(ledger *sweep.Ledger) { summary = pageSummary(ledger, noun, app.Now()) }
}

func pageSummary(ledger *sweep.Ledger, noun string, now time.Time) html.Summary {
	_, accounts, regions := ledger.Count()
	s := html.Summary{At: now, Accounts: accounts, Regions: regions, Consoles: map[string]string{}}
	switch noun { // the records are the count
	case "accounts":
		s.Accounts = 0
	case "regions":
		s.Regions = 0
	}
	for _, c := range sweep.Causes(ledger.Gaps()) {
		gap := html.Gap{Where: gapPlaces(c.Gaps, ledger.ListError()), Cause: causeText(c)}
		_, remedy, found := strings.Cut(gapHint(c.Gaps[0]), ": ") // behind the status, which the cause has
		if found {
			gap.Remedy = remedy
		}
		for _, place := range c.Gaps {
			gap.Places = append(gap.Places, gapPlace(place, ledger.ListError()))
		}
		s.Gaps = append(s.Gaps, gap)
	}
	for _, region := range catalog.Regions() {
		s.Consoles[region] = catalog.PartitionOf(region).Console
	}
	for _, e := range ledger.Entries() {
		if e.Region != "" {
			s.Consoles[e.Region] = catalog.PartitionOf(e.Region).Console
		}
	}
	return s
}

// ledgerTap is a stream whose user gets the ledger before the stream ends.
type ledgerTap[R any] struct {
	stream[R]
	take func(*sweep.Ledger)
}

func (s *ledgerTap[R]) ended(ledger *sweep.Ledger, _ string) { s.take(ledger) }

// PageFlags are flags of commands with a page.
type PageFlags struct {
	Open bool `group:"output" help:"Open the page of -o html --out FILE in the browser."`
}

// opener returns the function of --open, or nil without the flag.
func (f *PageFlags) opener(app *App, o *WatchedOutput) (func(url string) error, error) {
	if f == nil || !f.Open {
		return nil, nil
	}
	if o.Output.Output != "html" || o.Out == "" {
		return nil, usage("--open needs -o html and --out FILE")
	}
	browser, err := new(browserFlags).opener(app)
	if err != nil {
		return nil, err
	}
	return browser.open, nil
}

// showFile opens a file that has been written. A browser that does not start is worth a
// note, since the file is complete.
func (a *App) showFile(path string, open func(url string) error) {
	absolute, err := filepath.Abs(path)
	if err == nil {
		absolute = filepath.ToSlash(absolute)
		if !strings.HasPrefix(absolute, "/") { // C:/...
			absolute = "/" + absolute
		}
		err = open((&url.URL{Scheme: "file", Path: absolute}).String())
	}
	if err != nil {
		a.note("cannot open the browser: %v; the page is in %s", err, path)
	}
}

// secretNames matches the names of flags and variables whose values are not for others.
var secretNames = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?i)token|secret|password|external.id`) })

const masked = "***"

// shownCommand returns a command line without secrets, as a shell takes it: with the
// variables that set its flags in front, and the flags of the context behind it.
func shownCommand(app *App, args []string) string {
	var words []string
	for _, flag := range slices.Sorted(maps.Keys(app.setElsewhere)) {
		if name := variableName(flag); app.setElsewhere[flag] == name {
			words = append(words, name+"="+shownValue(name, app.env[name]))
		}
	}
	words = append(words, app.name)
	secret := false // the value of the flag before
	for _, arg := range args {
		flag, _, joined := strings.Cut(arg, "=")
		isFlag := strings.HasPrefix(arg, "-")
		switch {
		case secret && !isFlag:
			arg, secret = masked, false
		case isFlag && secretNames().MatchString(flag):
			if secret = !joined; joined {
				arg = flag + "=" + masked
			}
		default:
			arg, secret = withoutPassword(arg), false
		}
		if arg != masked && !strings.HasSuffix(arg, "="+masked) {
			arg = shell.Word(arg)
		}
		words = append(words, arg)
	}
	if app.context == nil {
		return strings.Join(words, " ")
	}
	words = append(words, "# context", app.context.Name+":")
	for _, setting := range app.context.Settings {
		if app.setElsewhere[setting.Flag] == contextOrigin(app.context, &setting) {
			words = append(words, "--"+setting.Flag, shownValue(setting.Flag, strings.Join(setting.Values, ",")))
		}
	}
	return strings.Join(words, " ")
}

// shownValue returns the value of a flag or a variable without secrets.
func shownValue(name, value string) string {
	if secretNames().MatchString(name) {
		return masked
	}
	return shell.Word(withoutPassword(value))
}

var passwords = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(://)[^/\s@]+@`) })

// withoutPassword masks the user and the password of a URL.
func withoutPassword(text string) string { return passwords().ReplaceAllString(text, "$1***@") }
