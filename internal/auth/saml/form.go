package saml

import (
	"bytes"
	"errors"
	"io"

	"golang.org/x/net/html"
)

// maxToken limits one tag or text of a page. An assertion with hundreds of roles is far
// smaller.
const maxToken = 2 << 20

var errPage = errors.New("the page is not HTML")

// walk calls visit for each start tag of a page, in order. It reads tags only and builds no
// tree, so that a hostile page costs no more than its size. text is the text between the tag
// and the next one.
func walk(page []byte, visit func(tag string, attrs map[string]string, text string) (stop bool)) error {
	tokenizer := html.NewTokenizer(bytes.NewReader(page))
	tokenizer.SetMaxBuf(maxToken)
	var tag, text string
	var attrs map[string]string
	for {
		kind := tokenizer.Next()
		switch kind {
		case html.TextToken:
			if tag != "" && text == "" {
				text = string(tokenizer.Text())
			}
			continue
		case html.EndTagToken, html.CommentToken, html.DoctypeToken:
			if tag == "" {
				continue
			}
		}
		if tag != "" && visit(tag, attrs, text) {
			return nil
		}
		tag, text = "", ""
		switch kind {
		case html.ErrorToken:
			if errors.Is(tokenizer.Err(), io.EOF) {
				return nil
			}
			return errPage
		case html.StartTagToken, html.SelfClosingTagToken:
			tag, attrs = startTag(tokenizer)
		}
	}
}

// startTag returns the name and the attributes of a tag. Of two attributes with one name the
// first counts, as in browsers.
func startTag(tokenizer *html.Tokenizer) (tag string, attrs map[string]string) {
	name, more := tokenizer.TagName()
	tag, attrs = string(name), map[string]string{}
	for more {
		var key, value []byte
		key, value, more = tokenizer.TagAttr()
		if _, ok := attrs[string(key)]; !ok {
			attrs[string(key)] = string(value)
		}
	}
	return tag, attrs
}

// formAssertion returns the assertion in the form of a page that a browser would post to AWS.
func formAssertion(page []byte) (assertion []byte, ok bool) {
	inForm := false
	walk(page, func(tag string, attrs map[string]string, _ string) bool {
		switch tag {
		case "form":
			inForm = true
		case "input":
			if inForm && attrs["name"] == "SAMLResponse" {
				assertion, ok = normalize([]byte(attrs["value"]))
			}
		}
		return ok
	})
	return assertion, ok
}
