package awsconfig

import (
	"slices"
	"strconv"
	"strings"
)

// The settings of the instance metadata service. MetadataVariable returns the environment
// variable of each.
const (
	MetadataEndpoint   = "ec2_metadata_service_endpoint"
	MetadataMode       = "ec2_metadata_service_endpoint_mode"
	MetadataV1Disabled = "ec2_metadata_v1_disabled"
	MetadataTimeout    = "metadata_service_timeout"
	MetadataAttempts   = "metadata_service_num_attempts"
	MetadataIPv6       = "imds_use_ipv6" // the older form of MetadataMode ipv6
)

// MetadataSettings are the keys of all these settings.
var MetadataSettings = []string{MetadataEndpoint, MetadataMode, MetadataV1Disabled, MetadataTimeout, MetadataAttempts, MetadataIPv6}

// MetadataVariable returns the environment variable of a setting.
func MetadataVariable(key string) string { return "AWS_" + strings.ToUpper(key) }

// MetadataExpects describes the expected value of a setting if the value is wrong; it
// returns "" if the value is right. As in the AWS CLI, every text but "true" means false.
func MetadataExpects(key, value string) string {
	switch n, err := strconv.Atoi(strings.TrimSpace(value)); key {
	case MetadataEndpoint:
		if !IsEndpoint(value) {
			return "an http or https URL"
		}
	case MetadataMode:
		if !slices.Contains([]string{"ipv4", "ipv6"}, strings.ToLower(value)) {
			return "ipv4 or ipv6"
		}
	case MetadataTimeout:
		if err != nil || n < 1 {
			return "a whole number of seconds, 1 or more"
		}
	case MetadataAttempts:
		if err != nil {
			return "a whole number"
		}
	}
	return ""
}

// checkMetadata checks the settings of the instance metadata service.
func (p *Profile) checkMetadata() *ProblemError {
	for _, key := range MetadataSettings {
		value := p.Setting(key)
		if expected := MetadataExpects(key, value); value != "" && expected != "" {
			return p.problem(key, "%s is %q, expected %s", key, value, expected)
		}
	}
	return nil
}

// Setting returns the profile's value of a key, or "".
func (p *Profile) Setting(key string) string { return p.keys.word(key) }
