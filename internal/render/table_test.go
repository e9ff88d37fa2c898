package render

import (
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"

	"muster/internal/safe"
)

// TestStyles checks hostile names, wide characters and lists in each style.
func TestStyles(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{
		"table-rounded": {Style: "rounded", Width: columns(100), Color: true},
		"table-grid":    {Style: "grid", Width: columns(100)},
		"table-compact": {Style: "compact", Width: columns(100)},
		"markdown":      {Output: "markdown", Width: columns(40), Columns: []string{"InstanceId", "Name", "State", "PrivateIPs", "Tags.env"}, Color: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, render(t, o, nasty()...))
		})
	}
}

// TestStyleOfOtherFormats checks that a format without a look ignores the style, which
// may come from the environment.
func TestStyleOfOtherFormats(t *testing.T) {
	t.Parallel()
	for _, output := range []string{"tree", "csv", "json", "name", "markdown"} {
		want := render(t, Options{Output: output}, nasty()...)
		if got := render(t, Options{Output: output, Style: "rounded"}, nasty()...); got != want {
			t.Errorf("%s with a style:\n%s, want\n%s", output, got, want)
		}
	}
}

// TestStylesFit checks all widths: a table is no wider than the terminal as long as ids
// fit, and all lines of a frame are equally wide.
func TestStylesFit(t *testing.T) {
	t.Parallel()
	for _, style := range []string{"rounded", "grid", "compact"} {
		for width := 24; width < 260; width += 3 {
			out := render(t, Options{Style: style, Width: columns(width)}, nasty()...)
			first, _, _ := strings.Cut(out, "\n")
			for line := range strings.Lines(out) {
				line = strings.TrimSuffix(line, "\n")
				w := displaywidth.String(line)
				if w > width || style != "compact" && w != displaywidth.String(first) {
					t.Fatalf("%s at %d columns: a line of %d: %q", style, width, w, line)
				}
				if strings.ContainsFunc(line, func(r rune) bool { return !safe.Visible(r) }) {
					t.Fatalf("%s at %d columns: %q", style, width, line)
				}
			}
			for _, record := range nasty() {
				if !strings.Contains(out, record.InstanceId) {
					t.Fatalf("%s at %d columns: %s is missing:\n%s", style, width, record.InstanceId, out)
				}
			}
		}
	}
}

// TestEmptyMarkdown checks that there is no header without records.
func TestEmptyMarkdown(t *testing.T) {
	t.Parallel()
	if got := render(t, Options{Output: "markdown"}); got != "" {
		t.Errorf("without records: %q", got)
	}
}

// TestQueryMarkdown checks that a query without names still gives a table: Markdown has
// none without a header.
func TestQueryMarkdown(t *testing.T) {
	t.Parallel()
	records := []instance{{InstanceId: "i-1", Name: "a|b"}, {InstanceId: "i-2", PublicIPs: []string{"1.1.1.1", "1.1.1.2"}}}
	for query, want := range map[string]string{
		"[].{Id: InstanceId, Name: Name}": "| Id  | Name |\n|:----|:-----|\n| i-1 | a\\|b |\n| i-2 | -    |\n",
		"[].[InstanceId, PublicIPs]":      "|     |                 |\n|:----|:----------------|\n| i-1 | -               |\n| i-2 | 1.1.1.1,1.1.1.2 |\n",
	} {
		if got := render(t, Options{Query: query, Output: "markdown"}, records...); got != want {
			t.Errorf("%s:\n%s, want\n%s", query, got, want)
		}
	}
	if got := render(t, Options{Query: "[].Name", Output: "markdown", NoHeaders: true}, records[0]); got != "| a\\|b |\n" {
		t.Errorf("without a header: %q", got)
	}
}
