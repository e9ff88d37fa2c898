package awsapi

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
)

// Limits on an answer's structure. The SDK takes far more memory for a value than the
// answer does, and more for each level of nesting. AWS stays far below both.
const maxValues, maxDepth = 1_000_000, 100

var errTooMany error = &BrokenAnswer{Msg: "answered with more values, or deeper ones, than it can have", Final: true}

// hasAnswer reports whether an operation has an answer at all.
func hasAnswer(ctx context.Context) bool { return awsmiddleware.GetOperationName(ctx) != "Logout" }

// checkDocument checks that an answer is a complete document of the operation's kind and
// not too large. isError is true if the document is an error in spite of its status.
func checkDocument(ctx context.Context, header http.Header, text []byte) (isError bool, err error) {
	if awsmiddleware.GetServiceID(ctx) == "STS" {
		return checkXML(ctx, text)
	}
	return checkJSON(ctx, header, text)
}

func checkXML(ctx context.Context, text []byte) (isError bool, err error) {
	head := text[:min(len(text), headSize)]
	if isErrorDocument(head) {
		return true, nil
	}
	if err := checkRoot(awsmiddleware.GetOperationName(ctx)+"Response", head); err != nil {
		return false, err
	}
	d := xml.NewDecoder(bytes.NewReader(text))
	depth := 0
	for values := 0; ; values++ {
		token, err := d.RawToken()
		switch token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		case xml.Directive:
			return false, errors.New("the answer has a declaration that no answer of AWS has")
		}
		switch {
		case err == io.EOF && depth == 0:
			return false, nil
		case err == io.EOF:
			return false, io.ErrUnexpectedEOF
		case err != nil:
			return false, err
		case values > maxValues || depth > maxDepth:
			return false, errTooMany
		}
	}
}

// isErrorDocument reports whether an XML document is an error of EC2 or of another service.
func isErrorDocument(head []byte) bool {
	return bytes.Contains(head, []byte("<ErrorResponse")) || bytes.Contains(head, []byte("<Response>")) && bytes.Contains(head, []byte("<Errors>"))
}

// checkRoot returns an error if the root of an XML document is another one.
func checkRoot(root string, head []byte) error {
	if bytes.Contains(head, []byte("<"+root)) {
		return nil
	}
	return fmt.Errorf("the answer is not a %s but %s", root, describe(head))
}

func describe(head []byte) string {
	text := bytes.ToLower(bytes.TrimSpace(head))
	switch {
	case len(text) == 0:
		return "empty"
	case bytes.Contains(text, []byte("<html")) || bytes.HasPrefix(text, []byte("<!doctype html")):
		return "an HTML page (a proxy or sign-in page in between?)"
	case text[0] == '<':
		return "another XML document"
	}
	return "something else"
}

func checkJSON(ctx context.Context, header http.Header, text []byte) (isError bool, err error) {
	trimmed := bytes.TrimSpace(text)
	switch operation := awsmiddleware.GetOperationName(ctx); {
	case len(trimmed) == 0 || trimmed[0] == '<':
		return false, fmt.Errorf("the answer of %s is %s", operation, describe(text[:min(len(text), headSize)]))
	case !utf8.Valid(text):
		return false, errors.New("the answer is not UTF-8")
	case bytes.Count(text, []byte(","))+bytes.Count(text, []byte("[")) > maxValues:
		return false, errTooMany
	}
	code, err := jsonErrorCode(text)
	if err != nil {
		return false, err
	}
	return code != "" || header.Get("X-Amzn-ErrorType") != "", nil
}

// isJSONError reports whether a success has the head of an error.
func isJSONError(header http.Header, head []byte) bool {
	var document struct {
		Type any `json:"__type"`
	}
	return header.Get("X-Amzn-ErrorType") != "" || len(head) < headSize && json.Unmarshal(head, &document) == nil && document.Type != nil
}

// jsonErrorCode returns the code of an error document, or "" for another JSON document.
func jsonErrorCode(text []byte) (string, error) {
	var document struct { // encoding/json ignores the case of the names
		Type  any `json:"__type"`
		Code  any
		Error any
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return "", err
	}
	for _, value := range []any{document.Type, document.Code, document.Error} {
		if code, _ := value.(string); code != "" {
			return code, nil
		}
	}
	return "", nil
}

// errorCode returns the code of an error document in JSON or XML, or "". It removes the
// namespace in front of the code and the URL behind it.
func errorCode(text []byte) string {
	code, err := jsonErrorCode(text)
	if err != nil {
		_, rest, _ := bytes.Cut(text, []byte("<Code>"))
		found, _, _ := bytes.Cut(rest, []byte("</Code>"))
		code = string(found)
	}
	if _, name, ok := strings.Cut(code, "#"); ok {
		code = name
	}
	code, _, _ = strings.Cut(code, ":")
	return code
}
