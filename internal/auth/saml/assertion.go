package saml

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"strings"
)

// normalize returns an assertion in base64, without spaces. The text is XML, or XML in base64
// as browsers post it. ok is false for any other text.
func normalize(text []byte) (assertion []byte, ok bool) {
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\uFEFF")))
	if bytes.HasPrefix(text, []byte("<")) {
		return []byte(base64.StdEncoding.EncodeToString(text)), isResponse(text)
	}
	joined := strings.Join(strings.Fields(string(text)), "")
	document, err := base64.StdEncoding.DecodeString(joined)
	return []byte(joined), err == nil && isResponse(document)
}

// isResponse reports whether a text begins as the XML of a SAML response or assertion.
func isResponse(document []byte) bool {
	decoder := xml.NewDecoder(bytes.NewReader(document))
	for {
		token, err := decoder.Token()
		if err != nil {
			return false
		}
		if start, ok := token.(xml.StartElement); ok {
			return strings.HasPrefix(start.Name.Space, "urn:oasis:names:tc:SAML:2.0:") &&
				(start.Name.Local == "Response" || start.Name.Local == "Assertion")
		}
	}
}
