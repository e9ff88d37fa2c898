package awsapi

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
)

// Kind is why a call gave no answer.
type Kind string

const (
	NoRole      Kind = "no-role"      // the role or permission set cannot be had
	DeniedSCP   Kind = "denied-scp"   // an organization's policy forbids the call
	Denied      Kind = "denied"       // AWS refuses the caller
	NotOptedIn  Kind = "not-opted-in" // the region is switched off in the account
	Throttled   Kind = "throttled"    // too many calls, and patience has run out
	Expired     Kind = "expired"      // credentials or token have ended
	Unreachable Kind = "unreachable"  // no connection, no answer in time, or a failing server
	Broken      Kind = "broken"       // an answer that makes no sense
	Cancelled   Kind = "cancelled"    // given up before it was answered
)

// Failure is what an error says, in AWS's own terms where AWS spoke.
type Failure struct {
	Kind      Kind
	Service   string // the SDK's service id; "" if no call was made
	Operation string
	Code      string // AWS's error code, or the kind of a network error
	Message   string // one sentence; AWS's words are untrusted text
	Answered  bool   // a server spoke, if only nonsense
}

// UnknownCredentials says whether AWS does not know the credentials that it was shown.
func (f Failure) UnknownCredentials() bool {
	switch f.Code {
	case "AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId":
		return true
	}
	return false
}

// Denied says whether AWS itself refused, so that asking again is of no use.
func (f Failure) Denied() bool {
	switch f.Kind {
	case Denied, DeniedSCP:
		return true
	case NoRole:
		return f.Code != ""
	}
	return false
}

// Rejected says whether AWS understood the call and did not grant it, or does not
// know a name in it: the same call about something else may succeed.
func (f Failure) Rejected() bool {
	switch f.Kind {
	case NoRole, Denied, DeniedSCP:
		return true
	case Broken:
		return f.Answered && f.Code != "" && f.Code != invalidAnswer
	}
	return false
}

// Unsupported says whether the server knows the caller and not what is asked: an
// operation, a parameter, or a filter.
func (f Failure) Unsupported() bool {
	switch f.Code {
	case "UnknownParameter", "InvalidParameterValue", "InvalidAction":
		return f.Answered
	}
	return f.Answered && strings.Contains(f.Code, notImplemented)
}

// InvalidAnswer says whether an answer came that has no error of AWS's in it.
func (f Failure) InvalidAnswer() bool { return f.Answered && f.Code == invalidAnswer }

// Reason lets an error of muster's own say what it is, where AWS was not asked.
type Reason interface {
	error
	Reason() Kind
}

// Hint is what an error of muster's own says can be done about it; "" for none.
func Hint(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return ""
}

// CredentialsError is why there are no credentials to sign a call with. The call
// itself was never made, and says nothing about what failed.
type CredentialsError struct{ Err error }

func (e *CredentialsError) Error() string { return e.Err.Error() }

func (e *CredentialsError) Unwrap() error { return e.Err }

// BrokenAnswer is an answer that can be read and cannot be meant, such as
// credentials without a key.
type BrokenAnswer struct {
	Operation, Msg string // the operation is "" where it is known from around the error

	Final bool // asking again would be of no use
}

func (e *BrokenAnswer) Error() string { return strings.TrimSpace(e.Operation + " " + e.Msg) }

// Reason makes it a broken place in the ledger.
func (e *BrokenAnswer) Reason() Kind { return Broken }

// codes sorts AWS's error codes; those of throttling are the SDK's own list.
var codes = map[string]Kind{
	"AccessDenied":                        Denied,
	"AccessDeniedException":               Denied,
	"UnauthorizedOperation":               Denied,
	"UnauthorizedAccess":                  Denied,
	"ForbiddenException":                  Denied,
	"AuthFailure":                         Denied,
	"InvalidClientTokenId":                Denied,
	"UnrecognizedClientException":         Denied,
	"InvalidAccessKeyId":                  Denied,
	"SignatureDoesNotMatch":               Denied,
	"InvalidSignatureException":           Denied,
	"IncompleteSignature":                 Denied,
	"MissingAuthenticationToken":          Denied,
	"MissingAuthenticationTokenException": Denied,
	"AWSOrganizationsNotInUseException":   Denied,
	"OptInRequired":                       NotOptedIn,
	"RegionDisabledException":             NotOptedIn,
	"ExpiredToken":                        Expired,
	"ExpiredTokenException":               Expired,
	"RequestExpired":                      Expired,
	"TokenRefreshRequired":                Expired,
	"UnauthorizedException":               Expired,
	"InvalidGrantException":               Expired,
	"InternalError":                       Unreachable,
	"InternalFailure":                     Unreachable,
	"InternalServerError":                 Unreachable,
	"InternalServerException":             Unreachable,
	"ServiceException":                    Unreachable,
	"ServiceUnavailable":                  Unreachable,
	"ServiceUnavailableException":         Unreachable,
	"Unavailable":                         Unreachable,
	"RequestTimeout":                      Unreachable,
	"RequestTimeoutException":             Unreachable,
}

// Explain says what an error means, without the secrets of the call. It never
// returns the zero Kind.
func Explain(err error) Failure {
	f := explain(err)
	f.Code, f.Message = printable(err, f.Code), printable(err, f.Message)
	return f
}

// longestText is how much of a server's words is shown; AWS's own are far shorter.
const longestText = 16 << 10

// printable is a server's text without the secrets that it may repeat.
func printable(err error, text string) string {
	if len(text) > longestText {
		text = strings.ToValidUTF8(text[:longestText], "") + "..."
	}
	var call interface{ Scrub(string) string }
	if errors.As(err, &call) {
		return call.Scrub(text)
	}
	return text
}

// explain is Explain in the server's own words, which decide what is done about it.
func explain(err error) Failure {
	if lacking := (*CredentialsError)(nil); errors.As(err, &lacking) {
		return explain(lacking.Err)
	}
	f := Failure{Kind: Broken}
	for e := err; ; { // the innermost operation
		var op *smithy.OperationError
		if !errors.As(e, &op) {
			break
		}
		f.Service, f.Operation, e = op.ServiceID, op.OperationName, op.Err
	}
	var (
		reason Reason
		api    smithy.APIError
		status interface{ HTTPStatusCode() int }
		opErr  *net.OpError
		dnsErr *net.DNSError

		canceled        *smithy.CanceledError
		requestCanceled *aws.RequestCanceledError
	)
	if errors.As(err, &status) && status.HTTPStatusCode() > 0 {
		f.Answered = true
	}
	var answer *BrokenAnswer
	byAWS := false // AWS has said what is the matter, or chosen not to
	switch {
	case errors.As(err, &answer):
		f.Operation = cmp.Or(answer.Operation, f.Operation)
		f.Code, f.Message, f.Answered = invalidAnswer, oneLine(f.Operation+" "+answer.Msg), true
	case errors.As(err, &reason):
		f.Kind, f.Message = reason.Reason(), plain(reason)
	case errors.As(err, &api) && api.ErrorCode() != "" && api.ErrorCode() != unknownError && !unreadable(err):
		f.Code, f.Message, byAWS = api.ErrorCode(), messageOf(api), true
		f.Kind = kindOf(f.Code, f.Message, f.Operation)
		if f.Kind == Broken && f.Answered {
			f.Kind = kindOfStatus(status.HTTPStatusCode())
		}
	case errors.As(err, &canceled) || errors.As(err, &requestCanceled) || errors.Is(err, context.Canceled):
		f.Kind, f.Message = Cancelled, "given up before it was answered"
	case unreadable(err) && !isTimeout(err) && !errors.As(err, &opErr):
		f.Code = invalidAnswer
		if f.Answered && status.HTTPStatusCode() >= 300 {
			f.Kind = kindOfStatus(status.HTTPStatusCode())
			f.Message = noError(status.HTTPStatusCode())
		}
	case tooManyOpenFiles(err):
		f.Kind, f.Code, f.Message = Unreachable, OpenFiles, syscall.EMFILE.Error()
	case errors.As(err, &dnsErr):
		f.Kind, f.Code = Unreachable, "NameResolution"
	case isTimeout(err):
		f.Kind, f.Code = Unreachable, "Timeout"
	case isConnection(err):
		f.Kind, f.Code = Unreachable, "Connection"
	case f.Answered && status.HTTPStatusCode()/100 != 2:
		f.Code = invalidAnswer
		f.Kind = kindOfStatus(status.HTTPStatusCode())
		f.Message = noError(status.HTTPStatusCode())
	case f.Answered:
		f.Kind, f.Code = kindOfStatus(status.HTTPStatusCode()), invalidAnswer
	}
	if status != nil && status.HTTPStatusCode() == http.StatusNotImplemented { // imitations of AWS say so
		f.Kind, f.Code = Broken, notImplemented
	}
	if f.Message == "" && !byAWS {
		f.Message = plain(err)
	}
	return f
}

// OpenFiles is the code of a call that the process's limit of open files stopped.
const OpenFiles = "OpenFiles"

// notImplemented is the code of an answer with HTTP status 501.
const notImplemented = "NotImplemented"

// invalidAnswer is the code of an answer that cannot be read.
const invalidAnswer = "InvalidAnswer"

// unknownError is the SDK's code for an error answer in which it finds none.
const unknownError = "UnknownError"

// canonical begins the part of AWS's words on a wrong signature that repeats the
// request, its session token included.
const canonical = "The Canonical String for this request should have been"

// signing is what makes a request its signer's: whoever has it can send it again.
var signing = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(x-amz-security-token["']?[:=]\s*["']?|signature=)[^\s"',&]+`)
})

// messageOf is what AWS says of an error. SSO OIDC says it as OAuth does.
func messageOf(api smithy.APIError) string {
	if message := api.ErrorMessage(); message != "" {
		message, _, _ = strings.Cut(message, canonical)
		return signing().ReplaceAllString(strings.TrimSpace(message), "${1}...")
	}
	if v := reflect.Indirect(reflect.ValueOf(api)); v.Kind() == reflect.Struct {
		if f := v.FieldByName("Error_description"); f.IsValid() {
			if text, ok := f.Interface().(*string); ok && text != nil {
				return *text
			}
		}
	}
	return ""
}

func noError(status int) string {
	return fmt.Sprintf("HTTP status %d, without an error that can be read", status)
}

func kindOf(code, message, operation string) Kind {
	kind, known := codes[code]
	if _, throttle := retry.DefaultThrottleErrorCodes[code]; throttle {
		kind, known = Throttled, true
	}
	switch {
	case code == "ResourceNotFoundException" && operation == "GetRoleCredentials":
		return NoRole
	case !known:
		return Broken
	case kind != Denied:
		return kind
	case strings.Contains(message, "service control policy"):
		return DeniedSCP
	case code == "AccessDenied" && strings.HasPrefix(operation, "AssumeRole"),
		code == "ForbiddenException" && operation == "GetRoleCredentials":
		return NoRole
	}
	return Denied
}

func kindOfStatus(status int) Kind {
	switch {
	case status == 429:
		return Throttled
	case status >= 500:
		return Unreachable
	}
	return Broken
}

// unreadable says whether an answer came that could not be read.
func unreadable(err error) bool {
	var (
		bad    *smithy.DeserializationError
		syntax *xml.SyntaxError
		js     *json.SyntaxError
	)
	return errors.As(err, &bad) || errors.As(err, &syntax) || errors.As(err, &js)
}

// tooManyOpenFiles says whether the process or the system has reached its limit of open
// files. Of such an error in a DNS lookup, package net keeps only the text.
func tooManyOpenFiles(err error) bool {
	var lookup *net.DNSError
	for _, limit := range []error{syscall.EMFILE, syscall.ENFILE} {
		if errors.Is(err, limit) || errors.As(err, &lookup) && strings.Contains(lookup.Err, limit.Error()) {
			return true
		}
	}
	return false
}

func isConnection(err error) bool {
	var (
		op *net.OpError
		u  *url.Error
	)
	return errors.As(err, &op) || errors.As(err, &u) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// plain is an error's text on one line, without the SDK's wrapping of an
// operation and its request's URL.
func plain(err error) string {
	var (
		bundle *bundleError
		bad    *smithy.DeserializationError
		u      *url.Error
	)
	switch {
	case errors.As(err, &bundle):
		return oneLine(bundle.Error())
	case errors.As(err, &bad) && bad.Err != nil:
		return network(bad.Err)
	case errors.As(err, &u):
		text := network(u.Err)
		var op *net.OpError
		if errors.As(u.Err, &op) && op.Op == "proxyconnect" {
			text = "the proxy: " + text
		}
		if asked, parseErr := url.Parse(u.URL); parseErr == nil && asked.Host != "" {
			text = asked.Host + ": " + text
		}
		return text
	}
	return oneLine(err.Error())
}

// distrusts says whether TLS cannot be trusted, which the next try cannot change.
func distrusts(err error) bool {
	var (
		bundle  *bundleError
		refused *tls.CertificateVerificationError
	)
	return errors.As(err, &bundle) || errors.As(err, &refused)
}

// network words an error of a connection without the addresses of its ends,
// which say less than the host.
func network(err error) string {
	var (
		errno syscall.Errno
		dns   *net.DNSError
	)
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "no such host"
	case isTimeout(err):
		return "no answer in time"
	case errors.As(err, &errno):
		return errno.Error()
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "the connection was closed before the answer was complete"
	}
	return oneLine(err.Error())
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
