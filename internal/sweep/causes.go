package sweep

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// Cause is a reason that one or more gaps share.
type Cause struct {
	Status          Status
	Operation, Code string
	// Message is the message of the gaps. Where they differ only in their account,
	// region or request id, placeholders such as {account} stand for these.
	Message string
	Gaps    []Entry
}

// Causes groups gaps by cause, in the order in which the causes first occur.
func Causes(gaps []Entry) []*Cause {
	type key struct {
		status                   Status
		operation, code, message string
	}
	var causes []*Cause
	byKey := map[key]*Cause{}
	for _, gap := range gaps {
		common := withPlaceholders(gap)
		k := key{gap.Status, gap.Operation, gap.Code, common}
		c := byKey[k]
		if c == nil {
			c = &Cause{Status: gap.Status, Operation: gap.Operation, Code: gap.Code, Message: withoutEncodedMessage(gap.Message)}
			byKey[k] = c
			causes = append(causes, c)
		}
		c.Gaps = append(c.Gaps, gap)
		if gap.Message != c.Gaps[0].Message {
			c.Message = common
		}
	}
	return causes
}

// Records returns how many records the places gave before they failed.
func (c *Cause) Records() (n int) {
	for _, gap := range c.Gaps {
		n += gap.Records
	}
	return n
}

var (
	accountIDs = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b[0-9]{12}\b`) })
	// requestIDs also finds the local ports of connections: both differ in each message.
	requestIDs = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|->\S+`)
	})
)

// withPlaceholders returns a gap's message with placeholders for its account, region
// and request id.
func withPlaceholders(gap Entry) string {
	text := withoutEncodedMessage(gap.Message)
	if gap.Region != "" {
		text = strings.ReplaceAll(text, gap.Region, "{region}")
	}
	if gap.AccountName != "" {
		text = strings.ReplaceAll(text, fmt.Sprintf("%q", gap.AccountName), "{name}")
	}
	text = accountIDs().ReplaceAllString(text, "{account}")
	return requestIDs().ReplaceAllString(text, "{id}")
}

// withoutEncodedMessage cuts off the details that EC2 appends to a denial for
// DecodeAuthorizationMessage. They are often longer than the rest; the report has them.
func withoutEncodedMessage(message string) string {
	message, _, _ = strings.Cut(message, " Encoded authorization failure message:")
	return message
}
