package html

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	nethtml "golang.org/x/net/html"
)

// TestPolicy: the policy names the page's own script and style, and allows no other and no
// request.
func TestPolicy(t *testing.T) {
	t.Parallel()
	text := string(written(testPage(), generated(3)))
	policy := regexp.MustCompile(`Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(text)[1]
	policy = strings.NewReplacer("&#39;", "'", "&#43;", "+").Replace(policy)
	between := func(start, end string) string {
		_, rest, _ := strings.Cut(text, start)
		inner, _, _ := strings.Cut(rest, end)
		return inner
	}
	want := "default-src 'none'; script-src " + source(between("<script>", "</script>")) + "; style-src " + source(between("<style>", "</style>")) +
		"; connect-src 'none'; form-action 'none'; base-uri 'none'"
	if policy != want {
		t.Errorf("policy %s\nwant %s", policy, want)
	}
	if strings.Contains(text, " style=") {
		t.Error("the page has style attributes, which its policy forbids")
	}
}

// TestElements: a parser of HTML finds the page's own elements, whatever the values are.
func TestElements(t *testing.T) {
	t.Parallel()
	plain := generated(40)
	for i := range plain {
		plain[i].Name, plain[i].AccountName, plain[i].Note, plain[i].Tags, plain[i].Extra, plain[i].Disks = "web", "team", nil, nil, nil, nil
	}
	if got, want := elements(t, written(testPage(), generated(40))), elements(t, written(testPage(), plain)); got["script"] != want["script"] || got["img"] != 0 || got["title"] != want["title"] {
		t.Errorf("elements %v, want %v", got, want)
	}
}

// elements counts the elements of a page by name.
func elements(t *testing.T, page []byte) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for tokens := nethtml.NewTokenizer(bytes.NewReader(page)); ; {
		switch tokens.Next() {
		case nethtml.ErrorToken:
			return counts
		case nethtml.StartTagToken, nethtml.SelfClosingTagToken:
			name, _ := tokens.TagName()
			counts[string(name)]++
		}
	}
}

// rowsOf returns the rows of a page.
func rowsOf(t *testing.T, page []byte) (rows [][]any) {
	t.Helper()
	_, rest, _ := bytes.Cut(page, []byte(`id="records">`))
	data, _, _ := bytes.Cut(rest, []byte("</script>"))
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestNoRecords: a page without records is whole.
func TestNoRecords(t *testing.T) {
	t.Parallel()
	page := written(testPage(), nil)
	if one := written(testPage(), generated(1)); !strings.Contains(string(one), "<b>1</b> instance</li>") {
		t.Errorf("the page of one is %s", one)
	}
	if rows := rowsOf(t, page); len(rows) != 0 {
		t.Errorf("rows %v", rows)
	}
	if !strings.Contains(string(page), "<b>0</b> instances") || !strings.HasSuffix(string(page), "</html>\n") {
		t.Errorf("the page is %s", page)
	}
}

// FuzzValues: no value ends the data of a page, and each comes back from it.
func FuzzValues(f *testing.F) {
	for _, name := range hostile {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, value string) {
		r := generated(1)[0]
		r.Name, r.AccountName, r.State, r.Tags = value, value, value, map[string]string{value: value, "env": value}
		r.Disks = []disk{{Devices: []string{value}}}
		page := written(testPage(), []machine{r})
		if n := elements(t, page)["script"]; n != 4 {
			t.Errorf("%d scripts, want 4", n)
		}
		row := rowsOf(t, page)[0]
		if got := row[4]; utf8.ValidString(value) && got != value {
			t.Errorf("the name is %q, want %q", got, value)
		}
	})
}

// TestBars: charts show the largest values and the sum of the others, and every month.
func TestBars(t *testing.T) {
	t.Parallel()
	counts := func(values map[string]int) map[string]*int {
		all := map[string]*int{}
		for value, n := range values {
			all[value] = &n
		}
		return all
	}
	many := map[string]int{}
	for i := range 20 {
		many[string(rune('a'+i))] = 20 - i
	}
	c := chart{counts: counts(many)}
	if bars, rest := c.bars(); len(bars) != maxBars || bars[0] != (bar{"a", 20}) || rest != (bar{"12 others", 78}) {
		t.Errorf("bars %v and %v", bars, rest)
	}
	c.others = 3
	if _, rest := c.bars(); rest != (bar{"more than 12 others", 81}) {
		t.Errorf("the rest is %v", rest)
	}
	c = chart{kind: byMonth, counts: counts(map[string]int{"2020-01": 4, "2025-11": 1, "2026-01": 2, "garbage": 9})}
	if bars, rest := c.bars(); len(bars) != maxMonths || rest != (bar{"before 2024-02", 4}) || bars[maxMonths-2] != (bar{"2025-12", 0}) || bars[maxMonths-1] != (bar{"2026-01", 2}) {
		t.Errorf("bars %v and %v", bars, rest)
	}
	c = chart{kind: byMonth, counts: counts(map[string]int{"2026-01": 2})}
	if bars, rest := c.bars(); len(bars) != minMonths || rest.n != 0 || bars[0] != (bar{"2025-02", 0}) {
		t.Errorf("bars %v and %v", bars, rest)
	}
}

// BenchmarkRecord is a record's share of a page.
func BenchmarkRecord(b *testing.B) {
	records := generated(1000)
	for b.Loop() {
		written(testPage(), records)
	}
}
