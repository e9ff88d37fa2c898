package render

import (
	"strings"
	"testing"
)

// TestWatch checks the marks of each round, in the order of the table.
func TestWatch(t *testing.T) {
	t.Parallel()
	record := func(id, state string) instance {
		return instance{AccountId: "1", AccountName: "dev", Region: "r1", InstanceId: id, State: state}
	}
	lost := func(r *instance) bool { return strings.HasPrefix(r.InstanceId, "lost") }
	type round struct {
		records []instance
		unseen  func(*instance) bool
		changes string
		want    string
	}
	for _, test := range []struct {
		name    string
		options Options
		only    bool
		rounds  []round
	}{
		{"table", Options{Columns: []string{"InstanceId", "State"}}, false, []round{
			{[]instance{record("b", "running"), record("a", "running"), record("lost", "running")}, nil, "", "" +
				"   InstanceId  State\n   a           running\n   b           running\n   lost        running\n"},
			{[]instance{record("b", "stopped"), record("c", "running")}, lost, "+1 ~1 -1 ?1", "" +
				"   InstanceId  State\n-  a           running\n~  b           stopped\n+  c           running\n?  lost        running\n"},
			{[]instance{record("b", "stopped"), record("c", "running")}, lost, "?1", "" +
				"   InstanceId  State\n   b           stopped\n   c           running\n?  lost        running\n"},
			{[]instance{record("b", "stopped"), record("lost", "running")}, lost, "-1", "" +
				"   InstanceId  State\n   b           stopped\n-  c           running\n   lost        running\n"},
			{nil, nil, "-2", "   InstanceId  State\n-  b           stopped\n-  lost        running\n"},
			{nil, nil, "", ""},
		}},
		{"hidden fields do not count", Options{Columns: []string{"InstanceId"}}, false, []round{
			{[]instance{record("a", "running")}, nil, "", "   InstanceId\n   a\n"},
			{[]instance{record("a", "stopped")}, nil, "", "   InstanceId\n   a\n"},
		}},
		{"two equal records", Options{Columns: []string{"InstanceId"}}, false, []round{
			{[]instance{record("a", ""), record("a", "")}, nil, "", "   InstanceId\n   a\n   a\n"},
			{[]instance{record("a", "")}, nil, "-1", "   InstanceId\n   a\n-  a\n"},
		}},
		{"changes only", Options{Columns: []string{"InstanceId", "State"}, NoHeaders: true}, true, []round{
			{[]instance{record("a", "running"), record("lost", "running")}, nil, "", "   a     running\n   lost  running\n"},
			{[]instance{record("a", "stopped")}, lost, "~1 ?1", "~  a     stopped\n?  lost  running\n"},
			{[]instance{record("a", "stopped")}, lost, "", ""},
			{[]instance{record("a", "stopped"), record("lost", "running")}, lost, "~1", "~  lost  running\n"},
		}},
		{"narrow", Options{Width: func() int { return 4 }}, false, []round{
			{[]instance{record("i-1", "running")}, nil, "", "   InstanceId\n   i-1\n"},
		}},
		{"tree", Options{Output: "tree", Columns: []string{"State"}}, false, []round{
			{[]instance{record("a", "running")}, nil, "", "   InstanceId  State\n   1\n   └─ r1\n      └─ a     running\n"},
			{[]instance{record("b", "running")}, nil, "+1 -1", "   InstanceId  State\n   1\n   └─ r1\n-     ├─ a     running\n+     └─ b     running\n"},
		}},
		{"counts", Options{CountBy: []string{"State"}, NoHeaders: true}, false, []round{
			{[]instance{record("a", "running"), record("b", "running"), record("lost", "stopped")}, nil, "", "" +
				"   running  2  ████████████████████████████████████████\n   stopped  1  ████████████████████\n"},
			{[]instance{record("a", "running"), record("c", "pending")}, lost, "+1 ~1 ?1", "" +
				"+  pending  1  ████████████████████████████████████████\n~  running  1  ████████████████████████████████████████\n" +
				"?  stopped  1  ████████████████████████████████████████\n"},
		}},
	} {
		test.options.Watch = true
		watch := compile(t, test.options).Watch()
		watch.ChangesOnly = test.only
		for i, r := range test.rounds {
			var out, again strings.Builder
			s := watch.Round(&out, r.unseen)
			for _, record := range r.records {
				if err := s.Write(record); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if out.String() != r.want || watch.Changes() != r.changes {
				t.Errorf("%s, round %d: %q\n%swant %q\n%s", test.name, i+1, watch.Changes(), out.String(), r.changes, r.want)
			}
			if err := watch.Again(&again); err != nil || !test.only && again.String() != out.String() {
				t.Errorf("%s, round %d: again it is\n%s(%v)", test.name, i+1, again.String(), err)
			}
		}
	}
}
