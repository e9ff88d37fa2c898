package render

import (
	"cmp"
	"slices"
	"strings"

	"muster/internal/names"
	"muster/internal/render/caret"
)

// checkFlags reports an unknown format, and flags that cannot be used together. name is the
// format without the text of a template.
func (c *compiler) checkFlags(name string) error {
	return cmp.Or(c.checkFormat(name), c.checkWatch(name), c.checkExpressions(name), c.checkColumns(name))
}

// templateFormats are the formats with an argument.
var templateFormats = []string{"template=", "template-file="}

// Formats lists the values of Options.Output for help and completion.
func Formats() []string {
	return append([]string{"table", "wide", "tree", "markdown", "json", "ndjson", "yaml", "csv", "text", "name", "parquet", "html"}, templateFormats...)
}

// othersFormats are formats of other tools that muster lacks, with the choice that comes
// closest.
var othersFormats = map[string]string{
	"yaml-stream":    "yaml prints one document, and ndjson prints each record as it arrives",
	"json-stream":    "ndjson prints each record as it arrives",
	"off":            "redirect the output to /dev/null instead",
	"jsonl":          "use ndjson",
	"jsonlines":      "use ndjson",
	"json-lines":     "use ndjson",
	"tsv":            "use text, which separates with tabs",
	"plain":          "use text",
	"id":             "use name, which prints ids",
	"ids":            "use name, which prints ids",
	"xlsx":           "use csv",
	"go-template":    "use template=TEXT, as in template='<<.AccountId>>'",
	"jsonpath":       "use --jq or --query",
	"custom-columns": "use --columns",
}

func (c *compiler) checkFormat(name string) error {
	formats := Formats()
	plain := formats[:len(formats)-len(templateFormats)]
	if c.Output == "" || c.isTemplate(name) || slices.Contains(plain, c.Output) {
		return nil
	}
	if advice, ok := othersFormats[name]; ok {
		return &caret.Error{Flag: "--output", Msg: "unknown format " + name, Hint: advice, Offset: -1}
	}
	hint := "the formats are " + strings.Join(plain, ", ") + ", template=TEXT, template-file=PATH"
	if suggestion := names.Suggest(name, formats); suggestion != "" {
		hint = suggestion + " " + hint
	}
	return &caret.Error{Flag: "--output", Msg: "unknown format " + c.Output, Hint: hint, Offset: -1}
}

func (c *compiler) isTemplate(name string) bool {
	return strings.Contains(c.Output, "=") && slices.Contains(templateFormats, name+"=")
}

// isDrawn reports whether a format shows records as lines of a table.
func isDrawn(name string) bool { return slices.Contains([]string{"", "table", "wide", "tree"}, name) }

func (c *compiler) checkWatch(name string) error {
	const hint = "changes are marked in table, wide and tree only; with --out FILE, each round writes the file again"
	switch {
	case !c.Watch:
		return nil
	case c.JQ != "":
		return clash("--watch", "--jq", hint)
	case c.Query != "":
		return clash("--watch", "--query", hint)
	case name == "html":
		return clash("--watch", "--output html", "name a file with --out FILE")
	case !isDrawn(name):
		return clash("--watch", "--output "+name, hint)
	}
	return nil
}

// checkExpressions checks --jq and --query, and the flags that need a format or a filter.
func (c *compiler) checkExpressions(name string) error {
	filters := c.JQ != ""
	switch {
	case filters && c.Query != "":
		return clash("--jq", "--query", "choose one of them")
	case filters && name == "csv":
		return clash("--jq", "--output csv", "end the filter with | @csv, or use --query")
	case filters && c.Output != "" && name != "json" && name != "ndjson": // a filter prints JSON anyway
		return clash("--jq", "--output "+name, "a filter prints its results itself")
	case c.CSVSafe && (name != "csv" || filters):
		return &caret.Error{Flag: "--csv-safe", Msg: "needs --output csv", Offset: -1}
	case (name == "parquet" || name == "html") && c.Terminal:
		return &caret.Error{Flag: "--output " + name, Msg: "is not for a terminal; name a file with --out FILE", Offset: -1}
	case len(c.PartitionBy) > 0 && name != "parquet":
		return &caret.Error{Flag: "--partition-by", Msg: "needs --output parquet", Offset: -1}
	case len(c.PartitionBy) > 0 && len(c.CountBy) > 0:
		return clash("--partition-by", "--count-by", "counts are few")
	case c.Slurp && !filters:
		return &caret.Error{Flag: "--slurp", Msg: "needs --jq", Offset: -1}
	case c.Query != "" && (name == "name" || name == "tree" || name == "parquet" || name == "html" || c.isTemplate(name)):
		return clash("--query", "--output "+name, "use json, ndjson, yaml, text, csv, table and markdown")
	}
	return nil
}

func (c *compiler) checkColumns(name string) error {
	switch {
	case len(c.Columns) == 0:
		return nil
	case c.JQ != "":
		return clash("--columns", "--jq", "the filter chooses the output")
	case c.Query != "":
		return clash("--columns", "--query", "the query chooses the output")
	case !isDrawn(name) && name != "markdown" && name != "csv" && name != "text" && name != "html":
		return clash("--columns", "--output "+name, "columns are chosen in table, wide, tree, markdown, csv, text and html")
	}
	return nil
}

func clash(flag, other, hint string) error {
	return &caret.Error{Flag: flag, Msg: "cannot be used with " + other, Hint: hint, Offset: -1}
}

// dropBlanks removes the empty names that a superfluous comma leaves in a list of fields.
func (c *compiler) dropBlanks() error {
	for _, list := range []struct {
		flag  string
		names *[]string
	}{{"--columns", &c.Columns}, {"--sort-by", &c.SortBy}, {"--count-by", &c.CountBy}, {"--partition-by", &c.PartitionBy}} {
		named := slices.DeleteFunc(slices.Clone(*list.names), func(name string) bool { return strings.TrimSpace(name) == "" })
		if len(named) == 0 && len(*list.names) > 0 {
			return &caret.Error{Flag: list.flag, Msg: "a field name is missing", Offset: -1}
		}
		*list.names = named
	}
	return nil
}
