package render

import "testing"

// TestTree checks records below their headings, and the lines of the tree beside a
// record that takes several lines.
func TestTree(t *testing.T) {
	t.Parallel()
	records := []instance{
		{AccountId: "2", AccountName: "a production account", Region: "r1", InstanceId: "i-4", Name: "one", State: "running"},
		{AccountId: "1", AccountName: "dev", Region: "r2", InstanceId: "i-3", Name: "two", State: "stopped"},
		{AccountId: "1", AccountName: "dev", Region: "r1", InstanceId: "i-1", Name: "three\x1b", State: "running", PrivateIPs: []string{"10.0.0.1", "10.0.0.2"}},
		{AccountId: "1", AccountName: "dev", Region: "r1", InstanceId: "i-2", State: "running", PrivateIPs: []string{"10.0.0.3"}},
	}
	levels := view
	levels.Tree = [][]string{{"AccountName", "AccountId"}, {"Region"}}
	for _, test := range []struct {
		view  View
		width int
		o     Options
		want  string
	}{
		{levels, 0, Options{Columns: []string{"Name", "State", "PrivateIPs"}}, `InstanceId  Name       State    PrivateIPs
dev (1)
├─ r1
│  ├─ i-1   three\x1b  running  10.0.0.1,10.0.0.2
│  └─ i-2   -          running  10.0.0.3
└─ r2
   └─ i-3   two        stopped  -
a production account (2)
└─ r1
   └─ i-4   one        running  -
`},
		{levels, 41, Options{Columns: []string{"Name", "PrivateIPs", "State"}, SortBy: []string{"-AccountId"}}, `InstanceId  Name      PrivateIPs  State
a production account (2)
└─ r1
   └─ i-4   one       -           running
dev (1)
├─ r1
│  ├─ i-1   three\x…  10.0.0.1    running
│  │                  10.0.0.2
│  └─ i-2   -         10.0.0.3    running
└─ r2
   └─ i-3   two       -           stopped
`},
		{levels, 20, Options{NoHeaders: true, Columns: []string{"State"}}, `dev (1)
├─ r1
│  ├─ i-1  running
│  └─ i-2  running
└─ r2
   └─ i-3  stopped
a production accoun…
└─ r1
   └─ i-4  running
`},
		{view, 0, Options{NoHeaders: true, Columns: []string{"State"}}, `1
├─ r1
│  ├─ i-1  running
│  └─ i-2  running
└─ r2
   └─ i-3  stopped
2
└─ r1
   └─ i-4  running
`},
	} {
		o := test.o
		o.Output, o.Width = "tree", func() int { return test.width }
		p, err := Compile[instance](o, test.view)
		if err != nil {
			t.Fatal(err)
		}
		if got := printed(t, p, records...); got != test.want {
			t.Errorf("%d columns, %+v:\n%s, want\n%s", test.width, o, got, test.want)
		}
	}
}
