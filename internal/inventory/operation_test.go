package inventory

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"muster/internal/awsapi"
	"muster/internal/catalog"
	"muster/internal/wire"
)

// visitOperation returns the records of an operation in one place.
func visitOperation(t *testing.T, service, name string, paging Paging, handler http.HandlerFunc) (*Operation, []Record, error) {
	t.Helper()
	api, place := served(t, handler)
	o, err := NewOperation(catalog.Open(service).Operation(name), nil, "", paging)
	if err != nil {
		t.Fatal(err)
	}
	var got []Record
	err = o.Visit(t.Context(), api, place, func(page []Record) { got = append(got, page...) })
	return o, got, err
}

// TestOperationPages follows tokens, ends at a token that repeats, and stops at the
// number of items that the user wants.
func TestOperationPages(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		paging Paging
		next   map[string]string
		want   string
		failed bool
	}{
		"three pages":     {Paging{}, map[string]string{"": "a", "a": "b"}, "-0 -1 a0 a1 b0 b1", false},
		"a cycle":         {Paging{}, map[string]string{"": "a", "a": "b", "b": "a"}, "-0 -1 a0 a1 b0 b1", true},
		"a cycle of one":  {Paging{}, map[string]string{"": "a", "a": "a"}, "-0 -1 a0 a1", true},
		"a cycle of 3":    {Paging{}, map[string]string{"": "a", "a": "b", "b": "c", "c": "a"}, "-0 -1 a0 a1 b0 b1 c0 c1", true},
		"at most 3 items": {Paging{MaxItems: 3}, map[string]string{"": "a", "a": "a"}, "-0 -1 a0", false},
		"one page":        {Paging{OnePage: true}, map[string]string{"": "a"}, "-0 -1", false},
		"from a token":    {Paging{Token: "a"}, map[string]string{"a": "b"}, "a0 a1 b0 b1", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, records, err := visitOperation(t, "dynamodb", "list-tables", c.paging, func(w http.ResponseWriter, r *http.Request) {
				var in struct{ ExclusiveStartTableName string }
				json.NewDecoder(r.Body).Decode(&in)
				at := in.ExclusiveStartTableName
				shown := at
				if at == "" {
					shown = "-"
				}
				fmt.Fprintf(w, `{"TableNames": ["%[1]s0", "%[1]s1"], "LastEvaluatedTableName": %q}`, shown, c.next[at])
			})
			var items []string
			for _, r := range records {
				items = append(items, r.Item.(string))
			}
			if got := strings.Join(items, " "); got != c.want || (err != nil) != c.failed {
				t.Errorf("%s, %v; want %s", got, err, c.want)
			}
			if err != nil && awsapi.Explain(err).Kind != awsapi.Broken {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestPageByHand: a parameter that asks for a page gets that page, as in the AWS CLI.
func TestPageByHand(t *testing.T) {
	t.Parallel()
	for _, in := range []wire.Object{{{Name: "Limit", Value: int64(1)}}, {{Name: "ExclusiveStartTableName", Value: "a"}}} {
		calls := 0
		api, place := served(t, func(w http.ResponseWriter, _ *http.Request) {
			calls++
			io.WriteString(w, `{"TableNames": ["b"], "LastEvaluatedTableName": "b"}`)
		})
		o, err := NewOperation(catalog.Open("dynamodb").Operation("list-tables"), in, "", Paging{})
		if err != nil {
			t.Fatal(err)
		}
		if err := o.Visit(t.Context(), api, place, func([]Record) {}); err != nil || calls != 1 || !o.HasMorePages() {
			t.Errorf("%v: %v after %d calls", in, err, calls)
		}
	}
}

// TestOwnMembers: a member of AWS's with the name of one of muster's fields is kept.
func TestOwnMembers(t *testing.T) {
	t.Parallel()
	for service, operation := range map[string]string{"guardduty": "list-members", "securityhub": "list-members"} {
		list, err := NewOperation(catalog.Open(service).Operation(operation), nil, "", Paging{})
		if err != nil {
			t.Fatal(err)
		}
		f, ok := list.RecordType().FieldByName("OwnAccountId")
		if !ok || f.Type != reflect.TypeFor[*string]() {
			t.Errorf("%s %s: %v", service, operation, list.RecordType())
		}
	}
}

// TestItemsThatAreMaps: an item with names of its own, as of a table of DynamoDB, is the
// record's Value as a whole, also where one of the names is Value.
func TestItemsThatAreMaps(t *testing.T) {
	t.Parallel()
	o, records, err := visitOperation(t, "dynamodb", "scan", Paging{}, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"Items": [{"Value": {"S": "x"}, "list": {"L": [{"NULL": true}]}}]}`)
	})
	if err != nil || len(records) != 1 {
		t.Fatalf("%v: %v", err, records)
	}
	v := reflect.New(o.RecordType()).Elem()
	o.Fill(v, &records[0])
	answer := reflect.New(o.AnswerType(o.RecordType())).Elem()
	o.Answer(answer, []reflect.Value{v})
	for _, item := range []reflect.Value{v.FieldByName("Value"), fieldAt(answer, "Items").Index(0)} {
		if item.Len() != 2 {
			t.Errorf("%d names, want 2: %v", item.Len(), item)
		}
	}
}

// TestMainList: the records are the items of the list that an operation is about. An answer
// that describes one thing is one record, although it has a list of plain values.
func TestMainList(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"ec2 describe-volumes":                         "Volumes",
		"ecs list-clusters":                            "clusterArns",
		"firehose list-delivery-streams":               "DeliveryStreamNames",
		"cloudtrail get-query-results":                 "QueryResultRows",
		"ecs describe-clusters":                        "clusters",
		"secretsmanager get-secret-value":              "",
		"cloudformation get-template":                  "",
		"apigateway get-account":                       "",
		"sts get-caller-identity":                      "",
		"cloudformation get-stack-policy":              "",
		"autoscaling describe-metric-collection-types": "",
	} {
		service, operation, _ := strings.Cut(line, " ")
		o, err := NewOperation(catalog.Open(service).Operation(operation), nil, "", Paging{})
		if err != nil || o.items != want {
			t.Errorf("%s: %q, %v; want %q", line, o.items, err, want)
		}
	}
}
