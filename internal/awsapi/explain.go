package awsapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
)

// kindByCode gives the kinds of AWS's error codes. The SDK lists the codes of throttling.
var kindByCode = map[string]Kind{
	"403":                                 Denied, // of a HEAD request
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

// Explain returns the failure that an error stands for, with the secrets of the call
// removed. Its Kind is never "".
func Explain(err error) Failure {
	f := explain(err)
	f.Code, f.Message = scrubbed(err, f.Code), scrubbed(err, f.Message)
	return f
}

// maxText is how many bytes of a server's text are kept; AWS's own texts are far shorter.
const maxText = 16 << 10

// scrubbed returns a server's text without the secrets that it may repeat.
func scrubbed(err error, text string) string {
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "") + "..."
	}
	var call interface{ Scrub(string) string }
	if errors.As(err, &call) {
		return call.Scrub(text)
	}
	return text
}

// explain is Explain with the server's own text, for decisions within the package.
func explain(err error) Failure {
	if missing := (*CredentialsError)(nil); errors.As(err, &missing) {
		return explain(missing.Err)
	}
	f := Failure{Kind: Broken}
	for e := err; ; { // find the innermost operation
		var op *smithy.OperationError
		if !errors.As(e, &op) {
			break
		}
		f.Service, f.Operation, e = op.ServiceID, op.OperationName, op.Err
	}
	var (
		status   int
		response interface{ HTTPStatusCode() int }
		answer   *BrokenAnswer
		reason   Reason
		api      smithy.APIError
	)
	if errors.As(err, &response) {
		status = response.HTTPStatusCode()
		f.Answered = status > 0
	}
	switch {
	case errors.As(err, &answer):
		f.Operation = cmp.Or(answer.Operation, f.Operation)
		f.Code, f.Message, f.Answered = invalidAnswer, oneLine(f.Operation+" "+answer.Msg), true
	case errors.As(err, &reason):
		f.Kind, f.Message = reason.Reason(), errorText(reason)
	case errors.As(err, &api) && api.ErrorCode() != "" && api.ErrorCode() != unknownError && !isUnreadable(err):
		f.Code, f.Message = api.ErrorCode(), messageOf(api)
		f.Kind = kindOf(f.Code, f.Message, f.Operation, f.Service)
		if f.Kind == Broken && f.Answered {
			f.Kind = kindOfStatus(status)
		}
	default:
		f.explainWithoutCode(err, status)
	}
	if status == http.StatusNotImplemented { // simulators of AWS answer so
		f.Kind, f.Code = Broken, notImplemented
	}
	return f
}

// explainWithoutCode completes a failure to which AWS gave no error code. status is the
// HTTP status of the answer, or 0.
func (f *Failure) explainWithoutCode(err error, status int) {
	f.Message = errorText(err)
	switch {
	case isCancelled(err):
		f.Kind, f.Message = Cancelled, "cancelled before the answer arrived"
	case isUnreadable(err) && !isTimeout(err) && !errors.As(err, new(*net.OpError)):
		f.Code = invalidAnswer
		if f.Answered && status >= 300 {
			f.Kind, f.Message = kindOfStatus(status), statusText(status)
		}
	case isTooManyOpenFiles(err):
		f.Kind, f.Code, f.Message = Unreachable, OpenFiles, syscall.EMFILE.Error()
	case errors.As(err, new(*net.DNSError)):
		f.Kind, f.Code = Unreachable, "NameResolution"
	case isTimeout(err):
		f.Kind, f.Code = Unreachable, "Timeout"
	case isConnection(err):
		f.Kind, f.Code = Unreachable, "Connection"
	case f.Answered && status/100 != 2:
		f.Kind, f.Code, f.Message = kindOfStatus(status), invalidAnswer, statusText(status)
	case f.Answered:
		f.Code = invalidAnswer
	}
}

func isCancelled(err error) bool {
	return errors.As(err, new(*smithy.CanceledError)) || errors.As(err, new(*aws.RequestCanceledError)) || errors.Is(err, context.Canceled)
}

func statusText(status int) string {
	return fmt.Sprintf("HTTP status %d, without an error that can be read", status)
}

func kindOf(code, message, operation, service string) Kind {
	kind, known := kindByCode[code]
	if _, throttle := retry.DefaultThrottleErrorCodes[code]; throttle {
		kind, known = Throttled, true
	}
	switch {
	case unsubscribed(code, message, service):
		return NotSubscribed
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

// unsubscribed reports whether an error says that the account does not use the service.
// AWS's services have no common code for that.
func unsubscribed(code, message, service string) bool {
	switch code {
	case "SubscriptionRequiredException":
		return true
	case "OptInRequired": // EC2's means the region
		return service != "EC2" && service != ""
	}
	if strings.Contains(message, "is not authorized to perform") { // the name of a user or role may contain anything
		return false
	}
	switch service {
	case "", "EC2", "STS", "SSO", "SSO OIDC", "Organizations", "Account":
		return false
	}
	for _, phrase := range []string{"is not subscribed", "not enabled", "not a member", "not signed up", "subscription does not exist"} {
		if strings.Contains(message, phrase) {
			return true
		}
	}
	return false
}

func kindOfStatus(status int) Kind {
	switch {
	case status == http.StatusTooManyRequests:
		return Throttled
	case status >= 500:
		return Unreachable
	}
	return Broken
}

// canonicalRequest begins the part of AWS's message on a wrong signature that repeats the
// request with its session token.
const canonicalRequest = "The Canonical String for this request should have been"

// signatures finds session tokens and signatures: with them, anyone can send the request
// again.
var signatures = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)(x-amz-security-token["']?[:=]\s*["']?|signature=)[^\s"',&]+`)
})

// messageOf returns the message of an API error. SSO OIDC has it in the field of OAuth.
func messageOf(api smithy.APIError) string {
	if message := api.ErrorMessage(); message != "" {
		message, _, _ = strings.Cut(message, canonicalRequest)
		return signatures().ReplaceAllString(strings.TrimSpace(message), "${1}...")
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
