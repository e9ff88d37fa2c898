package wire

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go/encoding/cbor"
)

// normalJSON makes equal numbers equal and drops nulls.
func normalJSON(v any) any {
	switch v := v.(type) {
	case json.Number:
		f, _ := v.Float64()
		return float32(f)
	case string:
		return strings.Replace(v, "+Inf", "Infinity", 1)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = normalJSON(v[i])
		}
		return list
	case map[string]any:
		m := map[string]any{}
		for k, v := range v {
			m[k] = normalJSON(v)
		}
		return m
	}
	return v
}

// plainValue writes values as the protocol tests do: times as seconds, blobs as text.
func plainValue(v any) any {
	switch v := v.(type) {
	case int64:
		return json.Number(fmt.Sprint(v))
	case float64:
		switch {
		case math.IsNaN(v):
			return "NaN"
		case math.IsInf(v, 1):
			return "Infinity"
		case math.IsInf(v, -1):
			return "-Infinity"
		}
		return json.Number(fmt.Sprint(v))
	case []byte:
		return string(v)
	case time.Time:
		return json.Number(fmt.Sprintf("%.3f", float64(v.UnixMilli())/1000))
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = plainValue(v[i])
		}
		return list
	case Object:
		m := map[string]any{}
		for name, value := range v.All() {
			m[name] = plainValue(value)
		}
		return m
	}
	return v
}

func normalCBOR(v cbor.Value) any {
	switch v := v.(type) {
	case cbor.Map:
		m := map[string]any{}
		for k, v := range v {
			m[k] = normalCBOR(v)
		}
		return m
	case cbor.List:
		list := []any{}
		for _, v := range v {
			list = append(list, normalCBOR(v))
		}
		return list
	case cbor.Float32:
		return fmt.Sprint(float64(v))
	case cbor.Float64:
		return fmt.Sprint(float64(float32(v)))
	case *cbor.Tag:
		return []any{v.ID, normalCBOR(v.Value)}
	}
	return fmt.Sprintf("%v", v)
}

func parseQuery(t *testing.T, text string) url.Values {
	t.Helper()
	values, err := url.ParseQuery(text)
	if err != nil {
		t.Fatalf("query %q: %v", text, err)
	}
	return values
}

// xmlTree returns XML as nested lists, without the order of attributes and space.
func xmlTree(t *testing.T, text string) any {
	t.Helper()
	type element = []any
	d := xml.NewDecoder(strings.NewReader(text))
	stack := []element{{}}
	for {
		token, err := d.Token()
		if err == io.EOF {
			return stack[0]
		}
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			var attrs []string
			for _, a := range token.Attr {
				attrs = append(attrs, a.Name.Space+":"+a.Name.Local+"="+a.Value)
			}
			slices.Sort(attrs)
			stack = append(stack, element{token.Name.Local, attrs})
		case xml.EndElement:
			last := stack[len(stack)-1]
			slices.SortStableFunc(last[2:], func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
			stack = stack[:len(stack)-1]
			stack[len(stack)-1] = append(stack[len(stack)-1], last)
		case xml.CharData:
			if s := strings.TrimSpace(string(token)); s != "" {
				stack[len(stack)-1] = append(stack[len(stack)-1], s)
			}
		}
	}
}
