package encode

import (
	"slices"
	"strings"
)

// AWSText appends a tree as the AWS CLI's --output text does: the scalars of an object
// or a list on one line, with tabs between them; nested values on lines of their own
// below, each headed by its key in capitals.
func AWSText(b []byte, x any) []byte { return awsText(b, x, "", nil) }

// awsText writes a tree below a heading. Objects that are items of one list have the
// same columns; nil means the columns of the object itself.
func awsText(b []byte, x any, heading string, columns []string) []byte {
	switch x := x.(type) {
	case Object:
		return awsObject(b, x, heading, columns)
	case []any:
		if slices.ContainsFunc(x, isObject) {
			columns := scalarKeys(x)
			for _, item := range x {
				b = awsText(b, item, heading, columns)
			}
			return b
		}
		return awsList(b, x, heading)
	}
	return append(append(b, awsScalar(x)...), '\n')
}

func awsObject(b []byte, o Object, heading string, columns []string) []byte {
	if columns == nil {
		columns = scalarKeys([]any{o})
	}
	var line []string
	if heading != "" {
		line = []string{heading}
	}
	for _, column := range columns {
		scalar := ""
		if i := slices.IndexFunc(o, func(m member) bool { return m.Key == column }); i >= 0 {
			scalar = awsScalar(o[i].Value)
		}
		line = append(line, scalar)
	}
	if len(columns) > 0 {
		b = append(append(b, strings.Join(line, "\t")...), '\n')
	}
	for _, m := range slices.SortedFunc(slices.Values(o), func(a, b member) int { return strings.Compare(a.Key, b.Key) }) {
		if !slices.Contains(columns, m.Key) {
			b = awsText(b, m.Value, strings.ToUpper(string(AppendField(nil, m.Key))), nil)
		}
	}
	return b
}

// awsList writes a list without objects: its scalars, and then the lists in it.
func awsList(b []byte, list []any, heading string) []byte {
	var scalars []string
	for _, item := range list {
		if !IsNested(item) {
			scalars = append(scalars, awsScalar(item))
		}
	}
	switch {
	case len(scalars) == 0:
	case heading == "":
		b = append(append(b, strings.Join(scalars, "\t")...), '\n')
	default:
		for _, scalar := range scalars {
			b = append(b, heading+"\t"+scalar+"\n"...)
		}
	}
	for _, item := range list {
		if IsNested(item) {
			b = awsText(b, item, heading, nil)
		}
	}
	return b
}

// scalarKeys returns, sorted, the keys with a scalar value in any object of a list.
func scalarKeys(list []any) []string {
	keys := []string{}
	for _, item := range list {
		o, _ := item.(Object)
		for _, m := range o {
			if !IsNested(m.Value) && !slices.Contains(keys, m.Key) {
				keys = append(keys, m.Key)
			}
		}
	}
	slices.Sort(keys)
	return keys
}

func isObject(x any) bool { _, ok := x.(Object); return ok }

// IsNested reports whether a tree is a list or an object.
func IsNested(x any) bool {
	switch x.(type) {
	case []any, Object:
		return true
	}
	return false
}

// awsScalar writes a value on one line, as Python's str does. It may be a list or an
// object if another object of the same list has a scalar under the same key.
func awsScalar(x any) string {
	if s, ok := x.(string); ok {
		return string(AppendField(nil, s))
	}
	return string(AppendField(nil, string(appendPython(nil, x))))
}

// AppendField appends a value of a tab-separated line, and escapes tabs and line breaks.
func AppendField(b []byte, s string) []byte {
	for i := range len(s) {
		switch s[i] {
		case '\t':
			b = append(b, `\t`...)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		default:
			b = append(b, s[i])
		}
	}
	return b
}
