package awssim

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"strconv"
	"time"
)

// answer is a response: either its whole body, or for long answers a function that writes it.
type answer struct {
	status      int
	contentType string
	errorType   string // x-amzn-ErrorType
	header      map[string]string
	body        []byte
	stream      func(io.Writer) error
}

func (a *answer) send(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("X-Amzn-Requestid", requestID)
	if a.errorType != "" {
		h.Set("X-Amzn-Errortype", a.errorType)
	}
	for name, value := range a.header {
		h.Set(name, value)
	}
	if a.stream != nil {
		w.WriteHeader(a.status)
		a.stream(w)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	w.Write(a.body)
}

// bytes returns the whole body.
func (a *answer) bytes() []byte {
	if a.stream == nil {
		return a.body
	}
	var b bytes.Buffer
	a.stream(&b)
	return b.Bytes()
}

// requestID is the same for every call, so that two runs answer the same bytes.
const requestID = "11111111-2222-4333-8444-555555555555"

const (
	contentXML  = "text/xml;charset=UTF-8"
	contentS3   = "application/xml"
	contentHTML = "text/html;charset=UTF-8"
	contentForm = "application/x-www-form-urlencoded"
)

func xmlAnswer(x *xmlWriter) *answer {
	return &answer{status: http.StatusOK, contentType: contentXML, body: x.buf}
}

func (r *request) jsonAnswer(v any) *answer {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // only this package's own values come here
	}
	return &answer{status: http.StatusOK, contentType: r.protocol.jsonType(), body: body}
}

// hasTarget reports whether requests name the operation in X-Amz-Target.
func (p protocol) hasTarget() bool { return p == protocolJSON || p == protocolJSON10 }

// jsonType returns the Content-Type of a body that is no XML and no form.
func (p protocol) jsonType() string {
	switch p {
	case protocolJSON:
		return "application/x-amz-json-1.1"
	case protocolJSON10:
		return "application/x-amz-json-1.0"
	case protocolCBOR:
		return contentCBOR
	}
	return "application/json"
}

// postType returns the Content-Type of a POST to a path of an operation.
func (p protocol) postType() string {
	if p == protocolHTML {
		return contentForm
	}
	return p.jsonType()
}

// wrongMedia returns the error of a POST with another Content-Type.
func (op *operation) wrongMedia(media string) *apiError {
	const status = http.StatusUnsupportedMediaType
	switch op.protocol {
	case protocolOkta:
		return fail(status, "E0000021", "Bad request.  Accept and/or Content-Type headers likely do not match supported values.")
	case protocolOneLogin:
		return fail(http.StatusBadRequest, oneLoginBadRequest, "bad request: the Content-Type is %q", media)
	}
	return fail(http.StatusBadRequest, "UnsupportedMediaTypeException", "the Content-Type is %q", media)
}

// apiError is an error as AWS gives it.
type apiError struct {
	status  int
	code    string
	message string
	cause   string // of Okta
	blamed  string // the client's mistake; "" if a correct client can get this error
}

// blame marks an error as the client's mistake, so that Server.Problems lists it.
func (e *apiError) blame(format string, args ...any) *apiError {
	e.blamed = fmt.Sprintf(format, args...)
	return e
}

// htmlPage returns a page for a browser.
func htmlPage(status int, title, text string) *answer {
	body := fmt.Sprintf("<!DOCTYPE html>\n<html><head><title>%[1]s</title></head><body><h1>%[1]s</h1><p>%[2]s</p></body></html>\n",
		html.EscapeString(title), html.EscapeString(text))
	return &answer{status: status, contentType: contentHTML, body: []byte(body)}
}

// render writes the error in the format of the request's service.
func (r *request) render(e *apiError) *answer {
	a := &answer{status: e.status, contentType: contentXML}
	switch r.protocol {
	case protocolHTML:
		return htmlPage(e.status, e.code, e.message)
	case protocolEC2:
		x := newXML()
		x.open("Response").open("Errors").open("Error")
		x.elem("Code", e.code).elem("Message", e.message)
		x.close("Error").close("Errors").elem("RequestID", requestID).close("Response")
		a.body = x.buf
	case protocolS3:
		a.contentType = contentS3
		x := newXML()
		x.open("Error").elem("Code", e.code).elem("Message", e.message).elem("RequestId", requestID).close("Error")
		a.body = x.buf
	case protocolQuery:
		x := newXML()
		namespace := namespaceSTS
		if r.operation.api != nil {
			namespace = r.api.namespace
		}
		x.open("ErrorResponse", "xmlns", namespace).open("Error").elem("Type", "Sender")
		x.elem("Code", e.code).elem("Message", e.message)
		x.close("Error").elem("RequestId", requestID).close("ErrorResponse")
		a.body = x.buf
	case protocolJSON:
		a.contentType = r.protocol.jsonType()
		a.body, _ = json.Marshal(map[string]string{"__type": e.code, "Message": e.message})
	case protocolJSON10:
		a.contentType = r.protocol.jsonType()
		a.body = appendJSON(nil, object{{"__type", "com.amazon.coral.service#" + e.code}, {"message", e.message}})
	case protocolCBOR:
		a.contentType, a.header = contentCBOR, map[string]string{"Smithy-Protocol": protocolNameCBOR}
		a.body = appendCBOR(nil, object{{"__type", "com.amazonaws.cloudwatch#" + e.code}, {"message", e.message}})
	case protocolOneLogin:
		a.contentType, a.body = r.protocol.jsonType(), r.renderOneLogin(e)
	case protocolOkta:
		a.contentType, a.body, a.header = r.protocol.jsonType(), renderOkta(e), r.oktaHeader(e)
	case protocolREST:
		a.contentType, a.errorType = r.protocol.jsonType(), e.code
		fields := map[string]string{"message": e.message}
		switch r.service {
		case "oidc":
			fields = map[string]string{"error": oauthCode(e.code), "error_description": e.message}
		case "container":
			fields["code"] = e.code
		case "signin":
			fields["error"] = e.message // AccessDeniedException has the reason here
		}
		a.body, _ = json.Marshal(fields)
	}
	return a
}

// refusal is a reason to reject the signature or the credentials of a request.
type refusal int

const (
	refusedUnsigned refusal = iota
	refusedIncomplete
	refusedScope
	refusedKey
	refusedSkew
	refusedSignature
	refusedExpired
	refusedRegion
)

// errorOf returns the error with which a service of the protocol refuses.
func (why refusal) errorOf(p protocol) *apiError {
	const (
		invalidToken = "The security token included in the request is invalid."
		mismatch     = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
		expired      = "The security token included in the request is expired"
		scope        = "Credential should be scoped to a valid region."
		unsigned     = "Request is missing Authentication Token"
		incomplete   = "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters, and 'X-Amz-Date', with the headers that matter signed."
	)
	if p == protocolEC2 {
		switch why {
		case refusedUnsigned:
			return fail(400, "MissingParameter", "The request must contain the parameter AWSAccessKeyId")
		case refusedExpired, refusedSkew:
			return fail(400, "RequestExpired", "Request has expired.")
		case refusedScope:
			return fail(401, "AuthFailure", scope)
		}
		return fail(401, "AuthFailure", "AWS was not able to validate the provided access credentials")
	}
	if p == protocolS3 {
		switch why {
		case refusedUnsigned:
			return fail(403, "AccessDenied", "Access Denied")
		case refusedIncomplete, refusedScope:
			return fail(400, "AuthorizationHeaderMalformed", "The authorization header is malformed.")
		case refusedSkew:
			return fail(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.")
		case refusedSignature:
			return fail(403, "SignatureDoesNotMatch", mismatch)
		case refusedExpired:
			return fail(400, "ExpiredToken", "The provided token has expired.")
		}
		return fail(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
	}
	texts := [...][3]string{ // for query, for JSON, message
		refusedUnsigned:   {"MissingAuthenticationToken", "MissingAuthenticationTokenException", unsigned},
		refusedIncomplete: {"IncompleteSignature", "IncompleteSignatureException", incomplete},
		refusedScope:      {"SignatureDoesNotMatch", "InvalidSignatureException", scope},
		refusedKey:        {"InvalidClientTokenId", "UnrecognizedClientException", invalidToken},
		refusedSkew:       {"SignatureDoesNotMatch", "InvalidSignatureException", "Signature expired: it is not within 5 min. of the server's time"},
		refusedSignature:  {"SignatureDoesNotMatch", "InvalidSignatureException", mismatch},
		refusedExpired:    {"ExpiredToken", "ExpiredTokenException", expired},
		refusedRegion:     {"InvalidClientTokenId", "UnrecognizedClientException", invalidToken},
	}[why]
	if p == protocolQuery {
		return fail(403, texts[0], "%s", texts[2])
	}
	return fail(400, texts[1], "%s", texts[2])
}

// denied returns the error of a call that a policy denies. kind is scp or iam.
func denied(r *request, kind string) *apiError {
	reason := "because no identity-based policy allows the " + r.action + " action"
	if kind == "scp" {
		reason = "with an explicit deny in a service control policy"
	}
	user := "User: " + r.principal.arn + " is not authorized to perform: " + r.action
	switch r.protocol {
	case protocolEC2:
		return fail(403, "UnauthorizedOperation", "You are not authorized to perform this operation. %s %s", user, reason)
	case protocolQuery:
		return fail(403, "AccessDenied", "%s on resource: %s %s", user, cmp.Or(r.form.Get("RoleArn"), "*"), reason)
	case protocolS3:
		return fail(403, "AccessDenied", "%s %s", user, reason)
	case protocolJSON, protocolJSON10, protocolCBOR:
		return fail(400, "AccessDeniedException", "%s on resource: * %s", user, reason)
	}
	return fail(403, "AccessDeniedException", "%s %s", user, reason)
}

// stamp formats a time as EC2 does.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
