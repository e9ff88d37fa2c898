// Command muster lists what is in every AWS account that its user can reach.
package main

import (
	"context"
	"embed"
	"io"
	"log"
	"os"
	"os/signal"
	"os/user"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/cli/browser"

	"muster/internal/cli"
	"muster/internal/terminal"
)

//go:embed completions
var completions embed.FS

func main() {
	thrifty := func() {}
	if len(os.Args) > 1 && strings.HasPrefix(os.Args[1], "__") { // a key press is answered before anything need be collected
		debug.SetGCPercent(-1)
	} else if os.Getenv("GOGC") == "" {
		// The stacks of hundreds of calls are dear to look through, and the heap is
		// small as long as the answers are.
		debug.SetGCPercent(250)
		thrifty = func() { debug.SetGCPercent(100) }
	}
	endings, survived := []os.Signal{syscall.SIGTERM}, []os.Signal{syscall.SIGPIPE}
	if !signal.Ignored(os.Interrupt) { // as by scripts for what they put in the background
		endings = append(endings, os.Interrupt)
	}
	if !signal.Ignored(syscall.SIGHUP) { // as by nohup
		endings, survived = append(endings, syscall.SIGHUP), append(survived, syscall.SIGHUP)
	}
	log.SetFlags(0)
	log.SetOutput(io.Discard) // only the command line writes to the terminal

	ctx, stop := signal.NotifyContext(context.Background(), endings...)
	context.AfterFunc(ctx, stop) // a second interrupt ends the process at once

	// A reader that goes away is an error of writing, and a terminal that is closed
	// says so more than once: what was begun is cleaned up. Ignoring the signals
	// instead would pass on to children.
	signal.Notify(make(chan os.Signal, 1), survived...)

	os.Exit(cli.Main(ctx, os.Args[1:], &cli.App{
		Stdin: os.Stdin, Stdout: terminal.Output(os.Stdout), Stderr: os.Stderr,
		Called: os.Args[0], Environ: os.Environ(), Completions: completions, OpenBrowser: browserHere(), Thrifty: thrifty, LibraryLog: log.SetOutput,
		UserHome: homeOfUser,
	}))
}

// homeOfUser is the home directory that the system's list of users has.
func homeOfUser() (string, error) {
	self, err := user.Current()
	if err != nil {
		return "", err
	}
	return self.HomeDir, nil
}

// browserHere opens a URL, where there is a screen to do so on: without one, text
// browsers would take the terminal.
func browserHere() func(url string) error {
	screenless := os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == ""
	if screenless && runtime.GOOS != "darwin" && runtime.GOOS != "windows" {
		return nil
	}
	browser.Stdout = os.Stderr // what a browser says is no record
	return browser.OpenURL
}
