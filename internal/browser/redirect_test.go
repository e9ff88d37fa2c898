package browser

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

const secretPage = "https://signin.aws.amazon.com/federation?Action=login&SigninToken=SECRET"

// ask sends a request and does not follow the answer.
func ask(t testing.TB, method, page, host string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, page, nil)
	if err != nil {
		t.Fatal(err)
	}
	if host != "" {
		req.Host = host
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Error(err)
		return &http.Response{Header: http.Header{}}
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if strings.Contains(string(body), "SECRET") {
		t.Errorf("%s %s: the body has the token", method, page)
	}
	return resp
}

// TestOpenSecret: one GET of the right address gets the page; nothing else does.
func TestOpenSecret(t *testing.T) {
	t.Parallel()
	err := OpenSecret(t.Context(), secretPage, func(page string) error {
		if !strings.HasPrefix(page, "http://127.0.0.1:") || strings.Contains(page, "SECRET") {
			t.Errorf("the browser gets %s", page)
		}
		base := page[:strings.LastIndexByte(page, '/')]
		for _, wrong := range []struct {
			method, page, host string
			status             int
		}{
			{"GET", base + "/", "", 404},
			{"GET", base + "/favicon.ico", "", 404},
			{"GET", page + "X", "", 404},
			{"HEAD", page, "", 405},
			{"POST", page, "", 405},
			{"GET", page, "evil.example:80", 421},
			{"GET", page, "localhost", 421},
		} {
			if resp := ask(t, wrong.method, wrong.page, wrong.host); resp.StatusCode != wrong.status || resp.Header.Get("Location") != "" {
				t.Errorf("%v: %d %q", wrong, resp.StatusCode, resp.Header.Get("Location"))
			}
		}
		resp := ask(t, "GET", page, "")
		if resp.StatusCode != http.StatusFound || resp.Header.Get("Location") != secretPage {
			t.Errorf("%d to %q", resp.StatusCode, resp.Header.Get("Location"))
		}
		if resp.Header.Get("Cache-Control") != "no-store" || resp.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%v", resp.Header)
		}
		return nil
	}, true)
	if err != nil {
		t.Error(err)
	}
}

// TestRedirectOnce: the second request does not get the page.
func TestRedirectOnce(t *testing.T) {
	t.Parallel()
	r := newRedirect("127.0.0.1:1", secretPage)
	for _, want := range []int{http.StatusFound, http.StatusGone, http.StatusGone} {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest("GET", "http://127.0.0.1:1"+r.path, nil))
		if w.Code != want || (w.Header().Get("Location") != "") != (want == http.StatusFound) {
			t.Errorf("status %d, want %d; %v", w.Code, want, w.Header())
		}
	}
}

// TestOpenSecretFails: the browser does not start, or the user gives up.
func TestOpenSecretFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("exit status 1")
	if err := OpenSecret(t.Context(), secretPage, func(string) error { return broken }, false); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := OpenSecret(ctx, secretPage, func(string) error { return nil }, false); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}
