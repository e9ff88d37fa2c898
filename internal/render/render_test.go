package render

import (
	"bytes"
	"errors"
	"flag"
	"muster/internal/render/expr"
	"muster/internal/safe"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update writes it):\n%s", file, got)
	}
}

// columns is a terminal that wide.
func columns(n int) func() int { return func() int { return n } }

func TestFormats(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{
		"table":             {},
		"wide":              {Output: "wide", Width: columns(80)},
		"json":              {Output: "json"},
		"ndjson":            {Output: "ndjson"},
		"yaml":              {Output: "yaml"},
		"csv":               {Output: "csv"},
		"csv-columns":       {Output: "csv", Columns: []string{"InstanceId", "Tags.env", "Tags", "SecurityGroups", "NetworkInterfaces.PrivateIPs", "NetworkInterfaces.PrivateIPs.PrivateIP"}},
		"text":              {Output: "text"},
		"text-columns":      {Output: "text", Columns: []string{"InstanceId", "Name", "Tags", "SecurityGroups.GroupName"}},
		"name":              {Output: "name"},
		"name-sorted":       {Output: "name", SortBy: []string{"-PrivateIPs", "InstanceId"}},
		"template":          {Output: "template=<<.InstanceId>> <<.PublicIPs>> [<<.Tags>>] [<<.Tags.env>>] [<<.SecurityGroups>>]"},
		"jq":                {JQ: `.InstanceId, {Name, ips: .PrivateIPs, env: .Tags.env}`},
		"jq-slurp":          {JQ: `group_by(.AccountId)[] | {account: .[0].AccountId, ids: map(.InstanceId)}`, Slurp: true},
		"query-json":        {Query: "[].{Id: InstanceId, Account: AccountId, IPs: PrivateIPs}"},
		"query-table":       {Query: "[].{Id: InstanceId, Account: AccountName, IPs: PrivateIPs}", Output: "table"},
		"query-text":        {Query: "[].[InstanceId, Name, Tags.env]", Output: "text"},
		"query-yaml":        {Query: "[0]", Output: "yaml"},
		"query-csv":         {Query: "[].{Id: InstanceId, Name: Name, groups: SecurityGroups}", Output: "csv"},
		"query-ndjson":      {Query: "[?State=='running'].NetworkInterfaces[]", Output: "ndjson"},
		"table-noheaders":   {NoHeaders: true, Columns: []string{"InstanceId", "State"}},
		"table-columns":     {Width: columns(60), Columns: []string{"InstanceId", "Tags.env", "Tags.aws:autoscaling:groupName", "NetworkInterfaces.SubnetId", "SecurityGroups"}},
		"table-color":       {Color: true, Width: columns(120)},
		"table-40-columns":  {Width: columns(40)},
		"table-80-columns":  {Width: columns(80)},
		"table-120-columns": {Width: columns(120)},
		"table-200-columns": {Width: columns(200)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name, render(t, o, nasty()...))
		})
	}
}

func TestNoRecords(t *testing.T) {
	t.Parallel()
	for output, want := range map[string]string{
		"table": "", "wide": "", "ndjson": "", "text": "", "name": "", "template=<<.Name>>": "",
		"json": "[]\n", "yaml": "[]\n",
		"csv": "AccountId,InstanceId\n",
	} {
		o := Options{Output: output}
		if output == "csv" {
			o.Columns = []string{"AccountId", "InstanceId"}
		}
		if got := render(t, o); got != want {
			t.Errorf("%s of no records: %q, want %q", output, got, want)
		}
	}
	for _, o := range []Options{{JQ: "."}, {Output: "csv", NoHeaders: true}} {
		if got := render(t, o); got != "" {
			t.Errorf("%+v of no records: %q", o, got)
		}
	}
	for o, want := range map[string]string{"": "[]\n", "text": "", "table": "", "csv": ""} {
		if got := render(t, Options{Query: "[].InstanceId", Output: o}); got != want {
			t.Errorf("--query with %q of no records: %q, want %q", o, got, want)
		}
	}
}

// At every width the table keeps to it as long as ids and addresses can, cuts
// neither, and shows a record's controls as escapes.
func TestTableWidths(t *testing.T) {
	t.Parallel()
	for width := 20; width < 260; width++ {
		out := render(t, Options{Width: columns(width)}, nasty()...)
		for line := range strings.Lines(out) {
			line = strings.TrimSuffix(line, "\n")
			if w := displaywidth.String(line); w > width {
				t.Fatalf("at %d columns a line of %d: %q", width, w, line)
			}
			if strings.TrimRight(line, " ") != line || line == "" || strings.ContainsFunc(line, func(r rune) bool { return !safe.Visible(r) }) {
				t.Fatalf("at %d columns: %q", width, line)
			}
		}
		for _, record := range nasty() {
			if !strings.Contains(out, record.InstanceId) {
				t.Fatalf("at %d columns %s is missing:\n%s", width, record.InstanceId, out)
			}
			for _, address := range record.PrivateIPs {
				if width >= 40 && !strings.Contains(out, address) {
					t.Fatalf("at %d columns %s is missing:\n%s", width, address, out)
				}
			}
		}
	}
}

func TestSortBy(t *testing.T) {
	t.Parallel()
	record := func(id, name, ip string) instance {
		r := instance{InstanceId: id, Name: name, Tags: map[string]string{}}
		if ip != "" {
			r.PrivateIPs = []string{ip}
			r.Tags["port"] = name
		}
		return r
	}
	records := []instance{record("a", "10", "10.0.0.10"), record("b", "9", "10.0.0.9"), record("c", "web", ""), record("d", "", "2001::1"), record("e", "9", "9.0.0.1")}
	for by, want := range map[string]string{
		"InstanceId":       "a b c d e",
		"-InstanceId":      "e d c b a",
		"Name":             "d b e a c",
		"-Name,InstanceId": "c a b e d",
		"Name,-InstanceId": "d e b a c",
		"PrivateIPs":       "c e b a d",
		"Tags.port":        "c d b e a",
	} {
		out := render(t, Options{Output: "name", SortBy: strings.Split(by, ",")}, records...)
		if got := strings.Join(strings.Fields(out), " "); got != want {
			t.Errorf("sorted by %s: %s, want %s", by, got, want)
		}
	}
}

// TestBlankFields: a comma too many does not matter.
func TestBlankFields(t *testing.T) {
	t.Parallel()
	want := render(t, Options{Columns: []string{"Name", "State"}, SortBy: []string{"State", "-Name"}}, nasty()...)
	if got := render(t, Options{Columns: []string{"", "Name", " ", "State", ""}, SortBy: []string{"State", "", "-Name", ""}}, nasty()...); got != want {
		t.Errorf("%s\nwant:\n%s", got, want)
	}
	want = render(t, Options{CountBy: []string{"State"}}, nasty()...)
	if got := render(t, Options{CountBy: []string{"State", "", " "}}, nasty()...); got != want {
		t.Errorf("%s\nwant:\n%s", got, want)
	}
}

func TestStreams(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		o       Options
		streams bool
	}{
		{Options{}, false},
		{Options{Output: "wide"}, false},
		{Options{Output: "json"}, false},
		{Options{Output: "yaml"}, false},
		{Options{Query: "[]"}, false},
		{Options{JQ: ".", Slurp: true}, false},
		{Options{Output: "ndjson", SortBy: []string{"Name"}}, false},
		{Options{Output: "ndjson"}, true},
		{Options{Output: "csv"}, true},
		{Options{Output: "text"}, true},
		{Options{Output: "name"}, true},
		{Options{Output: "template=<<.Name>>"}, true},
		{Options{Output: "template=<<tablerow .Name>>"}, false},
		{Options{JQ: "."}, true},
	} {
		var out bytes.Buffer
		s := compile(t, test.o).Start(&out)
		if err := errors.Join(s.Write(nasty()[0]), s.Flush()); err != nil {
			t.Fatal(err)
		}
		if early := out.Len() > 0; early != test.streams {
			t.Errorf("%+v: after the first record %d bytes were written", test.o, out.Len())
		}
	}
}

// A long stream is written as it goes, from a buffer that does not grow.
func TestBufferStaysSmall(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{Output: "ndjson"}, {Output: "csv"}, {Output: "text"}, {Output: "template=<<.Tags>>"}, {JQ: "."}} {
		var out bytes.Buffer
		s := compile(t, o).Start(&out)
		for range 2000 {
			if err := s.Write(nasty()[0]); err != nil {
				t.Fatal(err)
			}
			if len(s.buffer) > expr.BufferSize || cap(s.buffer) > 4*expr.BufferSize {
				t.Fatalf("%+v: a buffer of %d bytes", o, cap(s.buffer))
			}
		}
		if err := s.Close(); err != nil || out.Len() < 2000*50 {
			t.Errorf("%+v: %v, %d bytes", o, err, out.Len())
		}
	}
}

type failingWriter struct {
	err   error
	calls int
}

func (w *failingWriter) Write([]byte) (int, error) { w.calls++; return 0, w.err }

func TestWriterFails(t *testing.T) {
	t.Parallel()
	full := errors.New("no space left on device")
	for _, output := range []string{"table", "json", "ndjson", "csv"} {
		w := &failingWriter{err: full}
		s := compile(t, Options{Output: output}).Start(w)
		for range 3 {
			err := s.Write(nasty()[0])
			if err == nil {
				err = s.Flush()
			}
			if s.plan.waits != (err == nil) {
				t.Errorf("%s: Write and Flush: %v", output, err)
			}
		}
		if err := s.Close(); !errors.Is(err, full) || w.calls != 1 {
			t.Errorf("%s: Close: %v, after %d calls of the writer", output, err, w.calls)
		}
	}
}

// What fails for one record does not keep the others from being printed.
func TestRecordsError(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		o    Options
		want string
	}{
		{Options{Output: "template=<<.InstanceId>> <<index .PublicIPs 0>>"}, "" +
			"i-03046200b400761b0 18.198.43.157\n" +
			"i-063e42032aaef6e4e 54.187.3.95\n" +
			"error: --output template: 013976976535 ap-northeast-1 i-08d63831da0b07bcc: index .PublicIPs 0: there is no such item (2 records failed)\n" +
			"    <<.InstanceId>> <<index .PublicIPs 0>>\n" +
			"                      ^^^^^^^^^^^^^^^^^^\n"},
		{Options{Output: `template=<<slice (color "red" .Name) 1>>`}, "" +
			"error: --output template: 139769765351 eu-central-1 i-03046200b400761b0: slice (color \"red\" .Name) 1: colored text has no parts (4 records failed)\n" +
			"    <<slice (color \"red\" .Name) 1>>\n" +
			"      ^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"},
		{Options{Output: "template=<<.Name>>\n日本 <<timefmt \"2006\" .Region | upper>>"}, "" +
			"error: --output template: 139769765351 eu-central-1 i-03046200b400761b0: timefmt \"2006\" .Region: \"eu-central-1\" is not a time such as 2006-01-02T15:04:05Z (4 records failed)\n" +
			"    日本 <<timefmt \"2006\" .Region | upper>>\n" +
			"           ^^^^^^^^^^^^^^^^^^^^^^\n"},
		{Options{JQ: `.InstanceId, (.Tags.env | ascii_downcase)`}, "" +
			"i-03046200b400761b0\nprod\n" +
			"i-063e42032aaef6e4e\n=cmd()\n" +
			"i-08d63831da0b07bcc\n" +
			"i-00000000000000001\n" +
			"error: --jq: 013976976535 ap-northeast-1 i-08d63831da0b07bcc: ascii_downcase cannot be applied to: null (2 records failed)\n"},
		{Options{JQ: `if .Name == "" then error("line 1\nline 2") else empty end`}, "" +
			"error: --jq: 013976976535 ap-northeast-1 i-00000000000000001: error: line 1\\nline 2\n"},
		{Options{JQ: `1, halt, 2`}, "1\n1\n1\n1\n"},
		{Options{JQ: `env, $ENV`}, "{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n"},
		{Options{Query: "contains(@[0].Tags.nope, 'x')"}, "error: --query: contains takes an array or a string, not null\n"},
		{Options{Query: "[].{a: &Name}"}, "error: --query: &... is not a value: use it in a function, as in sort_by(@, &Name)\n"},
		{Options{Query: "sort_by(@, &Tags)"}, "error: --query: sort_by takes an &expression that gives strings or numbers, not an object\n"},
		{Options{Query: "sort_by(@, &Tags.env)[].InstanceId"}, "error: --query: sort_by takes an &expression that gives strings or numbers, not null\n"},
		{Options{Query: "[].sum(PrivateIPs)"}, "error: --query: sum takes an array of numbers, not one with a string in it\n"},
		{Options{Query: "[?Name > `1`]"}, "error: --query: > cannot compare a string with a number\n"},
		{Options{Query: "@[::0]"}, "error: --query: the step of a slice cannot be 0\n"},
		{Options{Query: "sum(@)"}, "error: --query: sum takes an array of numbers, not one with an object in it\n"},
	} {
		if got := render(t, test.o, nasty()...); got != test.want {
			t.Errorf("%+v:\n%s\nwant:\n%s", test.o, got, test.want)
		}
	}
}
