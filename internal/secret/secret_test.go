package secret

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"time"
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="

func random(g *rand.Rand, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[g.IntN(len(alphabet))]
	}
	return string(b)
}

// encodings are the encodings in which servers repeat texts of requests.
var encodings = map[string]func(string) string{
	"plain":           func(s string) string { return s },
	"query":           url.QueryEscape,
	"path":            url.PathEscape,
	"every byte":      func(s string) string { return percent(s) },
	"query twice":     func(s string) string { return url.QueryEscape(url.QueryEscape(s)) },
	"base64":          func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64 raw":      func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) },
	"base64 url":      func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) },
	"base64 raw url":  func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	"base64, 1 later": func(s string) string { return base64.StdEncoding.EncodeToString([]byte("{" + s + "}")) },
	"base64, 2 later": func(s string) string { return base64.StdEncoding.EncodeToString([]byte("a=" + s + "&")) },
	"base64 twice":    func(s string) string { return encode64(encode64(s)) },
	"base64 in URL":   func(s string) string { return url.QueryEscape(encode64(s)) },
	"URL in base64":   func(s string) string { return encode64("token=" + url.QueryEscape(s) + "&x=1") },
	"JSON":            func(s string) string { b, _ := json.Marshal(map[string]string{"k": s}); return string(b) },
	"JSON, slashes":   func(s string) string { return strings.ReplaceAll(s, "/", `\/`) },
	"JSON, numbers":   func(s string) string { return unicode(s) },
	"JSON in JSON":    func(s string) string { b, _ := json.Marshal(unicode(s)); return string(b) },
	"XML":             func(s string) string { var b strings.Builder; xml.EscapeText(&b, []byte(s)); return b.String() },
	"HTML":            html.EscapeString,
	"Go":              func(s string) string { return fmt.Sprintf("%q", s) },
}

func encode64(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }

func percent(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, "%%%02x", c)
	}
	return b.String()
}

func unicode(s string) string {
	var b strings.Builder
	for _, c := range s {
		fmt.Fprintf(&b, `\u%04X`, c)
	}
	return b.String()
}

// TestScrub: no encoding of a secret or of a part of it is left in a text, and the rest
// of the text stays.
func TestScrub(t *testing.T) {
	t.Parallel()
	g := rand.New(rand.NewPCG(1, 2))
	var s Set
	var secrets []string
	for _, n := range []int{20, 32, 40, 40, 57, 64, 300, 1200} {
		for range 5 {
			secrets = append(secrets, random(g, n))
		}
	}
	s.Add(secrets...)
	for name, encoded := range encodings {
		for _, secret := range secrets {
			half := len(secret) / 2
			parts := []string{secret}
			if half >= minPart {
				parts = append(parts, secret[:half], secret[half:])
			}
			if len(secret) > 64 {
				at := g.IntN(len(secret) - 32)
				parts = append(parts, secret[at:at+32])
			}
			for _, part := range parts {
				text := encoded(part)
				got := s.Scrub("code <" + text + "> is refused")
				if !strings.HasPrefix(got, "code <") || !strings.HasSuffix(got, "> is refused") || !strings.Contains(got, removed) {
					t.Fatalf("%s of %q: %q", name, part, got)
				}
				for i := range len(text) - 12 {
					if strings.Contains(got, text[i:i+12]) {
						t.Fatalf("%s of %q left %q in %q", name, part, text[i:i+12], got)
					}
				}
			}
		}
		// A piece of the encoded text, as where an answer is cut off.
		secret := secrets[len(secrets)-1]
		if text := encoded(secret); !strings.Contains(s.Scrub(text[len(text)/3:]), removed) {
			t.Errorf("%s: two thirds are not found", name)
		}
	}
}

// TestWords: a short secret is removed as a whole word, not within another word.
func TestWords(t *testing.T) {
	t.Parallel()
	var s Set
	s.Add("k3yOfBox")
	s.AddWords("123456", "an-external-id-that-is-quite-long", "abc")
	for _, test := range []struct{ text, want string }{
		{"MFA code 123456 is used", "MFA code [secret] is used"},
		{"TokenCode=123456&Version=2011", "TokenCode=[secret]&Version=2011"},
		{`{"code":"123456"}`, `{"code":"[secret]"}`},
		{"code=%31%32%33456;", "code=[secret];"},
		{"MTIzNDU2", "[secret]"},
		{"Y29kZT0xMjM0NTYm", "Y29kZT[secret]"},
		{"account 123456789012 and 0123456", "account 123456789012 and 0123456"},
		{"k3yOfBox", "[secret]"},
		{"k3yOfBoxes", "k3yOfBoxes"},
		{"the id an-external-id-that-is-quite-long is wrong", "the id [secret] is wrong"},
		{"an-external-id-that-is-quite is no secret", "an-external-id-that-is-quite is no secret"},
		{"abc", "abc"},
	} {
		got := s.Scrub(test.text)
		if test.text == "Y29kZT0xMjM0NTYm" { // the byte before shares a character with it
			if strings.Contains(got, "MjM0NT") {
				t.Errorf("%q: %q", test.text, got)
			}
			continue
		}
		if got != test.want {
			t.Errorf("%q: %q, want %q", test.text, got, test.want)
		}
	}
}

// TestHarmless: a text without secrets stays the same.
func TestHarmless(t *testing.T) {
	t.Parallel()
	g := rand.New(rand.NewPCG(3, 4))
	var s Set
	for range 500 {
		s.Add("IQoJb3JpZ2luX2Vj" + random(g, 400))
	}
	for _, text := range []string{
		"", "abc", "User: arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_ReadOnly_0123456789abcdef/ann is not authorized to perform: ec2:DescribeInstances",
		"a token begins with IQoJb3JpZ2luX2Vj", "100% of \\ & &amp; %zz \\u12 &#; \xff\xfe", strings.Repeat("A", 300),
	} {
		if got := s.Scrub(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	var none *Set
	if got := none.Scrub("text"); got != "text" {
		t.Errorf("%q", got)
	}
}

func FuzzScrub(f *testing.F) {
	f.Add("a secret that is long enough for it", "x%61&amp;\\u0061eA==")
	f.Fuzz(func(t *testing.T, secret, text string) {
		var s Set
		s.Add(secret)
		if got := s.Scrub(text + secret); len(strings.TrimSpace(secret)) >= minPart && strings.Contains(got, strings.TrimSpace(secret)) {
			t.Errorf("%q is left in %q", secret, got)
		}
	})
}

func BenchmarkScrub(b *testing.B) {
	g := rand.New(rand.NewPCG(5, 6))
	var s Set
	for range 1000 {
		s.Add(random(g, 40), "IQoJb3JpZ2luX2Vj"+random(g, 900))
	}
	text := "You are not authorized to perform this operation. User: arn:aws:sts::123456789012:assumed-role/Reader/muster is not authorized to perform: ec2:DescribeInstances with an explicit deny in a service control policy"
	s.Scrub(text)
	for b.Loop() {
		s.Scrub(text)
	}
	if perText := b.Elapsed() / time.Duration(b.N); perText > 10*time.Millisecond {
		b.Errorf("%s for one text: expected at most 10 ms", perText)
	}
}
