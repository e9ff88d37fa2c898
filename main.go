// Command muster reaches all AWS accounts and regions of its user at once and prints what it
// finds.
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
	onLargeAnswers := tuneGC()

	ctx, stop := signal.NotifyContext(context.Background(), endingSignals()...)
	context.AfterFunc(ctx, stop) // a second signal kills the process

	log.SetFlags(0)
	log.SetOutput(io.Discard) // only cli writes to the terminal

	os.Exit(cli.Main(ctx, os.Args[1:], &cli.App{
		Stdin: os.Stdin, Stdout: terminal.Output(os.Stdout), Stderr: os.Stderr,
		Args0: os.Args[0], Environ: os.Environ(), Completions: completions,
		HomeDir: homeDir, OpenBrowser: openBrowser(), OnLargeAnswers: onLargeAnswers, SetLibraryLog: log.SetOutput,
	}))
}

// tuneGC sets the garbage collector's target. The collector scans the stacks of hundreds of
// calls, so it runs rarely while the heap is small. A completion ends before it needs to
// run. onLargeAnswers sets a target below the default of 100, which saves memory at little
// CPU. A GOGC in the environment wins.
func tuneGC() (onLargeAnswers func()) {
	switch {
	case len(os.Args) > 1 && strings.HasPrefix(os.Args[1], "__"): // a completion
		debug.SetGCPercent(-1)
	case os.Getenv("GOGC") == "":
		debug.SetGCPercent(250)
		return func() { debug.SetGCPercent(85) }
	}
	return nil
}

// endingSignals returns the signals that end the run, which then prints the answers that
// have arrived. A parent may have set signals to be ignored: scripts do so for background
// jobs, and nohup for SIGHUP.
//
// SIGPIPE, and SIGHUP after the first, do nothing: a write that fails ends the run, and
// cleans up. They are caught and not ignored, because children would inherit that.
func endingSignals() []os.Signal {
	ending, caught := []os.Signal{syscall.SIGTERM}, []os.Signal{syscall.SIGPIPE}
	if !signal.Ignored(os.Interrupt) {
		ending = append(ending, os.Interrupt)
	}
	if !signal.Ignored(syscall.SIGHUP) {
		ending, caught = append(ending, syscall.SIGHUP), append(caught, syscall.SIGHUP)
	}
	signal.Notify(make(chan os.Signal, 1), caught...)
	return ending
}

// homeDir returns the home directory in the system's user database.
func homeDir() (string, error) {
	self, err := user.Current()
	if err != nil {
		return "", err
	}
	return self.HomeDir, nil
}

// openBrowser returns a function that opens a URL, or nil without a screen: a text browser
// would take the terminal.
func openBrowser() func(url string) error {
	noScreen := os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == ""
	if noScreen && runtime.GOOS != "darwin" && runtime.GOOS != "windows" {
		return nil
	}
	browser.Stdout = os.Stderr // keeps the browser's output out of the records
	return browser.OpenURL
}
