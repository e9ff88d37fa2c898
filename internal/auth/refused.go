package auth

import (
	"errors"
	"strings"

	"muster/internal/awsapi"
)

// RefusedError is the error of a call of STS or Organizations that AWS rejects because of the
// credentials themselves, and not because of a policy.
type RefusedError struct {
	error
	Identity *Identity // whose credentials they are
	source   bool      // the call was to get the credentials of another identity
}

func (e *RefusedError) Unwrap() error { return e.error }

// Hint says what is wrong with the credentials. It names them if the reader would look for
// the fault in another profile.
func (e *RefusedError) Hint() string {
	of := ""
	if e.source {
		of = " of " + e.Identity.String()
	}
	switch failure := awsapi.Explain(e.error); {
	case wrongSignature(failure):
		return "the secret access key" + of + " does not belong to the access key: copy both again"
	case failure.Kind == awsapi.Expired:
		return "the credentials" + of + " have expired; sign in again or renew them"
	}
	return "AWS does not know the access key" + of + ": it is mistyped, inactive or deleted"
}

// wrongSignature excludes the signatures of a machine whose clock is wrong.
func wrongSignature(failure awsapi.Failure) bool {
	switch failure.Code {
	case "SignatureDoesNotMatch", "InvalidSignatureException":
		return !strings.HasPrefix(failure.Message, "Signature expired") && !strings.HasPrefix(failure.Message, "Signature not yet")
	}
	return false
}

// refused returns a RefusedError that names the identity, if AWS rejected its credentials. In
// other services such an answer may mean that the account does not have the region.
func (i *Identity) refused(err error, source bool) error {
	if err == nil || errors.As(err, new(*RefusedError)) || errors.As(err, new(*globalTokenError)) {
		return err
	}
	failure := awsapi.Explain(err)
	if failure.Service != "STS" && failure.Service != "Organizations" {
		return err
	}
	expired := failure.Kind == awsapi.Expired && failure.Code != "RequestExpired" // which is about the clock
	if !expired && !failure.UnknownCredentials() && !wrongSignature(failure) {
		return err
	}
	return &RefusedError{err, i, source}
}
