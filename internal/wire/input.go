package wire

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/internal/catalog"
	"muster/internal/names"
)

// Input builds the value of a shape from values as JSON has them: string, bool,
// json.Number, nil, []any, and map[string]any or Object.
type Input struct {
	// Text says that scalars are text, as in the AWS CLI's shorthand, and that a single
	// value stands for a list of one.
	Text bool
	// Raw says that text given for a blob is the blob itself and not base64 of it.
	Raw bool
	// Partial allows required members to be missing.
	Partial bool
	// Token returns a random idempotency token, for members that need one.
	Token func() string
}

// inputError is a mistake in a part of an input.
type inputError struct {
	Path string // as Filters[0].Name; "" for the whole input
	Msg  string
}

func (e *inputError) Error() string {
	if e.Path == "" {
		return e.Msg
	}
	return e.Path + ": " + e.Msg
}

// Structure builds an input of an operation.
func (in Input) Structure(shape *catalog.Shape, given any) (Object, error) {
	value, err := in.structure(shape, "", given)
	if err != nil {
		return nil, err
	}
	return value.(Object), nil
}

// Value builds the value of a member of an input. path names it in errors.
func (in Input) Value(shape *catalog.Shape, path string, given any) (any, error) {
	if given == nil {
		return nil, nil
	}
	switch shape.Kind() {
	case catalog.Structure:
		if shape.Traits().Document {
			return in.document(given), nil
		}
		return in.structure(shape, path, given)
	case catalog.List:
		return in.list(shape, path, given)
	case catalog.Map:
		return in.toMap(shape, path, given)
	case catalog.Blob:
		return in.blob(path, given)
	case catalog.Timestamp:
		return in.time(path, given)
	}
	return in.scalar(shape, path, given)
}

func wrongType(path, expected string, given any) error {
	return &inputError{path, fmt.Sprintf("expected %s, not %s", expected, kindOf(given))}
}

// kindOf names the type of a value for a message.
func kindOf(value any) string {
	switch v := value.(type) {
	case string:
		if len(v) > 40 {
			return "text"
		}
		return strconv.Quote(v)
	case bool:
		return strconv.FormatBool(v)
	case json.Number, int64, float64:
		return fmt.Sprint("the number ", v)
	case []any:
		return "a list"
	case map[string]any, Object:
		return "an object"
	}
	return fmt.Sprintf("%T", value)
}

// fieldsOf returns the members of an object. The members of a map are sorted by name.
func fieldsOf(given any) (Object, bool) {
	switch v := given.(type) {
	case Object:
		return v, true
	case map[string]any:
		object := make(Object, 0, len(v))
		for name, value := range v {
			object = append(object, Field{name, value})
		}
		slices.SortFunc(object, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
		return object, true
	}
	return nil, false
}

func (in Input) structure(shape *catalog.Shape, path string, given any) (any, error) {
	fields, ok := fieldsOf(given)
	if !ok {
		return nil, wrongType(path, "an object", given)
	}
	members := shape.Members()
	for _, f := range fields {
		if shape.Member(f.Name) == nil {
			known := make([]string, len(members))
			for i, m := range members {
				known[i] = m.Name
			}
			return nil, &inputError{join(path, f.Name), "no such member" + hint(f.Name, known)}
		}
	}
	object := make(Object, 0, len(fields))
	for _, m := range members {
		value, err := in.Value(m.Shape, join(path, m.Name), fields.Get(m.Name))
		if err != nil {
			return nil, err
		}
		if value == nil && m.Token && in.Token != nil {
			value = in.Token()
		}
		if value != nil {
			object = append(object, Field{m.Name, value})
		} else if m.Required && !in.Partial {
			return nil, &inputError{join(path, m.Name), "missing; it is required"}
		}
	}
	if shape.Traits().Union && len(object) != 1 {
		return nil, &inputError{path, fmt.Sprintf("expected exactly one member, not %d", len(object))}
	}
	return object, nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// hint names the known name that is nearest to another one, or lists a few.
func hint(name string, known []string) string {
	if suggestion := names.DidYouMean(name, known); suggestion != "" {
		return suggestion
	}
	if len(known) > 0 && len(known) <= 12 {
		return "; expected one of " + strings.Join(known, ", ")
	}
	return ""
}

func (in Input) list(shape *catalog.Shape, path string, given any) (any, error) {
	items, ok := given.([]any)
	if !ok {
		if !in.Text {
			return nil, wrongType(path, "a list", given)
		}
		items = []any{given}
	}
	list := make([]any, len(items))
	for i, item := range items {
		value, err := in.Value(shape.Element().Shape, fmt.Sprintf("%s[%d]", path, i), item)
		if err != nil {
			return nil, err
		}
		list[i] = value
	}
	return list, nil
}

func (in Input) toMap(shape *catalog.Shape, path string, given any) (any, error) {
	fields, ok := fieldsOf(given)
	if !ok {
		return nil, wrongType(path, "an object", given)
	}
	object := make(Object, 0, len(fields))
	for _, f := range fields {
		value, err := in.Value(shape.Element().Shape, join(path, f.Name), f.Value)
		if err != nil {
			return nil, err
		}
		object = append(object, Field{f.Name, value})
	}
	return object, nil
}

func (in Input) scalar(shape *catalog.Shape, path string, given any) (any, error) {
	text, isText := given.(string)
	number, isNumber := given.(json.Number)
	switch given.(type) {
	case int64, float64: // from shorthand
		number, isNumber = json.Number(fmt.Sprint(given)), true
	}
	if in.Text && isText {
		number, isNumber = json.Number(text), true
	}
	switch shape.Kind() {
	case catalog.Boolean:
		if b, ok := given.(bool); ok {
			return b, nil
		}
		if in.Text && (strings.EqualFold(text, "true") || strings.EqualFold(text, "false")) {
			return strings.EqualFold(text, "true"), nil
		}
		return nil, wrongType(path, "true or false", given)
	case catalog.Integer, catalog.Long:
		i, err := strconv.ParseInt(string(number), 10, 64)
		if !isNumber || err != nil {
			return nil, wrongType(path, "a whole number", given)
		}
		if shape.Kind() == catalog.Integer && (i > math.MaxInt32 || i < math.MinInt32) {
			return nil, &inputError{path, fmt.Sprintf("%d does not fit into 32 bits", i)}
		}
		return i, nil
	case catalog.Float, catalog.Double:
		if isText && slices.Contains([]string{"NaN", "Infinity", "-Infinity"}, text) {
			number, isNumber = json.Number(strings.Replace(text, "Infinity", "Inf", 1)), true
		}
		f, err := strconv.ParseFloat(string(number), 64)
		if !isNumber || err != nil {
			return nil, wrongType(path, "a number", given)
		}
		return f, nil
	}
	if !isText {
		return nil, wrongType(path, "text", given)
	}
	if enum := shape.Enum(); len(enum) > 0 && !slices.Contains(enum, text) {
		return nil, &inputError{path, fmt.Sprintf("%s is not one of its values%s", kindOf(text), hint(text, enum))}
	}
	return text, nil
}

func (in Input) blob(path string, given any) (any, error) {
	switch v := given.(type) {
	case []byte:
		return v, nil
	case string:
		if in.Raw {
			return []byte(v), nil
		}
		b, err := base64.StdEncoding.DecodeString(v)
		if err != nil {
			return nil, &inputError{path, "expected base64, or fileb:// and the path of a file"}
		}
		return b, nil
	}
	return nil, wrongType(path, "text in base64", given)
}

// timeLayouts are the forms of a time that the AWS CLI's users write. One without a
// zone is in UTC.
var timeLayouts = []string{
	time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05.999999999", "2006-01-02T15:04Z07:00", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly,
	"20060102T150405Z", "20060102", http.TimeFormat, time.RFC1123Z, time.RFC1123,
}

func (in Input) time(path string, given any) (any, error) {
	switch v := given.(type) {
	case time.Time:
		return v, nil
	case json.Number:
		given = v.String()
	case int64:
		return time.Unix(v, 0).UTC(), nil
	case float64:
		return fromSeconds(v), nil
	}
	text, ok := given.(string)
	if !ok {
		return nil, wrongType(path, "a time", given)
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil && math.Abs(f) < 1e12 {
		return fromSeconds(f), nil
	}
	return nil, &inputError{path, fmt.Sprintf("%s is not a time; write 2026-11-28T10:00:00Z, 2026-11-28 or seconds since 1970", kindOf(text))}
}

// fromSeconds returns the time of a number of seconds since 1970, to the microsecond.
func fromSeconds(f float64) time.Time {
	whole, part := math.Modf(f)
	return time.Unix(int64(whole), int64(math.Round(part*1e6))*1e3).UTC()
}

// document returns a value of any type as the encoder takes it.
func (in Input) document(given any) any {
	switch v := given.(type) {
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		f, _ := v.Float64()
		return f
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = in.document(v[i])
		}
		return list
	case map[string]any, Object:
		fields, _ := fieldsOf(v)
		object := make(Object, len(fields))
		for i, f := range fields {
			object[i] = Field{f.Name, in.document(f.Value)}
		}
		return object
	}
	return given
}
