package render

import (
	"errors"
	"io/fs"
	"muster/internal/safe"
	"reflect"
	"strings"
	"testing"

	"muster/internal/render/shape"

	"github.com/clipperhouse/displaywidth"
)

// Mistakes are found before there is a record: a message on one line and, where the
// place is known, the text with carets below it.
func TestErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		o    Options
		want string
	}{
		{Options{Output: "tabel"}, "--output: unknown format tabel; did you mean \"table\"? the formats are table, wide, tree, markdown, json, ndjson, yaml, csv, text, name, parquet, html, template=TEXT, template-file=PATH"},
		{Options{Output: "xml"}, "--output: unknown format xml; the formats are table, wide, tree, markdown, json, ndjson, yaml, csv, text, name, parquet, html, template=TEXT, template-file=PATH"},
		{Options{Output: "json=x"}, "--output: unknown format json=x; did you mean \"json\"? the formats are table, wide, tree, markdown, json, ndjson, yaml, csv, text, name, parquet, html, template=TEXT, template-file=PATH"},
		{Options{Output: "template"}, "--output: unknown format template; did you mean \"template=\"? the formats are table, wide, tree, markdown, json, ndjson, yaml, csv, text, name, parquet, html, template=TEXT, template-file=PATH"},
		{Options{Output: "template="}, "--output template: the template is empty; try '<<.AccountId>> <<.Region>>'"},
		{Options{Output: "template-file="}, "--output template-file: the path of a file is missing after the ="},
		{Options{Output: "template-file=no.tmpl"}, "--output template-file: cannot read the template: open no.tmpl: file does not exist"},
		{Options{Output: "template-file=bad.tmpl"}, "--output template-file bad.tmpl: unknown field PublcIPs at line 2, column 14; did you mean \"PublicIPs\"?\n    <<.Name>> <<.PublcIPs>>\n                 ^^^^^^^^"},

		{Options{Output: "template=Name"}, "--output template: the template has no field of the record; fields stand between << and >>, as in '<<.AccountId>> <<.Region>>'"},
		{Options{Output: "template={{.Name}} x"}, "--output template: the template has no field of the record; write <<.Name>> x"},
		{Options{JQ: ".[].Name"}, "--jq: the filter runs for each record by itself, and a record is not a list; leave out .[] or map, or add --slurp for one list of all records"},
		{Options{JQ: "map(select(.State == \"running\"))"}, "--jq: the filter runs for each record by itself, and a record is not a list; leave out .[] or map, or add --slurp for one list of all records"},
		{Options{JQ: "group_by(.Region) | length"}, "--jq: the filter runs for each record by itself, and a record is not a list; leave out .[] or map, or add --slurp for one list of all records"},
		{Options{Output: "template=<<.PublcIPs>>"}, "--output template: unknown field PublcIPs at column 4; did you mean \"PublicIPs\"?\n    <<.PublcIPs>>\n       ^^^^^^^^"},
		{Options{Output: "template=<<.PublicIPs | jion \",\">>"}, "--output template: function \"jion\" not defined at column 16; did you mean \"join\"?\n    <<.PublicIPs | jion \",\">>\n                   ^^^^"},
		{Options{Output: "template=<<range .PublicIPs>>x"}, "--output template: the template ends too early at column 22; is an <<end>> missing?\n    <<range .PublicIPs>>x\n                         ^"},
		{Options{Output: "template=<<.Name>> <<.Region"}, "--output template: unclosed action at column 11; an action ends with >>\n    <<.Name>> <<.Region\n              ^^^^^^^^^"},
		{Options{Output: "template=<<break>>"}, "--output template: <<break>> outside <<range>> at column 1\n    <<break>>\n    ^^^^^^^^^"},
		{Options{Output: "template=<<.Tags.a-b>>"}, "--output template: bad character U+002D '-' at column 1; for a key with such a character use index, as in index .Tags \"aws:cloudformation:stack-name\"\n    <<.Tags.a-b>>\n    ^^^^^^^^^^^^^"},
		{Options{Query: "[].日本"}, "--query: unexpected '日' at column 4\n    [].日本\n       ^^"},
		{Options{Output: "template=<<if>>a<<end>>"}, "--output template: missing value for if at column 1\n    <<if>>a<<end>>\n    ^^^^^^"},
		{Options{Output: "template=<<.SecurityGroups.GroupId>>"}, "--output template: a list of objects has no field GroupId at column 19; go through it with range, or take one with index\n    <<.SecurityGroups.GroupId>>\n                      ^^^^^^^"},
		{Options{Output: "template=<<range .SecurityGroups>><<.GroupNam>><<end>>"}, "--output template: unknown field GroupNam at column 29; did you mean \"GroupName\"?\n    <<range .SecurityGroups>><<.GroupNam>><<end>>\n                                ^^^^^^^^"},
		{Options{Output: "template=<<.Name.First>>"}, "--output template: a string has no field First at column 9\n    <<.Name.First>>\n            ^^^^^"},
		{Options{Output: "template=<<.Tags.Name>> <<.Nam>> <<.Name>>"}, "--output template: unknown field Nam at column 19; did you mean \"Name\"?\n    <<.Tags.Name>> <<.Nam>> <<.Name>>\n                      ^^^"},

		{Options{JQ: ".PublcIPs"}, "--jq: unknown field PublcIPs at column 2; did you mean \"PublicIPs\"?\n    .PublcIPs\n     ^^^^^^^^"},
		{Options{JQ: `"\(.Tags.Nam) .Nam" + .Nam | length`}, "--jq: unknown field Nam at column 24; did you mean \"Name\"?\n    \"\\(.Tags.Nam) .Nam\" + .Nam | length\n                           ^^^"},
		{Options{JQ: "{InstanceId, nets: [.NetworkInterfaces[] | .SubnetID]}"}, "--jq: unknown field SubnetID at column 45; did you mean \"SubnetId\"?\n    …Id, nets: [.NetworkInterfaces[] | .SubnetID]}\n                                        ^^^^^^^^"},
		{Options{JQ: "{InstnceId}"}, "--jq: unknown field InstnceId at column 2; did you mean \"InstanceId\"?\n    {InstnceId}\n     ^^^^^^^^^"},
		{Options{JQ: `.["Nme"]`}, "--jq: unknown field Nme at column 4; did you mean \"Name\"?\n    .[\"Nme\"]\n       ^^^"},
		{Options{JQ: "map(.Nme)", Slurp: true}, "--jq: unknown field Nme at column 6; did you mean \"Name\"?\n    map(.Nme)\n         ^^^"},
		{Options{JQ: ".Name", Slurp: true}, "--jq: a list of objects has no field Name at column 2; go through it with [] first\n    .Name\n     ^^^^"},
		{Options{JQ: ".SecurityGroups.GroupId"}, "--jq: a list of objects has no field GroupId at column 17; go through it with [] first\n    .SecurityGroups.GroupId\n                    ^^^^^^^"},
		{Options{JQ: ".Name[]"}, "--jq: a string has no items at column 6\n    .Name[]\n         ^^"},
		{Options{JQ: ".PublicIPs[], .Name[]"}, "--jq: a string has no items at column 20\n    .PublicIPs[], .Name[]\n                       ^^"},
		{Options{JQ: ".Name |"}, "--jq: the filter ends too early at column 8\n    .Name |\n           ^"},
		{Options{JQ: ".Name, ] .Region"}, "--jq: unexpected token \"]\" at column 8\n    .Name, ] .Region\n           ^"},
		{Options{JQ: ".Name | tostrng"}, "--jq: unknown function tostrng/0 at column 9; did you mean \"tostring\"?\n    .Name | tostrng\n            ^^^^^^^"},
		{Options{JQ: ".Name | split"}, "--jq: unknown function split/0 at column 9; there is split/1, split/2: the number counts the arguments\n    .Name | split\n            ^^^^^"},
		{Options{JQ: ".Name, $name"}, "--jq: unknown variable $name at column 8\n    .Name, $name\n           ^^^^^"},
		{Options{JQ: "[., inputs]"}, "--jq: there is no further input at column 5; the filter runs for each record by itself; --slurp gives it all of them\n    [., inputs]\n        ^^^^^^"},
		{Options{JQ: "debug, inputs", Slurp: true}, "--jq: unknown function debug/0 at column 1\n    debug, inputs\n    ^^^^^"},
		{Options{JQ: "first(inputs)", Slurp: true}, "--jq: there is no further input at column 7; --slurp gives it all records at once\n    first(inputs)\n          ^^^^^^"},
		{Options{JQ: "[.Name] | @tsv, @base32"}, "--jq: unknown format @base32 at column 17; the formats are @text, @json, @html, @uri, @urid, @csv, @tsv, @sh, @base64, @base64d\n    [.Name] | @tsv, @base32\n                    ^^^^^^^"},
		{Options{JQ: "\x1b[31m\n"}, "--jq: unexpected token \"\\u001b\" at column 1\n    \\x1b[31m\n    ^^^^"},

		{Options{Query: "[].Instnce"}, "--query: unknown field Instnce at column 4; did you mean \"InstanceId\"?\n    [].Instnce\n       ^^^^^^^"},
		{Options{Query: "Volumes[].Size"}, "--query: a list of objects has no field Volumes at column 1; the query starts at the list of records, as in [].AccountId\n    Volumes[].Size\n    ^^^^^^^"},
		{Options{Query: "InstanceId"}, "--query: a list of objects has no field InstanceId at column 1; write [].InstanceId\n    InstanceId\n    ^^^^^^^^^^"},
		{Options{Query: "[?state=='running'].InstanceId"}, "--query: unknown field state at column 3; did you mean \"State\"?\n    [?state=='running'].InstanceId\n      ^^^^^"},
		{Options{Query: "sort_by(@, &Naam)[].Name"}, "--query: unknown field Naam at column 13; did you mean \"Name\"?\n    sort_by(@, &Naam)[].Name\n                ^^^^"},
		{Options{Query: "[?State=='running'"}, "--query: expected \"]\", not the end at column 19\n    [?State=='running'\n                      ^"},
		{Options{Query: "[?State==`running`].{a: Name b}"}, "--query: expected \":\", not \"}\" at column 31\n    [?State==`running`].{a: Name b}\n                                  ^"},
		{Options{Query: "&Name"}, "--query: &... is not a value: use it in a function, as in sort_by(@, &Name) at column 1\n    &Name\n    ^"},
		{Options{Query: "[].Name | length(@, @)"}, "--query: length takes 1 argument, not 2 at column 11\n    [].Name | length(@, @)\n              ^^^^^^"},
		{Options{Query: "[].not_null()"}, "--query: not_null takes at least 1 argument, not 0 at column 4\n    [].not_null()\n       ^^^^^^^^"},
		{Options{Query: "@."}, "--query: expected a name, \"*\", \"[\" or \"{\", not the end at column 3\n    @.\n      ^"},
		{Options{Query: "[?State='running']"}, "--query: unexpected '=' at column 8; use == to compare\n    [?State='running']\n           ^"},
		{Options{Query: "[].Tags.App-Name"}, "--query: unexpected '-' at column 12; put the name in double quotes: \"App-Name\"\n    [].Tags.App-Name\n               ^"},
		{Options{Query: "[].{Name:Tags.aws:stack-name}"}, "--query: unexpected '-' at column 24; put the name in double quotes: \"aws:stack-name\"\n    [].{Name:Tags.aws:stack-name}\n                           ^"},
		{Options{Query: "[].{Name:App-Name}"}, "--query: unexpected '-' at column 13; put the name in double quotes: \"App-Name\"\n    [].{Name:App-Name}\n                ^"},
		{Options{Query: "[].Tags.aws:env"}, "--query: unexpected \":\" at column 12; put the name in double quotes: \"aws:env\"\n    [].Tags.aws:env\n               ^"},
		{Options{Query: "[].Tags.2nd"}, "--query: expected a name, \"*\", \"[\" or \"{\", not a number at column 9; put the name in double quotes: \"2nd\"\n    [].Tags.2nd\n            ^"},
		{Options{Query: "[].Tags[env]"}, "--query: expected a number, \":\" or \"*\", not a name at column 9\n    [].Tags[env]\n            ^^^"},
		{Options{Query: "[0].Name - `1`"}, "--query: unexpected '-' at column 10\n    [0].Name - `1`\n             ^"},
		{Options{Query: "let $x = [0].Name in $x"}, "--query: unexpected '$' at column 5\n    let $x = [0].Name in $x\n        ^"},
		{Options{Query: "[].'Name"}, "--query: the closing ' is missing at column 4\n    [].'Name\n       ^^^^^"},
		{Options{Query: "[?Name==`a\"b`]"}, "--query: not JSON at column 9\n    [?Name==`a\"b`]\n            ^^^^^"},
		{Options{Query: "Reservations[].Instances[].InstanceId"}, "--query: no field Reservations at column 1; records are flat: use [].InstanceId\n    Reservations[].Instances[].InstanceId\n    ^^^^^^^^^^^^"},
		{Options{Query: "[?!Tags.env].Name"}, "--query: a bool has no field env at column 9; ! applies to the part before the dot; write !(Tags.env)\n    [?!Tags.env].Name\n            ^^^"},
		{Options{Query: "[?Nme=='b'].Tags[] || 'none'"}, "--query: unknown field Nme at column 3; did you mean \"Name\"?\n    [?Nme=='b'].Tags[] || 'none'\n      ^^^"},
		{Options{Query: "group_by(@, &Region)"}, "--query: unknown function group_by at column 1\n    group_by(@, &Region)\n    ^^^^^^^^"},
		{Options{Query: "[?State=='a'] | [?Nme=='b' || Name=='c']"}, "--query: unknown field Nme at column 19; did you mean \"Name\"?\n    [?State=='a'] | [?Nme=='b' || Name=='c']\n                      ^^^"},
		{Options{Query: "lenght(@)"}, "--query: unknown function lenght at column 1; did you mean \"length\"?\n    lenght(@)\n    ^^^^^^"},

		{Options{Columns: []string{"InstanceId", "Tgs.env"}}, "--columns: unknown field Tgs at column 1; did you mean \"Tags\"?\n    Tgs.env\n    ^^^"},
		{Options{Columns: []string{"NetworkInterfaces.PrivateIPs.PrivatIP"}}, "--columns: unknown field PrivatIP at column 30; did you mean \"PrivateIP\"?\n    NetworkInterfaces.PrivateIPs.PrivatIP\n                                 ^^^^^^^^"},
		{Options{Columns: []string{"", " "}}, "--columns: a field name is missing"},
		{Options{CountBy: []string{""}}, "--count-by: a field name is missing"},
		{Options{SortBy: []string{""}}, "--sort-by: a field name is missing"},
		{Options{SortBy: []string{"-", "Name"}}, "--sort-by: a field name is missing"},
		{Options{Columns: []string{"Name."}}, "--columns: a field name is missing after the dot at column 6\n    Name.\n         ^"},
		{Options{Columns: []string{"Name.x"}}, "--columns: a string has no field x at column 6\n    Name.x\n         ^"},
		{Options{Columns: []string{"Name"}, Output: "json"}, "--columns: cannot be used with --output json; columns are chosen in table, wide, tree, markdown, csv, text and html"},
		{Options{Columns: []string{"Name"}, JQ: "."}, "--columns: cannot be used with --jq; the filter chooses the output"},
		{Options{Columns: []string{"Name"}, Query: "@"}, "--columns: cannot be used with --query; the query chooses the output"},
		{Options{SortBy: []string{"-Nam"}}, "--sort-by: unknown field Nam at column 1; did you mean \"Name\"?\n    Nam\n    ^^^"},
		{Options{SortBy: []string{"Tags"}}, "--sort-by: cannot sort by Tags, a map of strings"},
		{Options{SortBy: []string{"SecurityGroups"}, JQ: "."}, "--sort-by: cannot sort by SecurityGroups, a list of objects"},
		{Options{JQ: ".", Query: "@"}, "--jq: cannot be used with --query; choose one of them"},
		{Options{JQ: ".", Output: "template=x"}, "--jq: cannot be used with --output template; a filter prints its results itself"},
		{Options{JQ: ".", Output: "csv"}, "--jq: cannot be used with --output csv; end the filter with | @csv, or use --query"},
		{Options{Query: "@", Output: "name"}, "--query: cannot be used with --output name; use json, ndjson, yaml, text, csv, table and markdown"},
		{Options{Slurp: true}, "--slurp: needs --jq"},
	} {
		test.o.ReadFile = func(path string) ([]byte, error) {
			if path == "bad.tmpl" {
				return []byte("<<.InstanceId>>\n<<.Name>> <<.PublcIPs>>\n"), nil
			}
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		}
		_, err := Compile[instance](test.o, view)
		if _, ok := errors.AsType[*Error](err); !ok || err.Error() != test.want {
			t.Errorf("%q %q %q %q %q:\n%v\nwant:\n%s", test.o.Output, test.o.JQ, test.o.Query, test.o.Columns, test.o.SortBy, err, test.want)
		}
	}
}

// What is valid, or may be, is never objected to.
func TestNoFalseAlarms(t *testing.T) {
	t.Parallel()
	for _, filter := range []string{
		``, `.`, `..`, `.InstanceId`, `."InstanceId"`, `.["InstanceId"]`, `.InstanceId?`, `.Tags.anything`, `.Tags["a b"]`, `.Tags[.Name]`, `.Tags | keys`,
		`.Tags | to_entries[] | .key`, `.Tags | to_entries | map("\(.key)=\(.value)") | join(",")`, `.[]`, `.[] | strings`, `.. | .GroupId?`, `.. | objects | .GroupId`,
		`.PublicIPs[0]`, `.PublicIPs[0] // "none"`, `.PublicIPs[-1:]`, `.PublicIPs | first // "-"`, `.PublicIPs | if length > 0 then .[0] else "-" end`,
		`select(.State == "running") | .InstanceId`, `select(.Name | test("^web")) | .Region`, `.NetworkInterfaces[].PrivateIPs[] | select(.Primary) | .PrivateIP`,
		`[.NetworkInterfaces[] | {id: .NetworkInterfaceId, groups: [.SecurityGroups[].GroupId]}] | .[0].id`, `{InstanceId, "Name", Tags, (.Name): .Region, "x\(.Name)": 1}`,
		`. as $i | .PrivateIPs[] | "\($i.InstanceId) \(.)"`, `. as {InstanceId: $id, Tags: {$env}} | $id, $env`, `.extra = 1 | .extra`, `.Tags.x |= "y" | .Tags.x`, `. + {x: 1} | .x`, `del(.Tags) | .whatever`,
		`with_entries(select(.value == "")) | .x`, `reduce .PublicIPs[] as $ip ({}; .[$ip] = 1) | .x`, `foreach .PublicIPs[] as $ip (0; . + 1; [., $ip]) | .[1]`,
		`def f: .x; {x: .Name} | f`, `def map(f): .z; map(.nonsense)`, `def g(f): f; g(.Name)`, `try error("x") catch .`, `try .Name.x`, `(.Name | .x)? // "y"`, `.Name.first // "y"`,
		`label $out | .PublicIPs[] | ., break $out`, `[limit(1; .PublicIPs[])] | .[0]`, `first(.SecurityGroups[].GroupName)`, `.SecurityGroups | map(.GroupId) | join(" ")`,
		`.SecurityGroups | sort_by(.GroupName) | map(.GroupName)[0]`, `.SecurityGroups | group_by(.GroupId) | .[0][0].GroupId`, `.SecurityGroups | any(.GroupId == "sg-1")`, `any(.SecurityGroups[]; .GroupName == "x")`,
		`[.InstanceId, .PublicIPs[]] | @tsv`, `@base64 "\(.Name)"`, `.LaunchTime | fromdate`, `.Name | ascii_upcase | ltrimstr("WEB")`, `[paths] | length`, `getpath(["Tags", "x"])`, `path(.Tags.x)`,
		`if .State == "x" then {a: 1} else . end | .a`, `(.Name, .Tags) | type`, `$ENV.HOME`, `env.HOME`, `.Tags | has("x")`, `"a" as $x | [$x.y?]`, `-1 | .`, `[.PrivateIPs, .PublicIPs] | add | .[0]`,
	} {
		if _, err := Compile[instance](Options{JQ: filter}, view); err != nil {
			t.Errorf("--jq %s: %v", filter, err)
		}
	}
	for _, query := range []string{
		`@`, `[]`, `[*].InstanceId`, `[].InstanceId`, `[].[InstanceId,PublicIPs]`, `[?State=='running'].[InstanceId,PublicIPs]`, `[?State==` + "`running`" + `].Name`, `length(@)`, `[0]`, `[0].Tags.env`, `[-1].Name`, `[:2].Name`,
		`[].Tags.anything`, `[].Tags."aws:autoscaling:groupName"`, `[].{Id: InstanceId, Tag: Tags.Name}`, `[].{Id: InstanceId} | [].Id`, `[].{Id: InstanceId} | [0].Whatever`, `[].PublicIPs[]`, `[].PublicIPs[] | sort(@)`,
		`sort_by(@, &LaunchTime)[-1].InstanceId`, `reverse(sort_by(@, &Name))[].Name`, `max_by(@, &LaunchTime).InstanceId`, `[?length(PublicIPs) > ` + "`1`" + `].InstanceId`, `[?contains(Name, 'web')].InstanceId`,
		`[?LaunchTime>='2026-01-01'].InstanceId`, `[].NetworkInterfaces[].PrivateIPs[?Primary].PrivateIP[]`, `[].NetworkInterfaces[].SecurityGroups[].GroupId | []`, `[].SecurityGroups[?GroupName=='default'] | []`,
		`[?!(State=='running')]`, `[?State=='a' || State=='b' && Region!='c'].Name`, `[].Tags.*`, `[].*`, `[*].Tags | [0].x`, `map(&InstanceId, @)`, `keys([0].Tags)`, `[].to_string(@)`,
		`join(',', [].InstanceId)`, `not_null([0].Name, 'x')`, `{count: length(@), ids: [].InstanceId}`, `[].PublicIPs[0:3]`, `[99999999999999999999]`, `[?Tags.env==null].Name`, `[?State==true]`, `[].{n: Title || Name}`, `[].not_null(Title, Name)`, `[].[NetworkInterfaces[0].Nope.Deep || Name]`, `sort_by(@, &Tags.env)[].InstanceId`, `'literal'`, "`[1]`", `[].join(',', PublicIPs)`, `[?Tags.env == 'prod' && starts_with(Region, 'eu')] | length(@)`,
	} {
		if _, err := Compile[instance](Options{Query: query}, view); err != nil {
			t.Errorf("--query %s: %v", query, err)
		}
	}
	for _, text := range []string{
		`<<.>>`, `<<.Name>>`, `<<.Tags.env>>`, `<<index .Tags "a b">>`, `<<index .PublicIPs 0>>`, `<<(index .SecurityGroups 0).GroupId>>`, `<<(index .NetworkInterfaces 0).PrivateIPs>>`,
		`<<range .PublicIPs>><<.>> <<end>>`, `<<range $i, $ip := .PublicIPs>><<$i>>=<<$ip>><<$.Name>><<else>>none<<end>>`, `<<range $k, $v := .Tags>><<$k>>=<<$v>><<end>>`, `<<range .NetworkInterfaces>><<range .PrivateIPs>><<.PublicIP>><<end>><<end>>`,
		`<<with .Tags>><<.env>><<end>>`, `<<with $x := .Name>><<$x>><<$.Region>><<else>><<.Region>><<end>>`, `<<if and .Name (eq .State "running")>><<.Name>><<else if .Region>>y<<end>>`, `<<$x := .NetworkInterfaces>><<len $x>>`, `<<$x := .Name>><<$x = .Tags>><<$x.foo>>`,
		`<<$x := .Tags>><<range .PublicIPs>><<$x = .>><<end>><<$x.y>>`, `<<define "t">><<.Whatever>><<end>><<template "t" .Tags>>`, `<<block "b" .>><<.Name>><<end>>`, `<<printf "%-20s %s" .InstanceId .PublicIPs>>`, `<<.PublicIPs | join " " | upper>>`, `<<json .>>`, `<<json . | len>>`,
		`<<.Name | default "none" | trunc 3>>`, `<<timefmt "2006" .LaunchTime>>`, `<<ago .LaunchTime>>`, `<<len .PublicIPs>>`, `<<slice .Name 0 1>>`, `<<(slice .SecurityGroups 0 1)>>`, `<</* comment */>>x`, `<<- .Name ->>`, `<<range 3>><<.>><<end>>`, `<<"<<">>`, `<<or .Name .InstanceId>>`, `<<range .PublicIPs>><<break>><<end>>`, `<<not .Name>>`, `<<eq .State "a" "b">>`, `<<html .Name>>`, `<<print .Name .PublicIPs>>`,
	} {
		if _, err := Compile[instance](Options{Output: "template=" + text}, view); err != nil {
			t.Errorf("template=%s: %v", text, err)
		}
	}
}

func TestTemplateValues(t *testing.T) {
	t.Parallel()
	record := nasty()[0]
	for text, want := range map[string]string{
		`<<range $i, $ip := .PublicIPs>><<if $i>>;<<end>><<$ip>><<end>>`: "18.198.43.157;18.198.233.241;52.59.78.34",
		`<<len .PublicIPs>> <<index .PublicIPs 1>>`:                      "3 18.198.233.241",
		`<<if eq (index .PublicIPs 0) "18.198.43.157">>yes<<end>>`:       "yes",
		`<<printf "%-8s|%s|%d" .Lifecycle .PublicIPs 3>>`:                "        |18.198.43.157,18.198.233.241,52.59.78.34|3",
		`<<print .Lifecycle .IPv6s>>`:                                    "2a05:d014::1",
		`<<.PublicIPs | join " ">>`:                                      "18.198.43.157 18.198.233.241 52.59.78.34",
		`<<.Tags.nope>>[<<index .Tags "nope">>]`:                         "[]",
		`<<.KeyName | default "none">> <<.Name | default "none">>`:       "none many addresses",
		`<<.SubnetId | upper>> <<.Name | trunc 4>> <<trunc 99 .Name>>`:   "SUBNET-1 many many addresses",
		`<<timefmt "02 Jan 2006" .LaunchTime>>, <<ago .LaunchTime>>`:     "01 Jan 2026, 3 days ago",
		`<<json .SecurityGroups>> <<json .Name>>`:                        `[{"GroupId":"sg-1","GroupName":"default"},{"GroupId":"sg-2","GroupName":"web, \"internal\""}] "many addresses"`,
		`<<(index .NetworkInterfaces 0).DeviceIndex>> <<true>> <<1.5>>`:  "0 true 1.5",
		`<<range .NetworkInterfaces>><<.PrivateIPs>><<end>>`:             `[{"PrivateIP":"172.31.3.76","PublicIP":"18.198.43.157","Primary":true},{"PrivateIP":"172.31.9.210","PublicIP":"","Primary":false}][]`,
		`<<index .NetworkInterfaces 1 | json>>`:                          `{"NetworkInterfaceId":"eni-0b","DeviceIndex":1,"SubnetId":"subnet-2","VpcId":"","MacAddress":"","PrivateIPs":[],"IPv6s":[],"SecurityGroups":[]}`,
		`<<"a" | printf "%s-%s" "b">>`:                                   "b-a",
		`a\tb<<1>>`:                                                      `a\tb1`,
	} {
		if got := render(t, Options{Output: "template=" + text}, record); got != want+"\n" {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	for ago, want := range map[string]string{
		"2026-01-04T12:00:00Z": "just now", "2026-01-04T11:58:59Z": "1 minute ago", "2026-01-04T10:00:00+01:00": "3 hours ago",
		"2025-11-04T12:00:00Z": "2 months ago", "2023-01-04T12:00:00Z": "3 years ago", "2026-01-05T13:00:00Z": "in 1 day", "": "",
	} {
		if got := render(t, Options{Output: "template=<<ago .LaunchTime>>"}, instance{LaunchTime: ago}); got != want+"\n" {
			t.Errorf("ago %q: %q, want %q", ago, got, want)
		}
	}
	file := func(string) ([]byte, error) { return []byte("<<.InstanceId>>\n<<.Name>>\n"), nil }
	if got, want := render(t, Options{Output: "template-file=x", ReadFile: file}, record), "i-03046200b400761b0\nmany addresses\n"; got != want {
		t.Errorf("template-file: %q, want %q", got, want)
	}
}

func TestFields(t *testing.T) {
	t.Parallel()
	type record struct {
		Id     string
		Count  int
		On     bool
		Groups []securityGroup
		Tags   map[string]string
		Raw    any
		securityGroup
	}
	want := []shape.FieldInfo{{Path: "Id", Type: "string"}, {Path: "Count", Type: "number"}, {Path: "On", Type: "bool"}, {Path: "Groups", Type: "list of objects"}, {Path: "Groups.GroupId", Type: "string"}, {Path: "Groups.GroupName", Type: "string"}, {Path: "Tags", Type: "map of strings"}, {Path: "Raw", Type: "any"}, {Path: "GroupId", Type: "string"}, {Path: "GroupName", Type: "string"}}
	if got := shape.SchemaOf[record]().AllFields(); !reflect.DeepEqual(got, want) {
		t.Errorf("%v\nwant %v", got, want)
	}
}

func checkCompiled(t *testing.T, o Options) {
	_, err := Compile[instance](o, view)
	if err == nil {
		return
	}
	msg := err.Error()
	if lines := strings.Count(msg, "\n"); lines != 0 && lines != 2 || msg == "" || strings.ContainsFunc(strings.ReplaceAll(msg, "\n", ""), func(r rune) bool { return !safe.Visible(r) }) {
		t.Errorf("%+v: %q", o, msg)
	}
}

func FuzzJQ(f *testing.F) {
	for _, seed := range []string{`.Name`, `.Nme | foo`, `{InstnceId}`, `.Tags["a"]`, `"\(.x)"`, `def f: .a; f`, `.[`, `$x`, "\xff", "`\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, filter string) {
		checkCompiled(t, Options{JQ: filter})
		checkCompiled(t, Options{JQ: filter, Slurp: true})
	})
}

func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{`<<.Name>>`, `<<.Nme>>`, `<<range .Tags>><<.>><<end>>`, `<<foo>>`, `<<`, `<<define "x">><<end>>`, `<<$x := .Name>>`, "\n<<.\xff>>", `<<block "b" .>><<end>>`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) { checkCompiled(t, Options{Output: "template=" + text}) })
}

func FuzzQuery(f *testing.F) {
	for _, seed := range []string{`[].Name`, `[?a==` + "`b`" + `]`, `{a: b`, `sort_by(@, &x)`, `foo(@)`, `[`, "`", `'`, "\xff", `[0:1:2]`, `let $x = a in b`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		checkCompiled(t, Options{Query: query})
		for _, output := range []string{"json", "text", "csv", "table"} {
			if p, err := Compile[instance](Options{Query: query, Output: output}, view); err == nil {
				printed(t, p, nasty()...)
			}
		}
	})
}

// TestExcerpt: carets stand below what is wrong as a terminal shows it, whatever is
// around, on lines that fit 80 columns with an indent of two.
func TestExcerpt(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("abcdefghi ", 30)
	for _, test := range []struct {
		text, wrong string // the place is that of the last wrong in text
		want        string
	}{
		{".Nme", "Nme", ".Nme|\n ^^^"},
		{".Name |", "", ".Name ||\n       ^"},
		{".Name |\n\n", "", ".Name ||\n       ^"},
		{"", "", "|\n^"},
		{"日本 🐘 .Nme", "Nme", "日本 🐘 .Nme|\n         ^^^"},
		{"e\u0301\u0301 .é", "é", "e\u0301\u0301 .é|\n   ^"},
		{".日本 x", "日本", ".日本 x|\n ^^^^"},
		{"\x1b[2J\u202e\t.Nme\xff", "Nme", `\x1b[2J\u202e\t.Nme\xff` + "|\n" + strings.Repeat(" ", 16) + "^^^"},
		{"\x1b", "\x1b", `\x1b` + "|\n^^^^"},
		{"first\n\t  .Nme | x\r\nlast", "Nme", ".Nme | x|\n ^^^"},
		{"a\n\n", "\n\n", "a|\n ^"},
		{long + ".Nme", "Nme", "…" + long[len(long)-34:] + ".Nme|\n" + strings.Repeat(" ", 36) + "^^^"},
		{".Nme " + long, "Nme", ".Nme " + long[:62] + "…|\n ^^^"},
		{strings.Repeat("日", 40) + " .Nme", "Nme", "…" + strings.Repeat("日", 16) + " .Nme|\n" + strings.Repeat(" ", 35) + "^^^"},
		{strings.Repeat("x", 100), strings.Repeat("x", 100), strings.Repeat("x", 29) + "…|\n" + strings.Repeat("^", 30)},
	} {
		e := Error{Flag: "--jq", Msg: "m", Text: test.text, Offset: strings.LastIndex(test.text, test.wrong), Length: len(test.wrong)}
		if test.text == "" {
			e.Text = "\n"
		}
		_, got, _ := strings.Cut(e.Error(), "\n")
		want := "    " + strings.Replace(test.want, "|\n", "\n    ", 1)
		if got != want {
			t.Errorf("%q:\n%s\nwant:\n%s", test.text, got, want)
		}
		for line := range strings.Lines(got) {
			if w := displaywidth.String(strings.TrimSuffix(line, "\n")); w > 78 {
				t.Errorf("%q: a line of %d columns", test.text, w)
			}
		}
	}
}
