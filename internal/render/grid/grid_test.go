package grid

import (
	"errors"
	"iter"
	"slices"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"
)

// table returns columns with these titles, and rows of which each is a line of cells.
// The texts of a cell are separated by commas.
func table(titles string, lines ...string) (Table, iter.Seq[Row]) {
	t := Table{Headers: true}
	for _, title := range strings.Fields(titles) {
		t.Columns = append(t.Columns, Column{Title: title})
	}
	return t, func(yield func(Row) bool) {
		for _, line := range lines {
			var row Row
			for _, cell := range strings.Split(line, "|") {
				row.Cells = append(row.Cells, NewCell(strings.Split(cell, ",")))
			}
			if !yield(row) {
				return
			}
		}
	}
}

func drawn(t *testing.T, table Table, rows iter.Seq[Row]) string {
	t.Helper()
	var b strings.Builder
	if err := table.Draw(&b, rows); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestStyles(t *testing.T) {
	t.Parallel()
	for style, want := range map[Style]string{
		"": `Name  Addresses
web   10.0.0.1,10.0.0.2
日本  -
`,
		Compact: `Name Addresses
web  10.0.0.1,10.0.0.2
日本 -
`,
		Rounded: `╭──────┬───────────────────╮
│ Name │ Addresses         │
├──────┼───────────────────┤
│ web  │ 10.0.0.1,10.0.0.2 │
│ 日本 │ -                 │
╰──────┴───────────────────╯
`,
		Grid: `+------+-------------------+
| Name | Addresses         |
+------+-------------------+
| web  | 10.0.0.1,10.0.0.2 |
+------+-------------------+
| 日本 | -                 |
+------+-------------------+
`,
		Markdown: `| Name | Addresses         |
|:-----|:------------------|
| web  | 10.0.0.1,10.0.0.2 |
| 日本 | -                 |
`,
	} {
		table, rows := table("Name Addresses", "web|10.0.0.1,10.0.0.2", "日本|")
		table.Style = style
		if got := drawn(t, table, rows); got != want {
			t.Errorf("%s:\n%s, want\n%s", style, got, want)
		}
	}
}

func TestStylesWithoutHeaders(t *testing.T) {
	t.Parallel()
	for style, want := range map[Style]string{
		Plain:    "web  a,b\n日   -\n",
		Compact:  "web a,b\n日  -\n",
		Rounded:  "╭─────┬─────╮\n│ web │ a,b │\n│ 日  │ -   │\n╰─────┴─────╯\n",
		Grid:     "+-----+-----+\n| web | a,b |\n+-----+-----+\n| 日  | -   |\n+-----+-----+\n",
		Markdown: "| web | a,b |\n| 日  | -   |\n",
	} {
		table, rows := table("Name Addresses", "web|a,b", "日|")
		table.Style, table.Headers = style, false
		if got := drawn(t, table, rows); got != want {
			t.Errorf("%s:\n%s, want\n%s", style, got, want)
		}
	}
}

// TestWidth checks the texts of a cell below each other, and columns that are dropped
// or cut, at the same width in each style.
func TestWidth(t *testing.T) {
	t.Parallel()
	for style, want := range map[Style]struct{ text, dropped string }{
		Plain:   {"Id     Name            IPs\ni-123  a name that i…  10.0.0.1\n                       10.0.0.2\n", "Least"},
		Compact: {"Id    Name             IPs\ni-123 a name that is … 10.0.0.1\n                       10.0.0.2\n", "Least"},
		Rounded: {"╭───────┬──────────┬──────────╮\n│ Id    │ Name     │ IPs      │\n├───────┼──────────┼──────────┤\n" +
			"│ i-123 │ a name … │ 10.0.0.1 │\n│       │          │ 10.0.0.2 │\n╰───────┴──────────┴──────────╯\n", "Least"},
		Grid: {"+-------+----------+----------+\n| Id    | Name     | IPs      |\n+-------+----------+----------+\n" +
			"| i-123 | a name … | 10.0.0.1 |\n|       |          | 10.0.0.2 |\n+-------+----------+----------+\n", "Least"},
	} {
		table, rows := table("Id Name Empty IPs Least", "i-123|a name that is longer||10.0.0.1,10.0.0.2|rest")
		table.Style, table.Width = style, 31
		table.Columns[1].Shorten = true
		table.Columns[4].Need = 9
		var dropped []string
		table.Dropped = func(titles []string) { dropped = titles }
		if got := drawn(t, table, rows); got != want.text || strings.Join(dropped, ",") != want.dropped {
			t.Errorf("%s, without %s:\n%s, want without %s\n%s", style, dropped, got, want.dropped, want.text)
		}
	}
}

// TestClusters checks texts whose runes do not add up to their width, and those with
// colors and links.
func TestClusters(t *testing.T) {
	t.Parallel()
	texts := []string{"日本", "e\u0301", "👍🏽", "❤️", "🇨🇭", "한글", "नमस्ते", "\x1b[32mrunning\x1b[0m", "\x1b]8;;https://a\x1b\\link\x1b]8;;\x1b\\", "a ", " ", "█▌", ""}
	for _, style := range []Style{Plain, Compact, Rounded, Grid, Markdown} {
		table := Table{Style: style, Columns: make([]Column, 2)}
		out := drawn(t, table, func(yield func(Row) bool) {
			for _, text := range texts {
				if !yield(Row{Cells: []Cell{{text}, {"|" + text}}}) {
					return
				}
			}
		})
		lines := slices.Collect(strings.Lines(out))
		if style.framed() { // all lines are as wide
			for _, line := range lines {
				if w := width(strings.TrimSuffix(line, "\n")); w != width(strings.TrimSuffix(lines[0], "\n")) {
					t.Errorf("%s: %q is %d columns wide", style, line, w)
				}
			}
			continue
		}
		for i, line := range lines {
			first, second, _ := strings.Cut(line, "|")
			if !strings.HasPrefix(first, texts[i]) || second != texts[i]+"\n" || width(first) != width(strings.SplitN(lines[0], "|", 2)[0]) {
				t.Errorf("%s: %q for %q", style, line, texts[i])
			}
		}
	}
}

// TestTruncate checks that colors and links end where a text is cut.
func TestTruncate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"running":                  "run…",
		"\x1b[32mrunning\x1b[0m":   "\x1b[32mrun…\x1b[0m",
		"日本語":                      "日…",
		"\x1b[32mab\x1b[0m":        "\x1b[32mab\x1b[0m",
		"\x1b]8;;u\x1b\\link text": "\x1b]8;;u\x1b\\lin…",
	} {
		if got := truncate(text, 4); got != want || displaywidth.String(got) == 0 {
			t.Errorf("%q is cut to %q, want %q", text, got, want)
		}
	}
}

func TestBars(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		style Style
		width int
		want  string
	}{
		{Plain, 0, "State    Count\nrunning  12     ████████████████████████████████████████\nstopped   1     ███▍\n"},
		{Plain, 24, "State    Count\nrunning  12     ████████\nstopped   1     ▋\n"},
		{Plain, 20, "State    Count\nrunning  12\nstopped   1\n"},
		{Plain, 12, "State    Count\nrunning  12\nstopped   1\n"},
		{Compact, 22, "State   Count\nrunning 12    ████████\nstopped  1    ▋\n"},
		{Rounded, 30, "╭─────────┬───────┬──────────╮\n│ State   │ Count │          │\n├─────────┼───────┼──────────┤\n" +
			"│ running │ 12    │ ████████ │\n│ stopped │  1    │ ▋        │\n╰─────────┴───────┴──────────╯\n"},
		{Markdown, 0, "| State   | Count |\n|:--------|:------|\n| running | 12    |\n| stopped |  1    |\n"},
	} {
		table := Table{Headers: true, Style: test.style, Width: test.width, Bars: true, Columns: []Column{{Title: "State"}, {Title: "Count"}}}
		out := drawn(t, table, func(yield func(Row) bool) {
			_ = yield(Row{Cells: []Cell{{"running"}, {"12"}}, Count: 12}) && yield(Row{Cells: []Cell{{"stopped"}, {"1"}}, Count: 1})
		})
		if out != test.want {
			t.Errorf("%s at %d columns:\n%s, want\n%s", test.style, test.width, out, test.want)
		}
	}
}

func TestTree(t *testing.T) {
	t.Parallel()
	records := []struct{ account, region, id, ips string }{
		{"dev", "r1", "i-1", "10.0.0.1,10.0.0.2"}, {"shop", "r1", "i-2", ""}, {"dev", "r2", "i-3", "10.0.0.3"}, {"dev", "r1", "i-4", "10.0.0.4"},
	}
	table := Table{Label: 1, Width: 30, Columns: []Column{{Keep: true}, {Keep: true}, {}}}
	rows := table.Tree(len(records), func(i int) []string { return []string{records[i].account, records[i].region} }, func(i int) Row {
		return Row{Cells: []Cell{{" "}, {records[i].id}, NewCell(strings.Split(records[i].ips, ","))}}
	})
	want := `   dev
   ├─ r1
   │  ├─ i-1  10.0.0.1
   │  │       10.0.0.2
   │  └─ i-4  10.0.0.4
   └─ r2
      └─ i-3  10.0.0.3
   shop
   └─ r1
      └─ i-2  -
`
	if got := drawn(t, table, rows); got != want {
		t.Errorf("%s, want\n%s", got, want)
	}
	for range rows { // a caller may stop
		break
	}
}

type brokenPipe struct{ writes int }

var errPipe = errors.New("broken pipe")

func (b *brokenPipe) Write([]byte) (int, error) { b.writes++; return 0, errPipe }

// TestWriteError checks that an error of the writer ends the drawing.
func TestWriteError(t *testing.T) {
	t.Parallel()
	table, rows := table("Id", "1", "2", "3")
	var w brokenPipe
	if err := table.Draw(&w, rows); !errors.Is(err, errPipe) || w.writes != 1 {
		t.Errorf("%v after %d writes", err, w.writes)
	}
}
