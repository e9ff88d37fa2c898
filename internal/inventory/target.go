package inventory

import (
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// thing is what somebody asks for.
type thing struct {
	text string // as it was given
	bare string // without what stands around it where people copy it from
}

// readThings takes words apart that list several addresses, blocks or ids. What
// comes close to one and is none would be found nowhere, which is no answer: it is
// an error, that says what was expected.
func readThings(words []string, expected string) (things []thing, err error) {
	for _, word := range words {
		parts := strings.FieldsFunc(word, func(r rune) bool { return r == ',' || r == ';' || unicode.IsSpace(r) })
		if len(parts) == 0 {
			return nil, queryError("an empty name; expected %s", expected)
		}
		if slices.ContainsFunc(parts, func(part string) bool { return !isExact(bare(part)) && !looksLikeAddress(part) }) {
			parts = []string{word} // a name may have spaces and commas
		}
		for _, part := range parts {
			t := thing{part, bare(part)}
			if err := t.check(); err != nil {
				return nil, err
			}
			things = append(things, t)
		}
	}
	return things, nil
}

func (t thing) check() error {
	if t.bare == "-" {
		return queryError("\"-\": nothing is read from stdin; to look for what a file lists, use xargs")
	}
	if digits := wildAddress().FindStringSubmatch(t.bare); digits != nil {
		octets := strings.Split(strings.TrimSuffix(digits[1], "."), ".")
		block := strings.Join(append(octets, "0", "0", "0")[:4], ".") + "/" + strconv.Itoa(8*len(octets))
		return queryError("%q is neither an IP address nor a CIDR block; did you mean %s?", t.text, block)
	}
	if looksLikeAddress(t.bare) && !isExact(t.bare) && !isMAC(t.bare) {
		return notAddress(t.bare)
	}
	if id := almostID().FindStringSubmatch(strings.ToLower(t.bare)); id != nil && isKind(id[1]) {
		return queryError("%q is no id: behind %s- there are 17 hexadecimal digits, not %d", t.text, id[1], len(id[2]))
	}
	return nil
}

// isExact tells an address, a block or an id from a name.
func isExact(text string) bool {
	_, isBlock := parseBlock(text)
	return isBlock || isAddress(text) || isID(text)
}

// isID tells an id from a name that is like one, as backup-20260102.
func isID(text string) bool {
	id := anID().FindStringSubmatch(text)
	return id != nil && isKind(id[1])
}

// bare is an address, a host name or an id without what stands around it where
// people copy it from: a URL, an ARN, a port, brackets, quotes, the end of a
// sentence, capitals.
func bare(text string) string {
	if inner := strings.TrimRight(strings.Trim(text, " \t\r\n\"'"), ".,;"); inner != text && inner != "" && isExact(bare(inner)) {
		return bare(inner)
	}
	if u, err := url.Parse(text); err == nil && u.Scheme != "" && u.Hostname() != "" {
		return bare(u.Hostname())
	}
	if resource, err := arn.Parse(text); err == nil { // TYPE/ID or TYPE:NAME
		return bare(resource.Resource[strings.IndexAny(resource.Resource, "/:")+1:])
	}
	if host, port, err := net.SplitHostPort(text); err == nil && (isAddress(host) || hostName().MatchString(host)) {
		if _, err := strconv.ParseUint(port, 10, 16); err == nil {
			return host
		}
	}
	if inner := strings.NewReplacer("[", "", "]", "").Replace(text); strings.HasPrefix(text, "[") && (isAddress(inner) || isBlock(inner)) {
		return inner
	}
	if id := anID().FindStringSubmatch(strings.ToLower(text)); id != nil && isKind(id[1]) {
		if _, known := idKinds[id[1]]; known || len(id[2]) == 17 { // others with 8 digits may be names
			return id[0]
		}
	}
	return text
}

// otherKinds are ids that instances can be filtered by, and the filters.
var otherKinds = map[string]string{
	"ami":    "image-id",
	"eni":    "network-interface.network-interface-id",
	"r":      "reservation-id",
	"sg":     "instance.group-id",
	"subnet": "subnet-id",
	"vol":    "block-device-mapping.volume-id",
	"vpc":    "vpc-id",
}

// unknownKinds are ids of what neither an interface nor an instance has.
var unknownKinds = []string{"acl", "cgw", "dopt", "eigw", "igw", "lt", "pcx", "pl", "rtb", "sgr", "snap", "tgw", "vgw"}

func isKind(kind string) bool {
	_, known := idKinds[kind]
	return known || otherKinds[kind] != "" || slices.Contains(unknownKinds, kind)
}

// isDated tells an id that is rather a name with a date, as nat-20260102.
func isDated(text string) bool { return datedID().MatchString(text) && isID(text) }

var (
	datedID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`-20[0-9]{2}[01][0-9][0-3][0-9]$`) })

	anID = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^([a-z]+(?:-attach)?)-([0-9a-f]{8}|[0-9a-f]{17})$`)
	})
	// What is much shorter may be a name: nat-1, sg-20260102.
	almostID = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^([a-z]+(?:-attach)?)-([0-9a-f]{15,16}|[0-9a-f]{18,})$`)
	})
)
