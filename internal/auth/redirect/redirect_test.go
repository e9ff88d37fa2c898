package redirect

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// TestRedirect: only a request with the state counts.
func TestRedirect(t *testing.T) {
	t.Parallel()
	b, err := Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	for _, query := range []string{"?code=stolen&state=guess", "?code=stolen", "?error=access_denied", "/elsewhere?code=x&state=" + b.State} {
		resp, err := http.Get(b.URL + query)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode/100 != 4 {
			t.Errorf("%s: %s", query, resp.Status)
		}
	}
	open := func(page string) error {
		resp, err := http.Get(page)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	if code, err := b.Wait(t.Context(), open, b.URL+"?code=right&state="+b.State); code != "right" || err != nil {
		t.Errorf("%q, %v", code, err)
	}
	if _, err := Listen(portOf(t, b.URL)); err == nil || !strings.Contains(err.Error(), "leave --port out for a free one") {
		t.Errorf("%v", err)
	}
}

func portOf(t testing.TB, url string) (port int) {
	t.Helper()
	digits := strings.TrimSuffix(url[strings.LastIndexByte(url, ':')+1:], Path)
	if err := json.Unmarshal([]byte(digits), &port); err != nil {
		t.Fatal(err)
	}
	return port
}
