package cli

import (
	"strings"
)

// profileName is a template of profile names.
type profileName string

func parseProfileName(flag, text string) (profileName, error) { return profileName(text), nil }

func (p profileName) of(account, id, role string) string {
	return strings.NewReplacer("{account-name}", account, "{account-id}", id, "{role}", role).Replace(string(p))
}
