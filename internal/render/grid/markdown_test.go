package grid

import (
	"bytes"
	"html"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"muster/internal/safe"
)

// TestMarkdown lets a parser of GitHub's Markdown judge: whatever the texts are, it sees
// one table with as many rows and cells, and in each cell the text.
func TestMarkdown(t *testing.T) {
	t.Parallel()
	texts := []string{
		"plain", "i_1 and my_very_long_name", "_emphasis_", "__strong__", "a_ _b", "*a*", "**a**", "~~gone~~", "`code`", "``", "a|b", "|", "||", `a\|b`, `\`, `\\|`, `ends in \`,
		"<b>", "<!--", "</table>", "<https://a>", "&lt;", "&#124;", "[link](https://a)", "![image](https://a)", "[a]: b", "$x$", "# a", "- a", "1. a", "> a", "---", ":-:", "| - |", "===",
		"line\nbreak", "\r\n\r\n", "tab\tbed", "\x1b[31mred", "日本 👍🏽", "e\u0301_é_", "\xff\xfe", "<br>", `"quoted"`, "-", "a  b",
		"https://a.b/c?d=1&e_f=2&g=h%2F", "https://a.b/_c_&d", "https://a.b/?c&lt;&d=1;", "see www.a.b/*c*_ now", "HTTP://a.b/~c~$d$",
	}
	pick := rand.New(rand.NewPCG(1, 2))
	alphabet := []string{`\`, "|", "_", "*", "`", "[", "]", "(", ")", "<", ">", "!", "&", "~", "$", "-", ":", " ", "\n", "a", "1", "é", "日", "#", ";", "amp", "https://a.b/", "www.a.b/", "="}
	for range 3000 {
		var b strings.Builder
		for range 1 + pick.IntN(12) {
			b.WriteString(alphabet[pick.IntN(len(alphabet))])
		}
		texts = append(texts, b.String())
	}
	table := Table{Style: Markdown, Headers: true, Columns: []Column{{Title: "a|b"}, {Title: "*Text*"}, {Title: "<c>"}}}
	out := drawn(t, table, func(yield func(Row) bool) {
		for _, text := range texts {
			if !yield(Row{Cells: []Cell{{"first"}, NewCell([]string{text}), {"last"}}}) {
				return
			}
		}
	})
	var page bytes.Buffer
	if err := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Linkify)).Convert([]byte(out), &page); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(page.String(), "<table>"); n != 1 || !strings.HasSuffix(page.String(), "</table>\n") {
		t.Fatalf("%d tables, and the page ends in %q", n, page.String()[max(0, page.Len()-200):])
	}
	link := regexp.MustCompile(`<a href="[^"]*">([^<]*)</a>`)
	var got []string
	for _, cell := range regexp.MustCompile(`(?s)<t[hd](?: [^>]*)?>(.*?)</t[hd]>`).FindAllStringSubmatch(page.String(), -1) {
		text := link.ReplaceAllString(cell[1], "$1")
		if strings.Contains(text, "<") {
			t.Errorf("a text became HTML: %s", text)
		}
		got = append(got, html.UnescapeString(text))
	}
	want := []string{"a|b", "*Text*", "<c>"}
	for _, text := range texts {
		want = append(want, "first", strings.TrimSpace(safe.Text(text)), "last")
	}
	if len(got) != len(want) {
		t.Fatalf("%d cells, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("%q became %q", want[i], got[i])
		}
	}
}

// TestMarkdownIsReadable checks that names without special characters stay as they are.
func TestMarkdownIsReadable(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"i-0a1", "my_bucket_1", "arn:aws:iam::1:role/x", "10.0.0.0/8", "a@b.c", "#1 (x)", "https://a.b/?c=1&d_e=2"} {
		if got := escapeMarkdown(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// TestMarkdownURL checks that a URL whose characters need an escape is no link: GitHub would
// keep the backslashes in the link.
func TestMarkdownURL(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://a.b/?c=1&d*": `https\://a.b/?c=1&d\*`,
		"https://a.b/&lt;":    `https\://a.b/\&lt;`,
		"www.a.b/_c":          `www\.a.b/\_c`,
	} {
		if got := escapeMarkdown(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}
