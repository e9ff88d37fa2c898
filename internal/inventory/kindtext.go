package inventory

import (
	"fmt"
	"strings"

	"muster/internal/catalog"
	"muster/internal/wire"
)

// placeText is the place to which the texts of a kind refer.
type placeText struct{ account, region, partition, accessToken string }

func (p placeText) get(name string) (value string, known bool) {
	switch name {
	case "AccountId":
		return p.account, true
	case "Region":
		return p.region, true
	case "Partition":
		return p.partition, true
	case sessionToken:
		return p.accessToken, true
	}
	return "", false
}

// sessionToken is the reference to the access token of the session that leads into the
// account. Its operations belong to the portal of IAM Identity Center.
const sessionToken = "SSOAccessToken"

// texts are the expression of a field: a path of members (State.Name), or a text with
// paths in braces (arn:{Partition}:s3:::{Name}). In braces, AccountId, Region and
// Partition are the place's, and {PATH|base} is the part behind the last / or :. Of
// several texts the first that is not empty counts.
type texts []*text

// text is a path, or parts.
type text struct {
	path  path
	parts []part
}

// part is a literal, or a reference with or without base.
type part struct {
	literal string
	ref     path
	base    bool
}

// UnmarshalYAML reads a text or a list of texts.
func (t *texts) UnmarshalYAML(unmarshal func(any) error) error {
	var list []string
	if unmarshal(&list) != nil {
		list = make([]string, 1)
		if err := unmarshal(&list[0]); err != nil {
			return err
		}
	}
	*t = texts{} // an empty list says that there is none
	for _, s := range list {
		if !strings.Contains(s, "{") {
			*t = append(*t, &text{path: parsePath(s)})
			continue
		}
		parts, err := parseParts(s)
		if err != nil {
			return err
		}
		*t = append(*t, &text{parts: parts})
	}
	return nil
}

// String returns the first of the texts as it stands in a kind's file.
func (t texts) String() string {
	switch {
	case len(t) == 0:
		return ""
	case t[0].path != nil:
		return t[0].path.String()
	}
	var b strings.Builder
	for _, p := range t[0].parts {
		switch {
		case p.base:
			b.WriteString("{" + p.ref.String() + "|base}")
		case p.ref != nil:
			b.WriteString("{" + p.ref.String() + "}")
		default:
			b.WriteString(p.literal)
		}
	}
	return b.String()
}

func parseParts(s string) (parts []part, err error) {
	for s != "" {
		literal, rest, found := strings.Cut(s, "{")
		if literal != "" {
			parts = append(parts, part{literal: literal})
		}
		if !found {
			break
		}
		ref, rest, closed := strings.Cut(rest, "}")
		if !closed || ref == "" {
			return nil, fmt.Errorf("%q: expected a member's name between { and }", s)
		}
		ref, base := strings.CutSuffix(ref, "|base")
		parts = append(parts, part{ref: parsePath(ref), base: base})
		s = rest
	}
	return parts, nil
}

// check returns an error for a path that no item has.
func (t texts) check(m members) error {
	for _, alternative := range t {
		if alternative.path != nil {
			if _, err := alternative.path.shape(m); err != nil {
				return err
			}
			continue
		}
		if err := checkParts(alternative.parts, m); err != nil {
			return err
		}
	}
	return nil
}

func checkParts(parts []part, m members) error {
	for _, p := range parts {
		if p.ref == nil {
			continue
		}
		if _, ofPlace := (placeText{}).get(p.ref.String()); ofPlace {
			continue
		}
		if _, err := p.ref.shape(m); err != nil {
			return err
		}
	}
	return nil
}

// isMember reports whether the expression is a member as it is, wherever an item has it.
func (t texts) isMember(name string) bool {
	return len(t) > 0 && len(t[0].path) == 1 && t[0].path[0] == name
}

// value returns the value of an item; nil if it has none.
func (t texts) value(item wire.Object, p placeText) any {
	for _, alternative := range t {
		var value any
		if alternative.path != nil {
			value = alternative.path.value(item)
		} else if s := join(alternative.parts, item, p); s != "" {
			value = s
		}
		if value != nil && value != "" {
			return value
		}
	}
	return nil
}

// text returns the value of an item as text.
func (t texts) text(item wire.Object, p placeText) string { return plainText(t.value(item, p)) }

// join returns the text of parts; "" if a member that it needs is absent.
func join(parts []part, item wire.Object, p placeText) string {
	var b strings.Builder
	for _, part := range parts {
		s := part.literal
		if part.ref != nil {
			value, ofPlace := p.get(part.ref.String())
			if !ofPlace {
				value = plainText(part.ref.value(item))
				if value == "" {
					return ""
				}
			}
			s = value
		}
		if part.base {
			s = s[strings.LastIndexAny(s, "/:")+1:]
		}
		b.WriteString(s)
	}
	return b.String()
}

// shapeOf returns the shape of the values; nil for a text that is put together.
func (t texts) shapeOf(m members) *catalog.Shape {
	if len(t) == 0 || t[0].path == nil {
		return nil
	}
	s, err := t[0].path.shape(m)
	if err != nil {
		return nil
	}
	return s
}
