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

// The SDK takes far more memory for a value than the answer does, and more for each
// level of nesting. No answer has as many of either.
const maxValues, maxDepth = 1_000_000, 100

// answers says whether an operation has an answer at all.
func answers(ctx context.Context) bool { return awsmiddleware.GetOperationName(ctx) != "Logout" }

// checkForm says whether an answer is a document of the operation's kind, whole and
// not too large, or whether the service has failed in spite of the status of a
// success.
func checkForm(ctx context.Context, header http.Header, text []byte) (failed bool, err error) {
	switch awsmiddleware.GetServiceID(ctx) {
	case "EC2", "STS":
		return checkXML(ctx, text)
	}
	return checkJSON(ctx, header, text)
}

func checkXML(ctx context.Context, text []byte) (failed bool, err error) {
	head := text[:min(len(text), headSize)]
	if isErrorDocument(head) {
		return true, nil
	}
	if err := misanswered(ctx, head); err != nil {
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

var errTooMany error = &BrokenAnswer{Msg: "answered with more values, or deeper ones, than it can have", Final: true}

func checkJSON(ctx context.Context, header http.Header, text []byte) (failed bool, err error) {
	trimmed := bytes.TrimSpace(text)
	switch operation := awsmiddleware.GetOperationName(ctx); {
	case len(trimmed) == 0 || trimmed[0] == '<':
		return false, fmt.Errorf("the answer of %s is %s", operation, describe(text[:min(len(text), headSize)]))
	case !utf8.Valid(text):
		return false, errors.New("the answer is not UTF-8")
	case bytes.Count(text, []byte(","))+bytes.Count(text, []byte("[")) > maxValues:
		return false, errTooMany
	}
	code, err := jsonError(text)
	if err != nil {
		return false, err
	}
	return code != "" || header.Get("X-Amzn-ErrorType") != "", nil
}

// jsonError is the code of the error that a JSON document is; "" where it is none.
// The error is that it is no document.
func jsonError(text []byte) (code string, err error) {
	var said struct {
		Type  any `json:"__type"`
		Code  any // as all of them, in any case
		Error any
	}
	if err := json.Unmarshal(text, &said); err != nil {
		return "", err
	}
	for _, value := range []any{said.Type, said.Code, said.Error} {
		if code, _ := value.(string); code != "" {
			return code, nil
		}
	}
	return "", nil
}

// errorCode is the code of the error that a document of any kind is; "" where it is
// none.
func errorCode(text []byte) string {
	code, err := jsonError(text)
	if err != nil {
		_, rest, _ := bytes.Cut(text, []byte("<Code>"))
		found, _, _ := bytes.Cut(rest, []byte("</Code>"))
		code = string(found)
	}
	_, name, named := strings.Cut(code, "#") // of a namespace
	if !named {
		name = code
	}
	name, _, _ = strings.Cut(name, ":")
	return name
}

// isErrorDocument says whether an XML answer is that of an error, of EC2's kind or of
// the other services'.
func isErrorDocument(head []byte) bool {
	return bytes.Contains(head, []byte("<ErrorResponse")) || bytes.Contains(head, []byte("<Response>")) && bytes.Contains(head, []byte("<Errors>"))
}

// misanswered says what came instead of the operation's answer; nil where it seems
// to be that.
func misanswered(ctx context.Context, head []byte) error {
	root := awsmiddleware.GetOperationName(ctx) + "Response"
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
