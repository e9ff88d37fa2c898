package inventory

import (
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// target is one thing that the user looks for: an id, a name, an address, a CIDR block.
type target struct {
	text       string // as the user wrote it
	normalized string // text without the surroundings that people copy along with it
}

// parseTargets splits words that list several addresses, blocks or ids, and checks each
// target. A mistyped address or id is an error: a search for it would find nothing, and
// that would look like an answer.
func parseTargets(words []string, expected string) (targets []target, err error) {
	for _, word := range words {
		parts := strings.FieldsFunc(word, func(r rune) bool { return r == ',' || r == ';' || unicode.IsSpace(r) })
		if len(parts) == 0 {
			return nil, queryError("an empty name; expected %s", expected)
		}
		if slices.ContainsFunc(parts, func(part string) bool { return !isExact(normalize(part)) && !looksLikeAddress(part) }) {
			parts = []string{word} // a name may contain spaces and commas
		}
		for _, part := range parts {
			t := target{part, normalize(part)}
			if err := t.check(); err != nil {
				return nil, err
			}
			targets = append(targets, t)
		}
	}
	return targets, nil
}

// check returns an error for a target that looks like a mistake.
func (t target) check() error {
	if t.normalized == "-" {
		return queryError(`"-": targets are not read from stdin; use xargs to look for the lines of a file`)
	}
	if digits := wildcardAddress().FindStringSubmatch(t.normalized); digits != nil {
		octets := strings.Split(strings.TrimSuffix(digits[1], "."), ".")
		block := strings.Join(append(octets, "0", "0", "0")[:4], ".") + "/" + strconv.Itoa(8*len(octets))
		return queryError("%q is neither an IP address nor a CIDR block; did you mean %s?", t.text, block)
	}
	if looksLikeAddress(t.normalized) && !isExact(t.normalized) && !isMAC(t.normalized) {
		return addressError(t.normalized)
	}
	if id := almostID().FindStringSubmatch(strings.ToLower(t.normalized)); id != nil && isIDPrefix(id[1]) {
		return queryError("%q is not an id: expected 17 hexadecimal digits after %s-, not %d", t.text, id[1], len(id[2]))
	}
	return nil
}

// isExact reports whether text is an address, a block or an id, and so not a name.
func isExact(text string) bool { return isAddress(text) || isBlock(text) || isID(text) }

// normalize extracts an address, a host name or an id from the forms in which people copy
// it: a URL, an ARN, with a port, in brackets or quotes, at the end of a sentence, in
// capitals. It returns other texts unchanged.
func normalize(text string) string {
	if inner := strings.TrimRight(strings.Trim(text, " \t\r\n\"'"), ".,;"); inner != text && inner != "" && isExact(normalize(inner)) {
		return normalize(inner)
	}
	if u, err := url.Parse(text); err == nil && u.Scheme != "" && u.Hostname() != "" {
		return normalize(u.Hostname())
	}
	if resource, err := arn.Parse(text); err == nil { // TYPE/ID or TYPE:NAME
		return normalize(resource.Resource[strings.IndexAny(resource.Resource, "/:")+1:])
	}
	if host, port, err := net.SplitHostPort(text); err == nil && (isAddress(host) || hostName().MatchString(host)) {
		if _, err := strconv.ParseUint(port, 10, 16); err == nil {
			return host
		}
	}
	if inner := strings.NewReplacer("[", "", "]", "").Replace(text); strings.HasPrefix(text, "[") && (isAddress(inner) || isBlock(inner)) {
		return inner
	}
	if id := idPattern().FindStringSubmatch(strings.ToLower(text)); id != nil && isIDPrefix(id[1]) {
		if _, found := idLookups[id[1]]; found || len(id[2]) == 17 { // others with 8 digits may be names
			return id[0]
		}
	}
	return text
}
