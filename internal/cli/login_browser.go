package cli

import (
	"errors"
	"os/exec"
	"strings"
)

// needsCode reports whether a browser's redirect cannot reach this machine: the user is on
// another one (SSH, a container), or there is no browser here.
func (a *App) needsCode(promised bool) bool {
	if a.env["BROWSER"] != "" {
		return false
	}
	elsewhere := a.env["SSH_CONNECTION"] != "" || a.env["SSH_TTY"] != "" || a.env["WSL_DISTRO_NAME"] != ""
	return elsewhere || !promised && a.OpenBrowser == nil
}

// browser returns a function that opens a URL: with the command in BROWSER, or else with the
// system's browser. It is nil without a browser, or if the user does not want one.
func (a *App) browser(unwanted bool) func(url string) error {
	command := strings.Fields(a.env["BROWSER"])
	open := a.OpenBrowser
	switch {
	case unwanted || len(command) == 0 && open == nil:
		return nil
	case len(command) > 0:
		open = a.browse(command)
	}
	return func(page string) error {
		if !isWebURL(page) { // the opener could run a file
			return errors.New("the page to open is not an http or https URL")
		}
		return open(page)
	}
}

// browse runs a command that opens a URL.
func (a *App) browse(command []string) func(url string) error {
	return func(url string) error {
		cmd := exec.Command(command[0], append(command[1:], url)...)
		cmd.Env, cmd.Stdout, cmd.Stderr = a.Environ, a.Stderr, a.Stderr
		return cmd.Run()
	}
}

// showSignIn prints the URL for the sign-in.
func (a *App) showSignIn(opens bool) func(url, code string) {
	return func(url, code string) {
		switch {
		case code != "":
			a.note("sign in with the code %s at:", code)
		case opens:
			a.note("sign in with the browser that opens now, or at:")
		default:
			a.note("sign in with a browser on this machine, at:")
		}
		a.detail("%s", url)
	}
}
