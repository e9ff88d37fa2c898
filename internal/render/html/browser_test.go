package html

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// opened is a page in a browser.
type opened struct {
	t      *testing.T
	ctx    context.Context
	folder string // of the page and of downloads

	mu       sync.Mutex
	requests []string // URLs
	failures []string // of scripts
}

// openPage opens a page from a file. It skips the test without Chromium.
func openPage(t *testing.T, page []byte, options ...chromedp.ExecAllocatorOption) *opened {
	t.Helper()
	if _, err := exec.LookPath("chromium"); err != nil {
		t.Skip("chromium is not on PATH")
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "page.html")
	if err := os.WriteFile(path, page, 0o600); err != nil {
		t.Fatal(err)
	}
	flags := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.WindowSize(1280, 900))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), append(flags, options...)...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	p := &opened{t: t, ctx: ctx, folder: folder}
	if err := chromedp.Listen(ctx, p.listen); err != nil {
		t.Fatal(err)
	}
	p.run(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := chromedp.Call(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: folder})
		return err
	}))
	p.run(chromedp.Navigate("file://"+path), chromedp.WaitReady(chromedp.CSS("#count")))
	return p
}

func (p *opened) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch event := event.(type) {
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, event.Request.URL)
	case *runtime.EventExceptionThrown:
		p.failures = append(p.failures, event.ExceptionDetails.Text)
	}
}

// run limits each step, so that a missing element fails the test.
func (p *opened) run(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatal(err)
	}
}

// value returns the result of a script.
func value[T any](p *opened, script string) T {
	p.t.Helper()
	result, err := evaluate[T](p, script)
	if err != nil {
		p.t.Fatalf("%s: %v", script, err)
	}
	return result
}

func evaluate[T any](p *opened, script string) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, time.Minute)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](script))
}

// do runs a script.
func (p *opened) do(script string) {
	p.t.Helper()
	value[bool](p, "(() => { "+script+"; return true })()")
}

// want waits until the result of an expression is this text. Scripts of the page await the
// clipboard, and draw in the browser's next frame.
func (p *opened) want(script, want string) {
	p.t.Helper()
	got := ""
	for range 200 {
		if got = value[string](p, "String("+script+")"); got == want {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.t.Errorf("%s is %q, want %q", script, got, want)
}

func (p *opened) click(selector string) {
	p.t.Helper()
	p.run(chromedp.Click(chromedp.CSS(selector)))
}

// wait waits until an expression is true. It fails while the page is reloading.
func (p *opened) wait(script string) {
	p.t.Helper()
	for range 1200 {
		if is, err := evaluate[bool](p, script); err == nil && is {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.t.Fatalf("%s does not become true", script)
}

// download clicks a button and returns the file that it saves.
func (p *opened) download(button, name string) []byte {
	p.t.Helper()
	p.click(button)
	path := filepath.Join(p.folder, name)
	for range 1200 {
		if saved, err := os.ReadFile(path); err == nil && len(saved) > 0 {
			return saved
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.t.Fatalf("%s was not saved", name)
	return nil
}

// checkQuiet: nothing in the page's data has run, and no request has left it.
func (p *opened) checkQuiet() {
	p.t.Helper()
	p.want("window.ran", "undefined")
	p.want("document.querySelectorAll('script').length", "4")
	p.want("document.querySelectorAll('img, iframe, object, embed, link, form[action]').length", "0")
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.requests) == 0 {
		p.t.Error("no request was seen, not even for the page")
	}
	for _, url := range p.requests {
		if !strings.HasPrefix(url, "file://") && !strings.HasPrefix(url, "blob:") {
			p.t.Errorf("a request to %s", url)
		}
	}
	if len(p.failures) > 0 {
		p.t.Errorf("errors in the page: %q", p.failures)
	}
}
