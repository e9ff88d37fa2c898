package render

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"muster/internal/safe"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// filled are the records as JSON has them: lists and maps that were nil are empty,
// bytes that are no UTF-8 replaced.
func filled(records []instance) []instance {
	for i := range records {
		fill(reflect.ValueOf(&records[i]).Elem())
	}
	return records
}

func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(strings.ToValidUTF8(v.String(), "\ufffd"))
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Slice:
		if v.IsNil() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.Map:
		if v.IsNil() {
			v.Set(reflect.MakeMap(v.Type()))
		}
	}
}

// everyCharacter is records with every character of the blocks that hold hidden
// ones, and texts that YAML takes for something else.
func everyCharacter() []instance {
	var records []instance
	add := func(text string) {
		records = append(records, instance{InstanceId: fmt.Sprint(len(records)), Name: text, Tags: map[string]string{text: text}, PublicIPs: []string{text, text}})
	}
	for r := range rune(0x100) {
		add(string(r))
		add("a" + string(r) + " b")
	}
	for r := rune(0x2000); r < 0x2070; r++ {
		add(string(r))
	}
	for _, r := range []rune{0x301, 0x61C, 0x180E, 0x3042, 0x3164, 0xFFFD, 0xFEFF, 0xFFFE, 0x1F418, 0xE0041, 0x10FFFF} {
		add(string(r))
	}
	for _, text := range []string{
		"no", "No", "NO", "y", "on", "Off", "true", "TRUE", "null", "~", "Null", "0123", "1e3", "1E+3", "1_000", "0x1f", "0o17", "0b1", "12:30:45", "2026-01-01", "2026-01-01T00:00:00Z",
		"02:00:00:12:30:45", "172.31.17.200", "1.2.3", "1.5", ".5", "5.", "+1", "-1", ".inf", "-.inf", ".nan", "inf", "nan", "<<", "=", "- a", "a: b", "a #b", "#a", "&a", "*a", "!a", "%a", "@a", "`a", "'a", `"a`, "[a", "{a", "|", ">", "?", ": a", "a:", "---", "...", " a", "a ", "a  b", "", "i-0abc", "e3", "arn:aws:iam::1:role/x", "a/b_c.d@e+f-g", "A", "_", "_1", "013976976535", "1.2.3.4.5", "a,b", "a\nb", "\na\n", "a\r\nb", "\\", "x\\ny",
	} {
		add(text)
	}
	return records
}

func roundTrip(t *testing.T, o Options, records []instance, decode func(out string) ([]instance, error)) {
	t.Helper()
	got, err := decode(render(t, o, records...))
	if err != nil {
		t.Fatal(err)
	}
	want := filled(records)
	if len(got) != len(want) {
		t.Fatalf("%d records, want %d", len(got), len(want))
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("%q came back as %q", want[i].Name, got[i].Name)
		}
	}
}

func TestJSONRoundTrip(t *testing.T) {
	t.Parallel()
	decode := func(out string) (records []instance, err error) {
		if strings.ContainsFunc(strings.ReplaceAll(out, "\n", ""), func(r rune) bool { return !safe.Visible(r) }) {
			t.Error("a hidden character is not escaped")
		}
		return records, json.Unmarshal([]byte(out), &records)
	}
	records := append(everyCharacter(), nasty()...)
	roundTrip(t, Options{Output: "json", SortBy: nil}, inOrder(t, records), decode)
	roundTrip(t, Options{Output: "ndjson"}, records, func(out string) ([]instance, error) {
		return decode("[" + strings.TrimSuffix(strings.ReplaceAll(out, "}\n", "},\n"), ",\n") + "]")
	})
}

// inOrder sorts records as the view does.
func inOrder(t *testing.T, records []instance) []instance {
	var sorted []instance
	p := compile(t, Options{Output: "json"})
	all := p.valuesOf(records)
	sortRecords(all, p.plan.order)
	for _, r := range all {
		sorted = append(sorted, r.record.Interface().(instance))
	}
	return sorted
}

func TestYAMLRoundTrip(t *testing.T) {
	t.Parallel()
	records := everyCharacter()
	roundTrip(t, Options{Output: "yaml"}, inOrder(t, append(records, nasty()...)), func(out string) (records []instance, err error) {
		var keyed []map[string]any
		if err := yaml.Unmarshal([]byte(out), &keyed); err != nil {
			return nil, err
		}
		text, err := json.Marshal(keyed) // other types than string fail below
		if err != nil {
			return nil, err
		}
		return records, json.Unmarshal(text, &records)
	})
}

func TestCSVRoundTrip(t *testing.T) {
	t.Parallel()
	columns := []string{"Name", "InstanceId", "Tags.env"}
	records := append(everyCharacter(), nasty()...)
	for i := range records { // encoding/csv's reader drops a carriage return before a newline
		records[i].Name = strings.ReplaceAll(records[i].Name, "\r\n", "\n")
	}
	rows, err := csv.NewReader(strings.NewReader(render(t, Options{Output: "csv", Columns: columns}, records...))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(records)+1 || !reflect.DeepEqual(rows[0], columns) {
		t.Fatalf("%d rows, the first %q", len(rows), rows[0])
	}
	for i, record := range records {
		if want := []string{record.Name, record.InstanceId, record.Tags["env"]}; !reflect.DeepEqual(rows[i+1], want) {
			t.Errorf("%q came back as %q", want, rows[i+1])
		}
	}
	one := render(t, Options{Output: "csv", Columns: []string{"Name"}}, instance{}, instance{Name: "a"}, instance{})
	if want := "Name\n\"\"\na\n\"\"\n"; one != want {
		t.Errorf("one empty column: %q, want %q", one, want)
	}
}

// TestTextLines: whatever a name holds, its record is a line of as many fields; what
// breaks no line is as it is, as the AWS CLI has it.
func TestTextLines(t *testing.T) {
	t.Parallel()
	o := Options{Output: "text", Columns: []string{"Name", "InstanceId"}}
	for _, r := range everyCharacter() {
		line := render(t, o, r)
		if fields := strings.Split(line, "\t"); len(fields) != 2 || strings.Count(line, "\n") != 1 || strings.Contains(line, "\r") {
			t.Fatalf("%q: %q", r.Name, line)
		}
	}
	if got, want := render(t, o, instance{Name: `CORP\web 1`, InstanceId: "i-1"}), "CORP\\web 1\ti-1\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Values that hide in an interface are printed as encoding/json has them, and shown
// to filters.
func TestAnyField(t *testing.T) {
	t.Parallel()
	type record struct {
		Id  string
		Raw any
		N   uint64
		F   float64
	}
	for _, raw := range []any{
		nil, "a", true, 1, 1.5, json.Number("12"), []any{1.0, nil, "x"}, map[string]any{"b": []any{}, "a": map[string]any{}}, securityGroup{"sg", "x"}, []securityGroup{{}}, &securityGroup{GroupId: "p"}, map[string]int{"z": 1},
	} {
		r := record{"i", raw, 1 << 63, 0.25}
		want, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range []Options{{Output: "ndjson"}, {JQ: "{Id, Raw, N, F}"}, {Query: "[*].{Id:Id,Raw:Raw,N:N,F:F}", Output: "ndjson"}} {
			p, err := Compile[record](o, View{})
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			s := p.Start(&out)
			if err := s.Write(r); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			var got, same any
			if err := json.Unmarshal(out.Bytes(), &got); err != nil {
				t.Fatalf("%+v: %v in %s", o, err, out.String())
			}
			json.Unmarshal(want, &same)
			if !reflect.DeepEqual(got, same) {
				t.Errorf("%+v: %s, want %s", o, out.String(), want)
			}
		}
	}
}

// The AWS CLI 1.45 prints these so, but for the tab and newline, which it leaves.
func TestQueryText(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"`null`":                          "None\n",
		"`true`":                          "True\n",
		"`1`":                             "1\n",
		"`\"a\"`":                         "a\n",
		"`[]`":                            "",
		"`{}`":                            "",
		"`[1, \"a\", null, false]`":       "1\ta\tNone\tFalse\n",
		"`[[1, 2], [3, null]]`":           "1\t2\n3\tNone\n",
		"`[1, [2, 3], 4]`":                "1\t4\n2\t3\n",
		"`{\"b\": 1, \"a\": \"x\"}`":      "x\t1\n",
		"`{\"b\": [1, 2], \"a\": \"x\"}`": "x\nB\t1\nB\t2\n",
		"`[{\"a\": 1, \"b\": 2}, {\"b\": 3}, {\"c\": [{\"d\": 4}]}]`": "1\t2\n\t3\n\t\nC\t4\n",
		"`{\"k\": {\"x\": 1, \"l\": [[5, 6]]}}`":                      "K\t1\nL\t5\nL\t6\n",
		"`\"a\\tb\\nc\"`":                                             "a\\tb\\nc\n",
		"[].[InstanceId, PublicIPs]":                                  "i-2\ni-1\n1.1.1.1\t1.1.1.2\n",
	} {
		got := render(t, Options{Query: query, Output: "text"}, instance{InstanceId: "i-1", Region: "b", PublicIPs: []string{"1.1.1.1", "1.1.1.2"}}, instance{InstanceId: "i-2", Region: "a"})
		if got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

func TestQueryLikeAWS(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"[?LaunchTime<'2026'].InstanceId | [2]":                  `"i-063e42032aaef6e4e"` + "\n",
		"[?LaunchTime>='2026-01-01T10:30:00Z'] | length(@)":      "1\n",
		"[?State==`running`].InstanceId | length(@)":             "1\n",
		"[?State==`running` && Name=='many addresses'].Tags.env": "[\"prod\"]\n",
		"[-1].Tags.*":                            `["many addresses","0123","prod","no","2026-01-01"]` + "\n",
		"keys([-1].Tags)":                        `["Name","cost","env","on","when"]` + "\n",
		"values([-1].Tags)[0]":                   `"many addresses"` + "\n",
		"[-1].{b: Name, a: Region}":              `{"b":"many addresses","a":"eu-central-1"}` + "\n",
		"[-1].SecurityGroups[0]":                 `{"GroupId":"sg-1","GroupName":"default"}` + "\n",
		"[-1].NetworkInterfaces[1].DeviceIndex":  "1\n",
		"[?length(PublicIPs) > `1`] | length(@)": "1\n",
		"[?Tags.env==null] | length(@)":          "2\n",
		"[?Name=='nope'] | [0] | {id: Name}":     "null\n",
		"avg(`[1,3]`)":                           "2.0\n",
		"length(@)":                              "4\n",
		"to_string('<é>')":                       `"<é>"` + "\n",
		"to_string([0].[Region,SecurityGroups])": `"[\"ap-northeast-1\",[]]"` + "\n",
		`length('\\')`:                           "2\n",
	} {
		var compact bytes.Buffer
		if err := json.Compact(&compact, []byte(render(t, Options{Query: query}, nasty()...))); err != nil {
			t.Fatal(err)
		}
		if got := compact.String() + "\n"; strings.TrimSpace(got) != strings.TrimSpace(want) {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

func BenchmarkPrint(b *testing.B) {
	records := make([]instance, 1000)
	for i := range records {
		records[i] = nasty()[0]
		records[i].InstanceId = fmt.Sprintf("i-%017x", i)
	}
	var ndjson float64 // nanoseconds per record
	for _, bench := range []struct {
		name  string
		limit float64 // of the time of ndjson
		o     Options
	}{
		{"ndjson", 1, Options{Output: "ndjson"}},
		{"json", 10, Options{Output: "json"}},
		{"jq", 30, Options{JQ: ".InstanceId, (.PublicIPs | join(\",\"))"}},
		{"template", 20, Options{Output: "template=<<.InstanceId>> <<.PublicIPs>> <<.Tags.env>>"}},
		{"tablerow", 50, Options{Output: "template=<<tablerow .InstanceId .PublicIPs .Tags.env>>", Width: columns(120)}},
		{"csv", 10, Options{Output: "csv"}},
		{"text", 10, Options{Output: "text"}},
		{"table", 150, Options{Width: columns(120)}},
		{"query", 40, Options{Query: "[].[InstanceId,PublicIPs]"}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			p := compile(b, bench.o)
			b.ReportAllocs()
			for b.Loop() {
				s := p.Start(io.Discard)
				s.Until(b.Context())
				for i := range records {
					if err := s.Write(records[i]); err != nil {
						b.Fatal(err)
					}
				}
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
			}
			took := float64(b.Elapsed().Nanoseconds()) / float64(b.N*len(records))
			b.ReportMetric(took, "ns/record")
			if bench.name == "ndjson" {
				ndjson = took
			}
			if took > bench.limit*ndjson {
				b.Errorf("%.1f times the time of ndjson; expected at most %g", took/ndjson, bench.limit)
			}
		})
	}
}

// TestFilterChangesNoRecord: changes that a filter makes to one record do not affect the next.
func TestFilterChangesNoRecord(t *testing.T) {
	t.Parallel()
	records := []instance{
		{InstanceId: "i-1", Region: "a", Name: "x", Tags: map[string]string{"k": "v"}, PublicIPs: []string{"1", "2"}},
		{InstanceId: "i-2", Region: "a", Name: "x", Tags: map[string]string{"l": "w"}, PublicIPs: []string{"3"}},
	}
	for filter, want := range map[string]string{
		`.Region |= "changed" | .Extra = 1 | del(.Name) | .Tags.k = "z" | .PublicIPs[0] = 9 | [.Region, .Extra, .Name, .Tags.k, .PublicIPs[0]]`: `["changed",1,null,"z",9]` + "\n" + `["changed",1,null,"z",9]` + "\n",
		`[.Region, .Name, .Tags, .PublicIPs] as $before | (.Region, .Name, .Tags, .PublicIPs) = null | delpaths([["Region"]]) | $before`:        `["a","x",{"k":"v"},["1","2"]]` + "\n" + `["a","x",{"l":"w"},["3"]]` + "\n",
		`length as $fields | .Extra = 1 | $fields`:                 "26\n26\n",
		`reduce .PublicIPs[] as $ip (.; .Region += $ip) | .Region`: "a12\na3\n",
		`first(.Tags | keys[]), (.PublicIPs | length)`:             "k\n2\nl\n1\n",
	} {
		if got := render(t, Options{JQ: filter}, records...); got != want {
			t.Errorf("%s: %s, want %s", filter, got, want)
		}
	}
}

// TestJSONLikeGo: the output equals that of encoding/json, except for invisible characters,
// which encoding/json may not escape.
func TestJSONLikeGo(t *testing.T) {
	t.Parallel()
	pick := rand.New(rand.NewPCG(1, 2))
	alphabet := []string{"a", "Z", " ", "<", "&", "/", "\"", "\\", "\n", "\t", "\r", "é", "日", "🐘", "\xff", "\xe2\x28", "~", "long plain text "}
	odd := []string{"\x00", "\x1b", "\x7f", "\b", "\u2028", "\u200b", "\u202e", "\U000e0041"}
	text := func(from []string) string {
		var b strings.Builder
		for range pick.IntN(20) {
			b.WriteString(from[pick.IntN(len(from))])
		}
		return b.String()
	}
	for n := range 2000 {
		from := alphabet
		if n%2 == 1 {
			from = append(slices.Clip(alphabet), odd...)
		}
		record := filled([]instance{{
			InstanceId: fmt.Sprint(n), Name: text(alphabet), PublicIPs: []string{text(alphabet), text(alphabet)},
			NetworkInterfaces: []networkInterface{{DeviceIndex: pick.IntN(300) - 20, PrivateIPs: []privateAddress{{Primary: true}}}},
		}})[0]
		record.Name = text(from) // bytes that are no UTF-8, too
		record.Tags = map[string]string{}
		for range pick.IntN(20) {
			record.Tags[strings.ToValidUTF8(text(from), "")] = text(from)
		}
		var want bytes.Buffer
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(record); err != nil {
			t.Fatal(err)
		}
		got := render(t, Options{Output: "ndjson"}, record)
		if n%2 == 0 {
			if got != want.String() {
				t.Fatalf("got  %q\nwant %q", got, want.String())
			}
			continue
		}
		var a, b any
		if err := json.Unmarshal([]byte(got), &a); err != nil {
			t.Fatalf("%v: %q", err, got)
		}
		json.Unmarshal(want.Bytes(), &b)
		if !reflect.DeepEqual(a, b) || strings.ContainsFunc(strings.TrimSuffix(got, "\n"), func(r rune) bool { return !safe.Visible(r) }) {
			t.Fatalf("got  %q\nwant %q", got, want.String())
		}
	}
}
