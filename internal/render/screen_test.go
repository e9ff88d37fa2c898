package render

import (
	"strings"
	"testing"
)

// TestTerminal checks that no format passes control characters of a name to a terminal.
// Those of a template itself pass, and a pipe gets every character.
func TestTerminal(t *testing.T) {
	t.Parallel()
	const hostile = "a\x1b]0;x\a\x1b[31m\u009b31m\u202e\rb\nc"
	record := instance{InstanceId: "i-1", Name: hostile, Tags: map[string]string{hostile: hostile}, PublicIPs: []string{hostile}}
	for _, o := range []Options{
		{Output: "csv"}, {Output: "text"}, {JQ: ".Name, .Tags, .PublicIPs[]"}, {JQ: `.Name | @base64 | @base64d`}, {Query: "[].Name"},
		{Query: "[].[Name]", Output: "text"}, {Query: "[].{n: Name}", Output: "csv"}, {Query: "[].Name", Output: "yaml"},
		{Output: "template=<<.Name>> <<.PublicIPs>> <<.Tags>> <<json .Tags>>"}, {Output: "template=<<.>>"}, {Output: "name"},
	} {
		o.Columns = nil
		if o.Output == "csv" && o.Query == "" {
			o.Columns = []string{"Name", "PublicIPs", "Tags"}
		}
		o.Terminal = true
		got := render(t, o, record)
		if strings.ContainsAny(got, "\x1b\a\r\u009b\u202e") {
			t.Errorf("%+v: %q", o, got)
		}
		if record.Name != hostile || record.PublicIPs[0] != hostile || record.Tags[hostile] != hostile {
			t.Fatal("the record has changed")
		}
	}
	for text, want := range map[string]string{
		`<<color "red" .Name>>`:                     "\x1b[31m" + `a\x1b]0;x\x07\x1b[31m\u009b31m\u202e\rb\nc` + "\x1b[0m\n",
		`<<.InstanceId>><<"\t">><<"\n">><<"\x1b">>`: "i-1\t\n\x1b\n",
	} {
		if got := render(t, Options{Output: "template=" + text, Terminal: true, Color: true}, record); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	if got := render(t, Options{Query: "[].{n: Name}", Output: "csv", NoHeaders: true, Terminal: true}, record); strings.Count(got, "\n") != 1 {
		t.Errorf("a name makes lines of its own: %q", got)
	}
	if got := render(t, Options{JQ: ".Name"}, record); got != hostile+"\n" {
		t.Errorf("in a pipe %q", got)
	}
}

func TestCSVSafe(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "\n=1": "\"'\n=1\"", "＝1": "'＝1", "＠x": "'＠x", "é=1": "é=1", "a=1": "a=1", "": `""`, "'=x": "'=x", "=a,b": `"'=a,b"`,
	} {
		for _, o := range []Options{
			{Output: "csv", Columns: []string{"Name"}, NoHeaders: true, CSVSafe: true},
			{Output: "csv", Query: "[].{Name: Name}", NoHeaders: true, CSVSafe: true},
		} {
			if got := strings.TrimSuffix(render(t, o, instance{Name: name}), "\n"); got != want {
				t.Errorf("%q: %q, want %q", name, got, want)
			}
		}
	}
}
