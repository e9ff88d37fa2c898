package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"muster/internal/awssim/simtest"
)

// TestWatchedPage: --open shows the page once. With --watch, muster writes the file again,
// and the page in the browser shows the new records and gaps, and keeps its view.
func TestWatchedPage(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("chromium"); err != nil {
		t.Skip("chromium is not on PATH")
	}
	if runtime.GOOS == "windows" {
		t.Skip("the browser is a shell script")
	}
	environ, turn := changing(t, watchedBy("", shopRunning), watchedBy(euWestFails, shopStopped, blog))
	out := filepath.Join(t.TempDir(), "a page.html")
	environ, opened := noted(t, environ)
	ctx, interrupt := context.WithCancel(t.Context())
	ended := make(chan result, 1)
	go func() {
		var stdout, stderr bytes.Buffer
		code := Main(ctx, []string{"instances", "-o", "html", "-w1", "--open", "--out", out}, &App{
			Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Environ: environ,
		})
		ended <- result{code, stdout.String(), stderr.String()}
	}()
	if !eventually(func() bool { return strings.HasSuffix(opened(), "\n") }) {
		t.Fatal("the browser opens nothing")
	}
	url := strings.TrimSpace(opened())
	if !strings.HasPrefix(url, "file:///") || !strings.HasSuffix(url, "/a%20page.html") {
		t.Fatalf("the browser opens %q", url)
	}
	browser, requests := openedIn(t, url)
	wait := func(script string) {
		t.Helper()
		becomesTrue(t, browser, script)
	}
	wait("document.getElementById('count').textContent === '1 instance'")
	wait("(location.hash = 'sort=-Name&filter=10.0') !== ''")
	turn()
	wait("document.getElementById('count').textContent === '2 instances'")
	wait("document.querySelector('#gaps-title').textContent === 'Incomplete: 1 place did not answer'")
	wait("document.querySelector('th[aria-sort=descending]').innerText.trim().startsWith('Name')")
	wait("location.hash === '#filter=10.0&sort=-Name'")
	wait("[...document.querySelectorAll('tr.record .state')].map(cell => cell.innerText.trim()).join() === 'stopped,running'")

	interrupt()
	if got := <-ended; got.code != 130 {
		t.Errorf("%+v", got)
	}
	if opened() != url+"\n" {
		t.Errorf("the browser opens %q, not the page once", opened())
	}
	if page, err := os.ReadFile(out); err != nil || !bytes.HasSuffix(page, []byte("</html>\n")) {
		t.Errorf("the page is not whole after an interrupt: %v", err)
	}
	for _, request := range requests() {
		if request != url && !strings.HasPrefix(request, url+"#") {
			t.Errorf("a request to %s", request)
		}
	}
}

// becomesTrue waits until an expression is true in a page.
func becomesTrue(t *testing.T, page context.Context, script string) {
	t.Helper()
	if !eventually(func() bool {
		// A script fails while the page is reloading.
		is, err := chromedp.Run(page, chromedp.Evaluate[bool]("document.getElementById('count') !== null && "+script))
		return err == nil && is
	}) {
		t.Fatalf("%s does not become true", script)
	}
}

// noted returns an environment whose browser notes the URLs that it is to open, and a
// function that returns them.
func noted(t *testing.T, environ []string) ([]string, func() string) {
	t.Helper()
	dir := t.TempDir()
	browser, notes := filepath.Join(dir, "browser"), filepath.Join(dir, "notes")
	simtest.Program(t, browser, fmt.Sprintf("#!/bin/sh\nprintf '%%s\\n' \"$1\" >> %q\n", notes))
	return append(environ, "BROWSER="+browser), func() string {
		urls, _ := os.ReadFile(notes)
		return string(urls)
	}
}

// openedIn opens a page in Chromium, and returns it with a function that lists the URLs of
// its requests.
func openedIn(t *testing.T, url string) (page context.Context, requests func() []string) {
	t.Helper()
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("chromium"), chromedp.NoSandbox)...)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	var mu sync.Mutex
	var seen []string
	listen := func(event any) {
		if event, ok := event.(*network.EventRequestWillBeSent); ok {
			mu.Lock()
			seen = append(seen, event.Request.URL)
			mu.Unlock()
		}
	}
	if err := chromedp.Listen(ctx, listen); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(url)); err != nil {
		t.Fatal(err)
	}
	return ctx, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return seen
	}
}
