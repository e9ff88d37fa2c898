package render

import (
	"strings"
	"testing"
)

// counted returns instances to count.
func counted() []instance {
	groups := func(names ...string) (list []securityGroup) {
		for _, name := range names {
			list = append(list, securityGroup{GroupName: name})
		}
		return list
	}
	return []instance{
		{AccountName: "dev", InstanceId: "i-1", State: "running", PrivateIPs: []string{"10.0.0.1", "10.0.0.2"}, SecurityGroups: groups("web", "ssh"), Tags: map[string]string{"env": "prod", "a.b": "x"}},
		{AccountName: "dev", InstanceId: "i-2", State: "stopped", SecurityGroups: groups("web", "web"), Tags: map[string]string{"env": "prod"},
			NetworkInterfaces: []networkInterface{{DeviceIndex: 10}, {DeviceIndex: 2}}},
		{AccountName: "shop\x1b", InstanceId: "i-3", State: "running", NetworkInterfaces: []networkInterface{{DeviceIndex: 2}}},
	}
}

func TestCountBy(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		options Options
		want    string
	}{
		{Options{CountBy: []string{"State"}}, "State    Count\nrunning  2      ████████████████████████████████████████\nstopped  1      ████████████████████\n"},
		{Options{CountBy: []string{"State"}, Width: func() int { return 24 }}, "State    Count\nrunning  2      ████████\nstopped  1      ████\n"},
		{Options{CountBy: []string{"State"}, Width: func() int { return 20 }}, "State    Count\nrunning  2\nstopped  1\n"},
		{Options{CountBy: []string{"AccountName"}, Output: "wide"}, "AccountName  Count\ndev          2      ████████████████████████████████████████\nshop\\x1b     1      ████████████████████\n"},
		{Options{CountBy: []string{"AccountName", "State"}, Output: "tree"}, "State       Count\n" +
			"dev\n├─ running  1      ████████████████████████████████████████\n└─ stopped  1      ████████████████████████████████████████\n" +
			"shop\\x1b\n└─ running  1      ████████████████████████████████████████\n"},
		{Options{CountBy: []string{"State"}, Output: "ndjson"}, "{\"State\":\"running\",\"Count\":2}\n{\"State\":\"stopped\",\"Count\":1}\n"},
		{Options{CountBy: []string{"Tags.env"}, Output: "ndjson"}, "{\"Tags\":{\"env\":\"prod\"},\"Count\":2}\n{\"Tags\":{\"env\":\"\"},\"Count\":1}\n"},
		{Options{CountBy: []string{"Tags.a.b", "Tags.env"}, Output: "ndjson", SortBy: []string{"Tags.a.b", "Tags.env"}},
			"{\"Tags\":{\"a.b\":\"\",\"env\":\"\"},\"Count\":1}\n{\"Tags\":{\"a.b\":\"\",\"env\":\"prod\"},\"Count\":1}\n{\"Tags\":{\"a.b\":\"x\",\"env\":\"prod\"},\"Count\":1}\n"},
		{Options{CountBy: []string{"SecurityGroups.GroupName"}, Output: "csv"}, "SecurityGroups.GroupName,Count\nweb,2\n,1\nssh,1\n"},
		{Options{CountBy: []string{"PrivateIPs"}, Output: "text"}, "\t2\n10.0.0.1\t1\n10.0.0.2\t1\n"},
		{Options{CountBy: []string{"NetworkInterfaces.DeviceIndex"}, JQ: "[.NetworkInterfaces.DeviceIndex, .Count]", SortBy: []string{"NetworkInterfaces.DeviceIndex"}}, "[0,1]\n[2,2]\n[10,1]\n"},
		{Options{CountBy: []string{"Tags.env"}, Output: "template=<<.Tags.env>> <<.Count>>"}, "prod 2\n 1\n"},
		{Options{CountBy: []string{"State", "State"}, Output: "name"}, "running\nstopped\n"},
		{Options{CountBy: []string{"State"}, Query: "[].Count", Output: "ndjson"}, "2\n1\n"},
		{Options{CountBy: []string{"State"}, Columns: []string{"Count", "State"}, SortBy: []string{"Count"}}, "Count  State\n1      stopped\n2      running\n"},
	} {
		if got := render(t, test.options, counted()...); got != test.want {
			t.Errorf("%+v:\n%s, want\n%s", test.options, got, test.want)
		}
	}
}

// TestCountByLongValues checks that a terminal cuts long values rather than dropping or
// wrapping them, and cuts ids and addresses only if they do not fit on a line. Wide
// tables and pipes show whole values.
func TestCountByLongValues(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long ", 60)
	records := []instance{
		{InstanceId: "i-0123456789abcdef0", Name: long, KeyName: "arn:aws:iam::264511973012:instance-profile/shop", Tags: map[string]string{"a": long}},
	}
	for _, test := range []struct {
		fields, output string
		width          int
		want           string
	}{
		{"Name", "", 40, "Name                               Count\nlong long long long long long lo…  1\n"},
		{"Tags.a", "", 24, "Tags.a             Count\nlong long long l…  1\n"},
		{"Name,Tags.a", "", 40, "Name              Tags.a           Count\nlong long long …  long long long…  1\n"},
		{"KeyName", "", 40, "KeyName                            Count\narn:aws:iam::264511973012:instan…  1\n"},
		{"InstanceId,Name", "", 40, "InstanceId           Name          Count\ni-0123456789abcdef0  long long l…  1\n"},
		{"Name", "tree", 40, "Name                               Count\nlong long long long long long lo…  1\n"},
		{"Name", "", 0, "Name" + strings.Repeat(" ", 298) + "Count\n" + long + "  1      ████████████████████████████████████████\n"},
		{"Name", "wide", 40, "Name" + strings.Repeat(" ", 298) + "Count\n" + long + "  1      ████████████████████████████████████████\n"},
	} {
		o := Options{CountBy: strings.Split(test.fields, ","), Output: test.output, Width: columns(test.width)}
		if got := render(t, o, records...); got != test.want {
			t.Errorf("%s %s %d:\n%s, want\n%s", test.fields, test.output, test.width, got, test.want)
		}
	}
}

// TestCountsTakeNoMemory checks that no counted record stays in memory.
func TestCountsTakeNoMemory(t *testing.T) {
	t.Parallel()
	s := compile(t, Options{CountBy: []string{"State"}}).Start(new(strings.Builder))
	for _, r := range counted() {
		if err := s.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.waiting) > 0 || len(s.tally.counts) != 2 {
		t.Errorf("%d records wait, %d counts", len(s.waiting), len(s.tally.counts))
	}
}

func TestCountByErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		options Options
		want    string
	}{
		{Options{CountBy: []string{"Stat"}}, "--count-by: unknown field Stat at column 1; did you mean \"State\"?"},
		{Options{CountBy: []string{"NetworkInterfaces"}}, "--count-by: cannot count by NetworkInterfaces, a list of objects"},
		{Options{CountBy: []string{"Tags"}}, "--count-by: cannot count by Tags, a map of strings"},
		{Options{CountBy: []string{"State"}, JQ: ".Name"}, "unknown field Name"},
		{Options{CountBy: []string{"State"}, SortBy: []string{"Name"}}, "unknown field Name"},
		{Options{Watch: true, Output: "json"}, "--watch: cannot be used with --output json; changes are marked in table, wide and tree only; with --out FILE, each round writes the file again"},
	} {
		_, err := Compile[instance](test.options, view)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v, want %s", test.options, err, test.want)
		}
	}
}
