package sso

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// TestCallback: only a request with the state counts.
func TestCallback(t *testing.T) {
	t.Parallel()
	b, err := listen(0)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	for _, query := range []string{"?code=stolen&state=guess", "?code=stolen", "?error=access_denied", "/elsewhere?code=x&state=" + b.state} {
		resp, err := http.Get(b.url + query)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode/100 != 4 {
			t.Errorf("%s: %s", query, resp.Status)
		}
	}
	if err := visit(b.url + "?code=right&state=" + b.state); err != nil {
		t.Fatal(err)
	}
	if code, err := b.wait(t.Context(), nil); code != "right" || err != nil {
		t.Errorf("%q, %v", code, err)
	}
	if _, err := listen(portOf(t, b.url)); err == nil || !strings.Contains(err.Error(), "leave --port out for a free one") {
		t.Errorf("%v", err)
	}
}

func portOf(t testing.TB, url string) (port int) {
	t.Helper()
	digits := strings.TrimSuffix(url[strings.LastIndexByte(url, ':')+1:], callbackPath)
	if err := json.Unmarshal([]byte(digits), &port); err != nil {
		t.Fatal(err)
	}
	return port
}
