package render

import (
	"io"
	"strings"
	"testing"
	"time"
)

// whole is a record with an answer of somebody else's type in it.
type whole struct {
	instance
	Raw raw `render:"sparse"`
}

type raw struct {
	Bool     *bool
	Empty    []string
	Kind     kindName
	Launched *time.Time
	Nested   *rawNested
	None     []string
	Number   *int32
	Parts    []rawNested
	Text     *string
}

type rawNested struct {
	Deep *rawDeep
	On   *bool
	Text *string
}

type rawDeep struct{ On, Text *bool }

type kindName string

func TestSparse(t *testing.T) {
	t.Parallel()
	no, text, number, launched := false, "", int32(7), time.Date(2026, 3, 2, 7, 41, 5, 0, time.UTC)
	exact := launched.Add(120 * time.Millisecond)
	full := whole{Raw: raw{
		Bool: &no, Empty: []string{}, Kind: "spot", Launched: &launched, Number: &number, Text: &text,
		Nested: &rawNested{Text: &text}, Parts: []rawNested{{On: &no}, {Deep: &rawDeep{On: &no}}},
	}}
	full.InstanceId = "i-1"
	bare := whole{Raw: raw{Launched: &exact}}
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{JQ: ".Raw"}, `{"Bool":false,"Empty":[],"Kind":"spot","Launched":"2026-03-02T07:41:05+00:00","Nested":{"Text":""},"Number":7,"Parts":[{"On":false},{"Deep":{"On":false}}],"Text":""}
{"Launched":"2026-03-02T07:41:05.120000+00:00"}
`},
		{Options{JQ: ".Raw.Nested.Text, (.InstanceId, .PublicIPs)"}, "\ni-1\n[]\nnull\n\n[]\n"},
		{Options{Query: "[].Raw.[Kind, Nested.Text, Number]", Output: "ndjson"}, `["spot","",7]` + "\n[null,null,null]\n"},
		{Options{Output: "template=<<.InstanceId>>|<<.Raw.Bool>>|<<.Raw.Kind>>|<<.Raw.Number>>|<<.Raw.Nested.Text>>|<<.Raw.Launched>>|<<.Raw.Nested.Deep.Text>>"},
			"i-1|false|spot|7||2026-03-02T07:41:05+00:00|\n|||||2026-03-02T07:41:05.120000+00:00|\n"},
		{Options{Output: `template=<<if .Raw.Bool>>yes<<else>>no<<end>> <<with .Raw.Nested>><<json .>><<else>>none<<end>><<range $i, $p := .Raw.Parts>> <<$i>><<$p.On>><<.Deep.On>><<end>>`},
			`no {"Text":""} 0false 1false` + "\nno none\n"},
		{Options{Output: `template=<<timefmt "2006" .Raw.Launched>> <<ago .Raw.Launched>> <<(index .Raw.Parts 0).On>> <<eq .Raw.Kind "spot">>`}, "2026 2 days ago false true\n"},
		{Options{Output: `template=<<json .Raw.Parts>> <<.Raw.Parts>> <<join "," .PublicIPs>> <<default "-" .Raw.Nested.Deep>>`},
			`[{"On":false},{"Deep":{"On":false}}] [{"On":false},{"Deep":{"On":false}}]  -` + "\n[] []  -\n"},
	} {
		records := []whole{full, bare}
		if strings.Contains(c.o.Output, "index") {
			records = records[:1]
		}
		c.o.Now = func() time.Time { return launched.Add(50 * time.Hour) }
		p, err := Compile[whole](c.o, View{})
		if err != nil {
			t.Errorf("%+v: %v", c.o, err)
			continue
		}
		var out strings.Builder
		s := p.Start(&out)
		for _, r := range records {
			if err := s.Write(r); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Errorf("%s%s: %v", c.o.JQ, c.o.Output, err)
		}
		if out.String() != c.want {
			t.Errorf("%s%s%s:\n%s\nwant\n%s", c.o.JQ, c.o.Query, c.o.Output, out.String(), c.want)
		}
	}
	for text, want := range map[string]string{
		"template=<<index .Raw.Parts 9>>":                         "--output template: i-1: index .Raw.Parts 9: there is no item 9\n    <<index .Raw.Parts 9>>\n      ^^^^^^^^^^^^^^^^^^",
		"template=<<timeago .Raw.Kind>>":                          "--output template: i-1: timeago .Raw.Kind: \"spot\" is not a time such as 2006-01-02T15:04:05Z\n    <<timeago .Raw.Kind>>\n      ^^^^^^^^^^^^^^^^^",
		"template=<<slice ((index .Raw.Parts 0).On | print) 99>>": "--output template: i-1: slice ((index .Raw.Parts 0).On | print) 99: there is no item 99\n    <<slice ((index .Raw.Parts 0).O…>>\n      ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
	} {
		p, err := Compile[whole](Options{Output: text}, View{ID: "InstanceId"})
		if err != nil {
			t.Fatal(err)
		}
		s := p.Start(io.Discard)
		s.Write(full)
		if err := s.Close(); err == nil || err.Error() != want {
			t.Errorf("%s:\n%v\nwant:\n%s", text, err, want)
		}
	}
	for _, o := range []Options{{Output: "template=<<.Raw.Nested.Tex>>"}, {JQ: ".Raw.Parts[].Oh"}} {
		if _, err := Compile[whole](o, View{}); err == nil || !strings.Contains(err.Error(), "unknown field") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
