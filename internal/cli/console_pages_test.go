package cli

import (
	"slices"
	"testing"

	"muster/internal/catalog"
)

// TestConsolePage: a service has the page that the console's own menu opens.
func TestConsolePage(t *testing.T) {
	t.Parallel()
	for destination, want := range map[string]string{
		"":                   "https://console.aws.amazon.com/console/home?region=eu-west-1",
		"ec2":                "https://console.aws.amazon.com/ec2/home?region=eu-west-1",
		"s3":                 "https://console.aws.amazon.com/s3/home?region=eu-west-1",
		"s3api":              "https://console.aws.amazon.com/s3/home?region=eu-west-1",
		"sso-admin":          "https://console.aws.amazon.com/singlesignon/home?region=eu-west-1",
		"ssm":                "https://console.aws.amazon.com/systems-manager/home?region=eu-west-1",
		"states":             "https://console.aws.amazon.com/states/home?region=eu-west-1",
		"cloudwatch":         "https://console.aws.amazon.com/cloudwatch/home?region=eu-west-1",
		"elbv2":              "https://console.aws.amazon.com/ec2/home?region=eu-west-1#LoadBalancers:",
		"lambda/functions":   "https://console.aws.amazon.com/lambda/functions?region=eu-west-1",
		"lightsail":          "https://lightsail.aws.amazon.com/ls/webapp/home",
		"https://aws.amazon": "https://aws.amazon",
	} {
		if got, err := consolePage(destination, catalog.PartitionByID("aws"), "eu-west-1"); got != want || err != nil {
			t.Errorf("%q: %s, %v; want %s", destination, got, err, want)
		}
	}
	for _, name := range consoleServices() {
		page, err := consolePage(name, catalog.PartitionByID("aws"), "eu-west-1")
		if err != nil || !isWebURL(page) {
			t.Errorf("%s: %s, %v", name, page, err)
		}
	}
}

// TestConsolePagesDiffer: the table has no page that the rule gives anyway, except for
// services that the catalogue does not have.
func TestConsolePagesDiffer(t *testing.T) {
	t.Parallel()
	for name, page := range consolePages {
		if page == name+"/home" && slices.Contains(serviceNames(), name) {
			t.Errorf("%s: %s follows from the rule", name, page)
		}
	}
}
