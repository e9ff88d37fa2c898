package inventory

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestDemoOperationsHaveAnswers finds an item whose members do not fit AWS's shapes.
func TestDemoOperationsHaveAnswers(t *testing.T) {
	t.Parallel()
	operations, err := DemoOperations()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range operations {
		for _, part := range o.parts {
			if _, err := o.Answer(t.Context(), part.account, part.region, func(string, string) bool { return true }); err != nil {
				t.Errorf("%s %s: %v", o.Operation.Service.Name, o.Operation.Name, err)
			}
		}
	}
}

const servicesKind = `
title: services
service: ecs
operation: ListClusters
steps:
  - each: ListServices
    parameters: {cluster: "{Value}"}
    items: serviceArns
    keep: {cluster: Value}
  - batch: DescribeServices
    size: 10
    parameters: {cluster: "{cluster}", services: "{Value}"}
    items: services
id: serviceName
columns: [serviceName]
demo:
`

// TestDemoGoesBackThroughSteps derives the answers of three operations from records of
// the last.
func TestDemoGoesBackThroughSteps(t *testing.T) {
	t.Parallel()
	d := demoOf(t, servicesKind+`
  - {AccountName: a, Region: r, serviceName: s1, serviceArn: arn/s1, clusterArn: arn/c}
  - {AccountName: a, Region: r, serviceName: s2, serviceArn: arn/s2, clusterArn: arn/c}
  - {AccountName: a, Region: q, serviceName: s3, serviceArn: arn/s3, clusterArn: arn/d}
`)
	for _, c := range []struct {
		operation       int
		region, has     string
		want, forbidden []string
	}{
		{0, "r", "", []string{"arn/c"}, []string{"arn/d"}},
		{0, "elsewhere", "", []string{`"clusterArns":[]`}, nil},
		{1, "r", "cluster=arn/c", []string{"arn/s1", "arn/s2"}, []string{"arn/s3"}},
		{1, "r", "cluster=arn/d", []string{`"serviceArns":[]`}, nil},
		{2, "r", "cluster=arn/c services=arn/s2", []string{`"serviceName":"s2"`}, []string{"s1"}},
	} {
		given := d.all[c.operation].given("a", c.region, func(parameter, value string) bool {
			return strings.Contains(c.has, parameter+"="+value)
		})
		text, _ := json.Marshal(given)
		for _, part := range c.want {
			if strings.Count(string(text), part) != 1 {
				t.Errorf("%+v: %s", c, text)
			}
		}
		for _, part := range c.forbidden {
			if strings.Contains(string(text), part) {
				t.Errorf("%+v: %s", c, text)
			}
		}
	}
}

func TestDemoItemsThatDoNotFit(t *testing.T) {
	t.Parallel()
	for item, want := range map[string]string{
		`{AccountName: a, Region: r, serviceNmae: s}`:                     `item 1: no member "serviceNmae"; did you mean "serviceName"?`,
		`{AccountName: a, Region: r, serviceName: s, clusterArn: c}`:      "no member gives the parameter services of DescribeServices",
		`{AccountName: a, Region: r, serviceName: s, serviceArn: arn/s1}`: "no member gives the parameter cluster of",
	} {
		k := parsed(t, servicesKind+"  - "+item+"\n")
		d := newDemo()
		if err := d.add(k); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", item, err, want)
		}
	}
}

func demoOf(t *testing.T, text string) *demo {
	t.Helper()
	d := newDemo()
	if err := d.add(parsed(t, text)); err != nil {
		t.Fatal(err)
	}
	return d
}

func parsed(t *testing.T, text string) *Kind {
	t.Helper()
	k, err := parseKind("services", []byte(text))
	if err == nil {
		err = k.compile()
	}
	if err != nil {
		t.Fatal(err)
	}
	return k
}
