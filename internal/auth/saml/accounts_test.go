package saml

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestAccountNames(t *testing.T) {
	t.Parallel()
	s := serve(t, map[string]handler{
		"POST /saml": func(w http.ResponseWriter, r *http.Request, body string) {
			r.Body = http.NoBody
			if r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || !strings.Contains(body, "SAMLResponse=") {
				t.Errorf("%v %s", r.Header, body)
			}
			fmt.Fprintf(w, `<meta name="data" content="%s">`, base64.StdEncoding.EncodeToString([]byte(accountsData)))
		},
		"POST /gone": func(w http.ResponseWriter, r *http.Request, _ string) { http.NotFound(w, r) },
		"POST /signed-in": func(w http.ResponseWriter, r *http.Request, _ string) {
			http.Redirect(w, r, "https://console.aws.amazon.com/", http.StatusFound)
		},
	})
	names, err := AccountNames(t.Context(), s.Client(), s.URL+"/saml", []byte(testAssertion))
	if err != nil || names["012345678901"] != "payments" {
		t.Errorf("%q, %v", names, err)
	}
	if names, err := AccountNames(t.Context(), s.Client(), s.URL+"/signed-in", []byte(testAssertion)); err != nil || len(names) > 0 {
		t.Errorf("signed in: %q, %v", names, err)
	}
	for _, url := range []string{s.URL + "/gone", "http://signin.example/saml", ":"} {
		names, err := AccountNames(t.Context(), s.Client(), url, []byte(testAssertion))
		if err == nil || len(names) > 0 || strings.Contains(err.Error(), testAssertion) {
			t.Errorf("%s: %q, %v", url, names, err)
		}
	}
}
