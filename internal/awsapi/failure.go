package awsapi

import (
	"errors"
	"strings"
)

// Kind is the reason why a call failed.
type Kind string

const (
	NoRole      Kind = "no-role"      // the role or permission set does not exist, or may not be assumed
	DeniedSCP   Kind = "denied-scp"   // a service control policy denies the call
	Denied      Kind = "denied"       // AWS denies the call
	NotOptedIn  Kind = "not-opted-in" // the region is not enabled in the account
	NotOffered  Kind = "not-offered"  // the service has no endpoint in the region
	Throttled   Kind = "throttled"    // still too many calls after all retries
	Expired     Kind = "expired"      // the credentials or the token have expired
	Unreachable Kind = "unreachable"  // no connection, a time-out, or a server error
	Broken      Kind = "broken"       // an answer that makes no sense
	// NotSubscribed is the kind of a service that the account does not use: it has to be
	// enabled, or paid for, first.
	NotSubscribed Kind = "not-subscribed"
	Cancelled     Kind = "cancelled" // the context ended before the answer arrived
)

// Failure describes an error of a call, in AWS's own terms if AWS returned the error.
type Failure struct {
	Kind      Kind
	Service   string // the SDK's service id; "" if no call was made
	Operation string
	Code      string // AWS's error code, or one of muster's own for a network error
	Message   string // one sentence; AWS's text is untrusted
	Answered  bool   // a server answered
}

// Codes of failures to which AWS gave no code.
const (
	// OpenFiles is the code if the process has reached its limit of open files.
	OpenFiles = "OpenFiles"

	invalidAnswer  = "InvalidAnswer"  // the answer cannot be read
	notImplemented = "NotImplemented" // HTTP status 501
	unknownError   = "UnknownError"   // the SDK's own, for an error answer without a code
)

// UnknownCredentials reports whether AWS does not know the access key, or its secret is
// wrong.
func (f Failure) UnknownCredentials() bool {
	switch f.Code {
	case "AuthFailure", "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId":
		return true
	}
	return false
}

// Denied reports whether AWS denied the call. Another try would give the same answer.
func (f Failure) Denied() bool {
	switch f.Kind {
	case Denied, DeniedSCP:
		return true
	case NoRole:
		return f.Code != ""
	}
	return false
}

// Rejected reports whether AWS understood the call and denied it, or does not know a name
// in it. The same call with another name may succeed.
func (f Failure) Rejected() bool {
	switch f.Kind {
	case NoRole, Denied, DeniedSCP:
		return true
	case Broken:
		return f.Answered && f.Code != "" && f.Code != invalidAnswer
	}
	return false
}

// Unsupported reports whether the server does not know the operation, a parameter or a
// filter of the call.
func (f Failure) Unsupported() bool {
	switch f.Code {
	case "UnknownParameter", "InvalidParameterValue", "InvalidAction":
		return f.Answered
	}
	return f.Answered && strings.Contains(f.Code, notImplemented)
}

// InvalidAnswer reports whether a server answered with something that is neither the
// operation's answer nor an error of AWS.
func (f Failure) InvalidAnswer() bool { return f.Answered && f.Code == invalidAnswer }

// Reason is an error of muster's own that states its Kind.
type Reason interface {
	error
	Reason() Kind
}

// Hint returns the remedy that an error of muster's own suggests, or "".
func Hint(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return ""
}

// CredentialsError is the error of a call for which there are no credentials. The call
// itself was not made.
type CredentialsError struct{ Err error }

func (e *CredentialsError) Error() string { return e.Err.Error() }

func (e *CredentialsError) Unwrap() error { return e.Err }

// BrokenAnswer is the error of an answer that can be decoded but makes no sense, such as
// credentials without a key.
type BrokenAnswer struct {
	Operation, Msg string // Operation may be "" if an error around this one names it

	Final bool // a retry would give the same answer
}

func (e *BrokenAnswer) Error() string { return strings.TrimSpace(e.Operation + " " + e.Msg) }

// Reason implements Reason.
func (e *BrokenAnswer) Reason() Kind { return Broken }
