package html

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"time"

	"muster/internal/render/shape"
)

// machine is a record with a field of each kind.
type machine struct {
	AccountId, AccountName, Region string
	InstanceId, Name, InstanceType string
	State                          string
	PrivateIPs, PublicIPs          []string
	LaunchTime                     string `render:"time"`
	Cores                          int
	Disks                          []disk
	Tags                           map[string]string
	Extra                          any
	Note                           *string `render:"optional"`
}

type disk struct {
	VolumeId string
	Size     int
	Devices  []string
}

// hostile are names that a page must neither run nor let change its look.
var hostile = []string{
	"web", "ü 日本 🐘", "</script><script>window.ran = 1</script>", "<img src=x onerror='window.ran = 2'>", "<!--<script>", "\"'`&amp;",
	"\u202egnp.exe", "\x00\x1b[31m\u2028\u2029\ufeff", "=1+1", "@SUM(A1)", "-2", "javascript:window.ran=3", "https://example.com/x", "\xff\xfe",
	"]]>", "{{.}}", "${window.ran = 4}", "__proto__", "constructor", "</title>", strings.Repeat("long ", 200), "a,b\nc",
}

func generated(n int) []machine {
	random := rand.New(rand.NewPCG(1, 2))
	word := func() string { return hostile[random.IntN(len(hostile))] }
	machines := make([]machine, n)
	for i := range machines {
		account := random.IntN(40)
		m := machine{
			AccountId: fmt.Sprintf("%012d", 111122223333+account), AccountName: fmt.Sprintf("Team %d", account), Region: []string{"eu-west-1", "us-east-1", "cn-north-1"}[random.IntN(3)],
			InstanceId: fmt.Sprintf("i-%017x", i), Name: word(), InstanceType: []string{"m5.large", "t3.micro", "c7g.xlarge"}[random.IntN(3)], State: []string{"running", "stopped"}[random.IntN(2)],
			PrivateIPs: []string{fmt.Sprintf("10.0.%d.%d", i/250%250, i%250)}, PublicIPs: []string{}, Cores: random.IntN(64),
			LaunchTime: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(random.IntN(700)) * 24 * time.Hour).Format(time.RFC3339),
			Disks:      []disk{{word(), i, []string{word()}}}, Tags: map[string]string{"env": word(), word(): word()}, Extra: map[string]any{word(): word()},
		}
		if account == 1 {
			m.AccountName = word()
		}
		if i%3 == 0 {
			m.Note, m.PublicIPs = new(word()), []string{fmt.Sprintf("198.51.%d.%d", i/250%250, i%250)}
		}
		machines[i] = m
	}
	return machines
}

// written returns a page of records, sorted at first as muster's table is.
func written(p Page, records []machine) []byte {
	return writtenIn([]string{"AccountId", "Region", "InstanceId"}, p, records)
}

func writtenIn(order []string, p Page, records []machine) []byte {
	schema := shape.SchemaOf[machine]()
	var columns []Column
	for _, name := range []string{"AccountName", "AccountId", "Region", "InstanceId", "Name", "InstanceType", "State", "PrivateIPs", "PublicIPs", "Cores", "Tags.env"} {
		path, err := shape.ParsePath("--columns", name, schema)
		if err != nil {
			panic(err)
		}
		columns = append(columns, Column{Path: path})
	}
	columns[6].Color = func(state string) string { return map[string]string{"running": "green", "stopped": "yellow"}[state] }
	w := NewWriter(&p, schema, columns, order)
	var b []byte
	for i := range records {
		b = w.Record(b, shape.ValueOf(schema, reflect.ValueOf(&records[i]).Elem()))
	}
	return w.End(b)
}

func testPage() Page {
	return Page{
		Title: "Instances", Noun: "instances", Singular: "instance", Command: "muster instances --organization --role '<b>'",
		Summary: func() Summary {
			return Summary{
				At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Accounts: 39, Regions: 3,
				Consoles: map[string]string{"eu-west-1": "console.aws.amazon.com", "us-east-1": "console.aws.amazon.com", "cn-north-1": "console.amazonaws.cn"},
				Gaps: []Gap{
					{Cause: "denied-scp, DescribeInstances: UnauthorizedOperation: <script>window.ran = 5</script>", Remedy: "skip regions with --exclude-region", Where: "region eu-south-1 in 2 accounts", Places: []string{"111122223333 Team 0 eu-south-1", "111122223334 Team 1 eu-south-1"}},
					{Cause: "unreachable", Where: "111122223335 Team 2", Places: []string{"111122223335 Team 2"}},
				},
			}
		},
	}
}
