package render

import (
	"fmt"
	"strings"
	"testing"
)

func TestTemplateFunctions(t *testing.T) {
	t.Parallel()
	record := nasty()[0]
	odd := nasty()[1]
	for _, test := range []struct {
		text   string
		record instance
		want   string
	}{
		{`<<pluck "GroupName" .SecurityGroups | join "; ">>`, record, `default; web, "internal"`},
		{`<<pluck "DeviceIndex" .NetworkInterfaces>> <<pluck "PrivateIPs" .NetworkInterfaces | len>>`, record, "0,1 2"},
		{`[<<pluck "GroupName" .SecurityGroups>>]`, odd, "[]"},
		{`<<truncate 6 .Name>> <<truncate 99 .Name>> [<<truncate 0 .Name>>] <<truncate 1 .Name>>`, record, "many … many addresses [] …"},
		{`<<replace " " "_" .Name>> <<.State | replace "run" "walk">> [<<replace "" "-" "ab">>] <<color "red" .State | replace "n" "N">>`, record,
			"many_addresses walkning [-a-b-] \x1b[31mruNNiNg\x1b[0m"},
		{`<<split " " .Name | first>> <<split " " .Name | last>> <<len (split "x" "")>> <<range split "-" .Region>><<.>>;<<end>>`, record, "many addresses 0 eu;central;1;"},
		{`<<first .PrivateIPs>> <<last .PublicIPs>> <<(first .SecurityGroups).GroupName>> <<first .IPv6s | default "none">>`, record, "172.31.3.76 52.59.78.34 default 2a05:d014::1"},
		{`[<<first .PublicIPs>><<last .IPv6s>><<(first .SecurityGroups).GroupName>>] <<first .PublicIPs | default "none">>`, instance{}, "[] none"},
		{`<<slug .Name>> <<slug "  Web Server (1)__x ">> [<<slug "開発">>] <<slug "ÄB">>`, record, "many-addresses web-server-1-x [] b"},
		{`<<truncate 7 .AccountName>>`, nasty()[2], "開発ア…"},
		{`<<timeago .LaunchTime>> <<.LaunchTime | timeago>>`, record, "3 days ago 3 days ago"},
		{`<<contains "52.59.78.34" .PublicIPs>> <<contains "52.59.78.3" .PublicIPs>> <<contains "addr" .Name>>`, record, "true false true"},
		{`<<hasPrefix "t2." .InstanceType>> <<.Region | hasSuffix "1">> <<regexMatch "^t[23]\\." .InstanceType>>`, record, "true true true"},
		{`<<color "green" .State>> <<color "red+bu:white" .State>> <<color "208" "x">> <<color "cyan+h:black+h" "x">> <<color "off" "x">>`, record,
			"\x1b[32mrunning\x1b[0m \x1b[1;4;31;47mrunning\x1b[0m \x1b[38;5;208mx\x1b[0m \x1b[96;100mx\x1b[0m x"},
		{`<<autocolor "green" .State>>`, record, "running"},
		{`[<<color "green" .Name>>]`, instance{}, "[]"},
		{`<<color "red" .State | upper>> <<color "red" .State | truncate 4>> <<color "red" .State | json>> <<color "red" .State | color "blue">>`, record,
			"\x1b[31mRUNNING\x1b[0m \x1b[31mrun…\x1b[0m \"running\" \x1b[34mrunning\x1b[0m"},
		{`<<print "(" (color "red" .State) ")" >> <<autocolor "red" .Name | default "none">>`, instance{State: "on"}, "(\x1b[31mon\x1b[0m) none"},
		{`<<hyperlink "https://x/" .InstanceId>> <<hyperlink "https://x/" "">>`, record, "i-03046200b400761b0 https://x/"},
		{`<<color "red" .Name>>`, odd, "\x1b[31ma,\"b\"\\nc\\td\\r <b>&</b> \\x1b[31mred\\x1b[0m \\u202egnp.exe\\u202c \\xff 'q'\x1b[0m"},
		{`<<default "-" .KeyName>> <<eq .State "running">> <<or .KeyName .State>> <<and .Name 1>>`, record, "- true running 1"},
	} {
		if got := render(t, Options{Output: "template=" + test.text}, test.record); got != test.want+"\n" {
			t.Errorf("%s: %q, want %q", test.text, got, test.want)
		}
	}
	for text, want := range map[string]string{
		`<<autocolor "green+b" .State>>`:                   "\x1b[1;32mrunning\x1b[0m",
		`<<hyperlink "https://x/?a=b" .InstanceId>>`:       "\x1b]8;;https://x/?a=b\x1b\\i-03046200b400761b0\x1b]8;;\x1b\\",
		"<<hyperlink \"https://x/\x1b é\x07\" \"\x1b]\">>": "\x1b]8;;https://x/%1B%20%C3%A9%07\x1b\\\\x1b]\x1b]8;;\x1b\\",
		`<<hyperlink "u:1" .State | autocolor "red">>`:     "\x1b]8;;u:1\x1b\\\x1b[31mrunning\x1b[0m\x1b]8;;\x1b\\",
		`<<hyperlink "u:1" "">>`:                           "\x1b]8;;u:1\x1b\\u:1\x1b]8;;\x1b\\",
	} {
		if got := render(t, Options{Output: "template=" + text, Color: true, Links: true}, record); got != want+"\n" {
			t.Errorf("%s on a terminal: %q, want %q", text, got, want)
		}
	}
}

// A function called as it cannot be is found before there is a record.
func TestTemplateMisuse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`<<truncat 3 .Name>>`: `function "truncat" not defined at column 3; did you mean "truncate"?
    <<truncat 3 .Name>>
      ^^^^^^^`,
		`<<.Name>> <<truncate .Name>>`: `truncate takes 2 arguments, not 1 at column 13; usage: truncate N TEXT
    <<.Name>> <<truncate .Name>>
                ^^^^^^^^`,
		`<<.Name | truncate>>`: `truncate takes 2 arguments, not 1 at column 11; usage: truncate N TEXT
    <<.Name | truncate>>
              ^^^^^^^^`,
		`<<truncate .Name 3>>`: `truncate takes a number as N, not a string at column 3; usage: truncate N TEXT
    <<truncate .Name 3>>
      ^^^^^^^^`,
		`<<truncate "3" .Name>>`: `truncate takes a number as N, not a string at column 12; usage: truncate N TEXT
    <<truncate "3" .Name>>
               ^^^`,
		`<<join "," .Name>>`: `join takes a list as LIST, not a string at column 3; usage: join SEP LIST
    <<join "," .Name>>
      ^^^^`,
		`<<timeago .PublicIPs>>`: `timeago takes text as TIME, not a list of strings at column 3; usage: timeago TIME
    <<timeago .PublicIPs>>
      ^^^^^^^`,
		`<<tablerow>>`: `tablerow takes at least 1 argument, not 0 at column 3; usage: tablerow VALUE...
    <<tablerow>>
      ^^^^^^^^`,
		`<<tablerender .>>`: `tablerender takes 0 arguments, not 1 at column 3; usage: tablerender
    <<tablerender .>>
      ^^^^^^^^^^^`,
		`<<print (ago)>>`: `ago takes 1 argument, not 0 at column 10; usage: ago TIME
    <<print (ago)>>
             ^^^`,
		`<<if lt .Name>>x<<end>>`: `lt takes 2 arguments, not 1 at column 6; usage: lt VALUE VALUE
    <<if lt .Name>>x<<end>>
         ^^`,
		`<<define "t">><<len>><<end>><<template "t" .>>`: `len takes 1 argument, not 0 at column 17; usage: len VALUE
    <<define "t">><<len>><<end>><<template "t" .>>
                    ^^^`,
		`<<pluck "GroupNam" .SecurityGroups>>`: `unknown field GroupNam at column 10; did you mean "GroupName"?
    <<pluck "GroupNam" .SecurityGroups>>
             ^^^^^^^^`,
		`<<range pluck "PrivateIPs" .NetworkInterfaces>><<range .>><<.Primry>><<end>><<end>>`: `unknown field Primry at column 62; did you mean "Primary"?
    … .NetworkInterfaces>><<range .>><<.Primry>><<end>><<end>>
                                        ^^^^^^`,
		`<<color "gren" .State>>`: `color: "gren" is not a color; did you mean "green"? at column 9
    <<color "gren" .State>>
            ^^^^^^`,
		`<<color "red+x" .State>>`: `color: "x" is not an attribute of a color; the attributes are b, d, u, i, s, B and h at column 9
    <<color "red+x" .State>>
            ^^^^^^^`,
		`<<regexMatch "a(" .Name>>`: "regexMatch: error parsing regexp: missing closing ): `a(` at column 14\n" +
			"    <<regexMatch \"a(\" .Name>>\n" +
			"                 ^^^^",
		`<<trunc nil .Name>>`: `trunc takes a number as N, not nil at column 9; usage: trunc N TEXT
    <<trunc nil .Name>>
            ^^^`,
		`<<len .>>`: `len takes text, a list or a map, not an object at column 3; usage: len VALUE
    <<len .>>
      ^^^`,
		`<<index .PublicIPs "x">>`: `index takes a number for an item of a list, not a string at column 20; usage: index VALUE [KEY...]
    <<index .PublicIPs "x">>
                       ^^^`,
		`<<index .Tags 1>>`: `index takes text for a key of a map, not a number at column 15; usage: index VALUE [KEY...]
    <<index .Tags 1>>
                  ^`,
		`<<index .PublicIPs 0 0>>`: `index takes a list or a map, not a string at column 20; usage: index VALUE [KEY...]
    <<index .PublicIPs 0 0>>
                       ^`,
		`<<slice .Tags 1>>`: `slice takes text or a list, not a map of strings at column 3; usage: slice VALUE [N...]
    <<slice .Tags 1>>
      ^^^^^`,
		`<<eq .PublicIPs "1">>`: `eq takes text, numbers or bools, not a list of strings at column 3; usage: eq VALUE VALUE...
    <<eq .PublicIPs "1">>
      ^^`,
		`<<ge .Name true>>`: `ge takes text or numbers, not a bool at column 12; usage: ge VALUE VALUE
    <<ge .Name true>>
               ^^^^`,
		`<<lt .Name 3>>`: `lt takes values of one kind, not a string and a number at column 12; usage: lt VALUE VALUE
    <<lt .Name 3>>
               ^`,
		`<<call .Name>>`: `a record has no functions to call at column 3
    <<call .Name>>
      ^^^^`,
		`<<define "a">>x<<end>><<template "b">>`: `no template b is defined at column 34
    <<define "a">>x<<end>><<template "b">>
                                     ^^^`,
		`<<.Name>> <<nil>>`: `nil cannot be printed at column 13
    <<.Name>> <<nil>>
                ^^^`,
		`<<.Name .State>>`: `.Name is not a function and takes no arguments at column 3
    <<.Name .State>>
      ^^^^^`,
		`<<.Name | .State>>`: `.State is not a function and takes no arguments at column 11
    <<.Name | .State>>
              ^^^^^^`,
		`<<range $i, $x := .Name>>x<<end>>`: `range needs a list, a map or a number, not a string at column 19
    <<range $i, $x := .Name>>x<<end>>
                      ^^^^^`,
	} {
		_, err := Compile[instance](Options{Output: "template=" + text}, view)
		if got := fmt.Sprint(err); got != "--output template: "+want {
			t.Errorf("%s:\n%s\nwant:\n%s", text, got, want)
		}
	}
	for _, text := range []string{
		`<<index .Tags "a" | truncate 3 | upper | printf "%s">>`, `<<print>>`, `<<eq .Name "a" "b" "c">>`, `<<(index .NetworkInterfaces 0).DeviceIndex | printf "%d">>`,
		`<<truncate (index .NetworkInterfaces 0).DeviceIndex .Name>>`, `<<$n := 3>><<range .PublicIPs>><<$n = len .>><<end>><<truncate $n .Name>>`, `<<join "," (pluck "GroupId" .SecurityGroups)>>`,
		`<<define "t">><<join "," .>><<end>><<template "t" .PublicIPs>>`, `<<contains .Name .PublicIPs>>`, `<<default .Name .PublicIPs | json>>`, `<<html .Name>><<urlquery>><<js 1 2>>`,
	} {
		if _, err := Compile[instance](Options{Output: "template=" + text}, view); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// TestTemplateFailure: what a template can only fail of at a record is told in words
// without Go's types.
func TestTemplateFailure(t *testing.T) {
	t.Parallel()
	record := nasty()[0]
	for text, want := range map[string]string{
		`<<index "" 0>>`:                  `index "" 0: there is no such item`,
		`<<index .PublicIPs 9>>`:          `index .PublicIPs 9: there is no item 9`,
		`<<index .PublicIPs -1>>`:         `index .PublicIPs -1: there is no item -1`,
		`<<slice .InstanceId 3 1>>`:       `slice .InstanceId 3 1: the part ends before it starts: 3 to 1`,
		`<<slice .InstanceId 0 1 1>>`:     `slice .InstanceId 0 1 1: a part of a text takes a start and an end only`,
		`<<index nil 1>>`:                 `index nil 1: nil has no items`,
		`<<slice nil>>`:                   `slice nil: nil has no items`,
		`<<lt nil 1>>`:                    `lt nil 1: only text and numbers have an order`,
		`<<lt 1 1.5>>`:                    `lt 1 1.5: a whole number cannot be compared with a decimal number`,
		`<<eq (color "red" .State) "x">>`: `eq (color "red" .State) "x": colored text cannot be compared with text`,
		`<<trunc 1.5 .Name>>`:             `1.5: a whole number expected`,
		`<<template "output" .>>`:         `<<template "output" .>>: the template calls itself without end`,
		`<<define "a">><<len .>><<end>><<template "a" true>>`:             `len .: a bool has no length`,
		`<<define "a">><<range .>><<end>><<end>><<template "a" .Name>>`:   `.: range needs a list, a map or a number`,
		`<<define "a">><<.Foo>><<end>><<template "a" .PublicIPs>>`:        `.Foo: there is no field Foo in a list`,
		`<<define "a">><<index . "x">><<end>><<template "a" .PublicIPs>>`: `index . "x": the index of an item is a number, not text`,
		`<<define "a">><<index . 1>><<end>><<template "a" .Tags>>`:        `index . 1: a key is text, not a whole number`,
		`<<define "a">><<index . 1>><<end>><<template "a" .>>`:            `index . 1: an object has no items`,
		`<<define "a">><<eq . .>><<end>><<template "a" .PublicIPs>>`:      `eq . .: lists, maps and objects cannot be compared`,
		`<<define "a">><<join . .>><<end>><<template "a" .PublicIPs>>`:    `.: text expected, not a list`,
		`<<define "a">><<join "" .>><<end>><<template "a" .Name>>`:        `join "" .: join takes a separator and a list, as in join " " .PrivateIPs, not text`,
		`<<define "a">><<pluck "x" .>><<end>><<template "a" .PublicIPs>>`: `pluck "x" .: text has no x`,
	} {
		p := compile(t, Options{Output: "template=" + text})
		out := printed(t, p, record)
		out, _, _ = strings.Cut(strings.TrimPrefix(out, "error: --output template: 139769765351 eu-central-1 i-03046200b400761b0: "), "\n")
		if out != want {
			t.Errorf("%s:\n%s\nwant:\n%s", text, out, want)
		}
	}
	for text, want := range map[string]string{
		`<<len nil>> <<len (color "red" "abc")>>`:     "0 3\n",
		`<<html .Tags.x nil>><<urlquery .PublicIPs>>`: "18.198.43.157%2C18.198.233.241%2C52.59.78.34\n",
	} {
		if out := render(t, Options{Output: "template=" + text}, record); out != want {
			t.Errorf("%s: %q, want %q", text, out, want)
		}
	}
}

func TestTableRow(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		o    Options
		text string
		want string
	}{
		{"sorted and aligned, one blank cell at the end", Options{}, `<<tablerow .InstanceId .State .KeyName (len .PublicIPs)>>`, "" +
			"i-00000000000000001  terminated    0\n" +
			"i-08d63831da0b07bcc  pending       0\n" +
			"i-063e42032aaef6e4e  stopped       1\n" +
			"i-03046200b400761b0  running       3\n"},
		{"in a given order, with a header", Options{SortBy: []string{"-InstanceId"}}, "<<tableheader \"ID\" \"Region\">>\n<<tablerow .InstanceId .Region>>\n", "" +
			"ID                   Region\n" +
			"i-08d63831da0b07bcc  ap-northeast-1\n" +
			"i-063e42032aaef6e4e  us-west-2\n" +
			"i-03046200b400761b0  eu-central-1\n" +
			"i-00000000000000001  ap-northeast-1\n"},
		{"without the header", Options{NoHeaders: true}, `<<if .PublicIPs>><<tableheader "ID" "R">><<tablerow .InstanceId .Region>><<end>>`, "" +
			"i-063e42032aaef6e4e  us-west-2\n" +
			"i-03046200b400761b0  eu-central-1\n"},
		{"names are cut, ids and addresses are not, lists are stacked", Options{Width: columns(50)}, `<<tablerow .Name .InstanceId .PublicIPs .State>>`, "" +
			"          i-00000000000000001                  termina…\n" +
			"データ…   i-08d63831da0b07bcc                  pending\n" +
			"a,\"b\"\\n…  i-063e42032aaef6e4e  54.187.3.95     stopped\n" +
			"many ad…  i-03046200b400761b0  18.198.43.157   running\n" +
			"                               18.198.233.241\n" +
			"                               52.59.78.34\n"},
		{"colours take no room, escapes in names get none", Options{Color: true}, `<<tablerow (autocolor "red" .State) (printf "%.6s" .Name) .Region>>`, "" +
			"\x1b[31mterminated\x1b[0m                ap-northeast-1\n" +
			"\x1b[31mpending\x1b[0m     データベース  ap-northeast-1\n" +
			"\x1b[31mstopped\x1b[0m     a,\"b\"\\n       us-west-2\n" +
			"\x1b[31mrunning\x1b[0m     many a        eu-central-1\n"},
		{"a table a record, among text", Options{}, `<<with .NetworkInterfaces>><<$.InstanceId>>
<<range .>><<tablerow .NetworkInterfaceId .SubnetId>><<end>><<tablerender>><<end>>`, "" +
			"i-03046200b400761b0\n" +
			"eni-0a  subnet-1\n" +
			"eni-0b  subnet-2\n"},
		{"rows of several lengths", Options{}, `<<tablerow .InstanceId>><<range .SecurityGroups>><<tablerow "" .GroupId .GroupName>><<end>>`, "" +
			"i-00000000000000001\n" +
			"i-08d63831da0b07bcc\n" +
			"i-063e42032aaef6e4e\n" +
			"i-03046200b400761b0\n" +
			"                     sg-1  default\n" +
			"                     sg-2  web, \"internal\"\n"},
		{"nothing but what fails", Options{}, `<<tablerow (index .PublicIPs 9)>>`,
			"error: --output template: 013976976535 ap-northeast-1 i-00000000000000001: index .PublicIPs 9: there is no item 9 (4 records failed)\n" +
				"    <<tablerow (index .PublicIPs 9)>>\n" +
				"                ^^^^^^^^^^^^^^^^^^\n"},
	} {
		test.o.Output = "template=" + test.text
		if got := render(t, test.o, nasty()...); got != test.want {
			t.Errorf("%s:\n%s\nwant:\n%s", test.name, got, test.want)
		}
	}
	// Runs of one Printer have their own rows.
	p := compile(t, Options{Output: "template=<<tablerow .InstanceId>>"})
	var a, b strings.Builder
	first, second := p.Start(&a), p.Start(&b)
	first.Write(nasty()[0])
	second.Write(nasty()[1])
	first.Close()
	second.Close()
	if a.String() != "i-03046200b400761b0\n" || b.String() != "i-063e42032aaef6e4e\n" {
		t.Errorf("%q and %q", a.String(), b.String())
	}
}
