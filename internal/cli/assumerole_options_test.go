package cli

import "testing"

// TestFirstOfSeveralMistakes: the same command line is told the same, each time.
func TestFirstOfSeveralMistakes(t *testing.T) {
	t.Parallel()
	c := assumeRoleCmd{
		WebIdentityTokenFile: "token", RoleARN: "arn:aws:iam::123456789012:role/R", Via: []string{"arn:aws:iam::123456789012:role/V"},
		Tags: words{"Key=a,Value=b"}, ExternalID: "id", SourceIdentity: "ann",
	}
	const want = "--via cannot be used with --web-identity-token-file: STS reads it from the assertion or token, or does not take it"
	for range 20 {
		if err := c.checkWays(); err == nil || err.Error() != want {
			t.Fatalf("%v, want %s", err, want)
		}
	}
}
