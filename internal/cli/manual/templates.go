package manual

import (
	"fmt"
	"io"
	"strings"

	"muster/internal/render/expr"
)

// widestPath is the longest path of a field that the column of paths makes room for.
const widestPath = 44

// Templates prints the fields and functions that a command's templates can use.
func (m Manual) Templates(w io.Writer, command string, fields []expr.TemplateField, functions []expr.TemplateFunction) error {
	var b strings.Builder
	width := Width(w)
	fmt.Fprintf(&b, "Usage: %s %s -o 'template=TEXT'\n\n", m.Model.Name, command)
	b.WriteString(wrapParagraphs("muster prints TEXT for each record and replaces the actions between << and >>. See '"+m.Model.Name+" help templates'.", width))
	path, kind := 0, 0
	for _, f := range fields {
		if n := len(f.Path); n <= widestPath {
			path = max(path, n)
		}
		kind = max(kind, len(f.Type))
	}
	b.WriteString("\nFields:\n")
	for _, f := range fields {
		fmt.Fprintf(&b, "  %-*s  %-*s  %s\n", path, f.Path, kind, f.Type, f.Example)
	}
	b.WriteString("\nFunctions, with the output of each example for a record whose fields hold their own names:\n")
	for _, f := range functions {
		fmt.Fprintf(&b, "\n  %s\n      %s\n", f.Usage, strings.Join(Wrap(f.About, width-6), "\n      "))
		if f.Example == "" {
			b.WriteString("      (these records have no field for it)\n")
			continue
		}
		fmt.Fprintf(&b, "      %s\n        %s\n", f.Example, strings.ReplaceAll(f.Output, "\n", "\n        "))
	}
	return writeString(w, b.String())
}
