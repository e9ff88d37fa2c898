package cli

import (
	"errors"
	"os/exec"

	"muster/internal/browser"
	"muster/internal/shell"
)

// browserFlags say how the console is opened. In a context or in a variable they do not open it
// by themselves.
type browserFlags struct {
	Browser        string `context:"" placeholder:"COMMAND" complete:"none" help:"Open the URL with this command, such as firefox, instead of BROWSER's or the system's."`
	BrowserProfile string `context:"" placeholder:"NAME" complete:"none" help:"Firefox profile, profile folder of Chrome or a browser like it, or container:NAME for a Firefox container."`
}

// givenOn reports whether the command line has one of the flags.
func (f *browserFlags) givenOn(app *App) bool {
	return f.Browser != "" && app.setElsewhere["browser"] == "" || f.BrowserProfile != "" && app.setElsewhere["browser-profile"] == ""
}

// opener opens a URL in a browser.
type opener struct {
	open      func(url string) error
	untilLeft bool // open returns when the user has left the browser, which may need the terminal
}

// opener returns the opener that the flags select: with the command of --browser, that of
// BROWSER, or else the system's, which takes no profile.
func (f *browserFlags) opener(app *App) (*opener, error) {
	command, flag := f.Browser, "--browser"
	if command == "" {
		command, flag = app.env["BROWSER"], "BROWSER"
	}
	if command == "" {
		switch {
		case f.BrowserProfile != "":
			return nil, usage("--browser-profile %s: expected a browser, too, such as --browser firefox", f.BrowserProfile)
		case app.OpenBrowser == nil:
			return nil, errors.New("no browser found: leave out --open, or set BROWSER")
		}
		return &opener{open: app.OpenBrowser}, nil
	}
	words, err := commandWords(command)
	if err != nil || len(words) == 0 {
		return nil, usage("%s %q: expected a command, such as firefox", flag, command)
	}
	if _, err := exec.LookPath(words[0]); err != nil {
		return nil, usage("%s %q: no command %s on PATH", flag, command, words[0])
	}
	if _, err := browser.Command(words, f.BrowserProfile, ""); err != nil {
		return nil, usage("--browser-profile: %v", err)
	}
	hasWindow := browser.HasWindow(words)
	return &opener{untilLeft: !hasWindow, open: func(url string) error {
		words, err := browser.Command(words, f.BrowserProfile, url)
		if err != nil {
			return err
		}
		cmd := exec.Command(words[0], words[1:]...)
		cmd.Env = app.Environ
		if !hasWindow { // others write their own log
			cmd.Stdin, cmd.Stdout, cmd.Stderr = app.Stdin, app.Stderr, app.Stderr
		}
		return cmd.Run()
	}}, nil
}

// commandWords returns the words of a command. The path of a program may contain spaces.
func commandWords(command string) ([]string, error) {
	if _, err := exec.LookPath(command); err == nil {
		return []string{command}, nil
	}
	return shell.Split(command)
}
