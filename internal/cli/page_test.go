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
	dir := t.TempDir()
	seen, out := filepath.Join(dir, "opened"), filepath.Join(dir, "a page.html")
	opener := filepath.Join(dir, "browser")
	if err := os.WriteFile(opener, fmt.Appendf(nil, "#!/bin/sh\nprintf '%%s\\n' \"$1\" >> %q\n", seen), 0o755); err != nil {
		t.Fatal(err)
	}
	environ = append(environ, "BROWSER="+opener)

	ctx, interrupt := context.WithCancel(t.Context())
	ended := make(chan result, 1)
	go func() {
		var stdout, stderr bytes.Buffer
		code := Main(ctx, []string{"instances", "-o", "html", "-w1", "--open", "--out", out}, &App{
			Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Environ: environ,
		})
		ended <- result{code, stdout.String(), stderr.String()}
	}()
	appears(t, seen)
	var url string
	if !eventually(func() bool {
		line, _ := os.ReadFile(seen)
		url = strings.TrimSpace(string(line))
		return url != ""
	}) || !strings.HasPrefix(url, "file:///") || !strings.HasSuffix(url, "/a%20page.html") {
		t.Fatalf("the browser opens %q", url)
	}

	browser, requests := openedIn(t, url)
	wait := func(script string) {
		t.Helper()
		if !eventually(func() bool {
			// A script fails while the page is reloading.
			is, err := chromedp.Run(browser, chromedp.Evaluate[bool]("document.getElementById('count') !== null && "+script))
			return err == nil && is
		}) {
			t.Fatalf("%s does not become true", script)
		}
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
	if lines, _ := os.ReadFile(seen); strings.Count(string(lines), "\n") != 1 {
		t.Errorf("the browser opens %q, not the page once", lines)
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
