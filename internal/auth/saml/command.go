package saml

import (
	"bytes"
	"context"
)

// runCommand returns the assertion that a program prints. Its errors contain nothing that the
// program has printed: that may be secret.
func runCommand(ctx context.Context, c Config) ([]byte, error) {
	if c.Command == "" || c.Run == nil {
		return nil, fail(BadConfig, "", "saml_provider = command needs saml_command")
	}
	output, err := c.Run(ctx, c.Command)
	if err != nil {
		return nil, err
	}
	if assertion, ok := normalize(output); ok {
		return assertion, nil
	}
	if len(bytes.TrimSpace(output)) == 0 {
		return nil, fail(BadOutput, "", "saml_command printed nothing on its standard output; expected a SAML assertion, as XML or in base64")
	}
	return nil, fail(BadOutput, "", "saml_command printed something else than a SAML assertion as XML or in base64 (%d bytes, not shown because they may be secret)",
		len(output))
}
