package saml

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

func TestFormAssertion(t *testing.T) {
	t.Parallel()
	input := `<input type="hidden" name="SAMLResponse" value="` + testAssertion + `">`
	for _, test := range []struct {
		name, page string
		found      bool
	}{
		{"form", "<form>" + input, true},
		{"capitals", "<FORM><INPUT NAME=SAMLResponse VALUE=" + testAssertion + ">", true},
		{"second form", "<form><input name=q></form><form>" + input + "</form>", true},
		{"second value of an attribute", "<form>" + strings.Replace(input, ">", ` value="x">`, 1), true},
		{"lines", "<form>" + strings.Replace(input, testAssertion[:30], testAssertion[:30]+"\n&#10;", 1), true},
		{"no form", input, false},
		{"comment", "<!-- <form>" + input + " -->", false},
		{"script", "<script>'<form>" + input + "'</script>", false},
		{"text field", "<form><textarea>" + input + "</textarea>", false},
		{"other name", "<form>" + strings.Replace(input, "SAMLResponse", "samlresponse", 1), false},
		{"no value", "<form><input name=SAMLResponse>", false},
		{"cut off", "<form>" + input[:len(input)-3], false},
		{"empty", "", false},
		{"binary", "\x00\xff<form\x00" + input, false},
	} {
		assertion, ok := formAssertion([]byte(test.page))
		if ok != test.found || ok && string(assertion) != testAssertion {
			t.Errorf("%s: %q, %v", test.name, assertion, ok)
		}
	}
}

// A page that is made to cost time or memory costs no more than its size.
func TestFormBombs(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"<b>", "<form><input name=SAMLResponse value=PHg+>", "<!---->x", "<a a=b c d>", "</b>x", "<a " + strings.Repeat("a=1 ", 1000), "&#x41;"} {
		start := time.Now()
		formAssertion([]byte(strings.Repeat(unit, maxAnswer/len(unit))))
		if d := time.Since(start); d > 30*time.Second {
			t.Errorf("%.20q took %v", unit, d)
		}
	}
}

const accountsData = `{"roles_accounts":{"payments (012345678901)":["arn:aws:iam::012345678901:role/A"],"987654321987":["arn:aws:iam::987654321987:role/B"],
	"two words (000000000003)":[],"evil\u001b (000000000004)":[],"(000000000005)":[],"x (1)":7},"SAMLResponse":"x"}`

func TestPageNames(t *testing.T) {
	t.Parallel()
	for name, page := range map[string]string{
		"data": `<!DOCTYPE html><html><head><meta name="data" content="` + base64.StdEncoding.EncodeToString([]byte(accountsData)) + `"></head>`,
		"fields": `<fieldset><div class="saml-account"><div class="expandable-container"><div class="saml-account-name">Account: payments (012345678901)</div></div>
			<div class="saml-role"><label for="arn:aws:iam::012345678901:role/A">A</label></div></div>
			<div class="saml-account-name">Account: 987654321987</div><div class="saml-account-name">Account: two words (000000000003)</div>
			<div class="saml-account-name">Account: evil&#27; (000000000004)</div></fieldset>`,
	} {
		got := pageNames([]byte(page))
		if len(got) != 2 || got["012345678901"] != "payments" || got["000000000003"] != "two words" {
			t.Errorf("%s: %q", name, got)
		}
	}
	for _, page := range []string{"", "<meta name=data>", `<meta name=data content="e30=">`, `<meta name=data content="!">`, `<meta name=data content="bnVsbA==">`} {
		if got := pageNames([]byte(page)); len(got) != 0 {
			t.Errorf("%s: %q", page, got)
		}
	}
}

func FuzzPages(f *testing.F) {
	f.Add([]byte(samlPage))
	f.Add([]byte(`<meta name="data" content="` + base64.StdEncoding.EncodeToString([]byte(accountsData)) + `">`))
	f.Add([]byte(`<script>var stateToken = 'a\x2D';</script><div class="saml-account-name">Account: a (012345678901)</div>`))
	f.Fuzz(func(t *testing.T, page []byte) {
		if assertion, ok := formAssertion(page); ok {
			again, ok := normalize(assertion)
			if !ok || string(again) != string(assertion) {
				t.Errorf("not an assertion: %q", assertion)
			}
		}
		for id, name := range pageNames(page) {
			if len(id) != 12 || name == "" {
				t.Errorf("%q: %q", id, name)
			}
		}
		pageStateToken(&answer{status: 200, body: page})
	})
}
