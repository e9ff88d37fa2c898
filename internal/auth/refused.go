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
	case wrongScope(failure) && e.Identity.Target.Assumed:
		return "the credentials" + of + " may be of another partition: " + e.Identity.otherPartition()
	case wrongSignature(failure):
		return "the secret access key" + of + " does not belong to the access key: copy both again"
	case failure.Kind == awsapi.Expired:
		return "the credentials" + of + " have expired; sign in again or renew them"
	}
	hint := "AWS does not know the access key" + of + ": it is mistyped, inactive or deleted"
	if e.Identity.Target.Assumed {
		hint += ", or of another partition: " + e.Identity.otherPartition()
	}
	return hint
}

// otherPartition says how to name the partition. Each one knows only its own keys, and the
// keys do not say which one that is.
func (i *Identity) otherPartition() string {
	return "no region is configured, and muster asked in " + i.Target.Region + "; set region = cn-north-1 or us-gov-west-1 in the profile, or AWS_REGION"
}

// wrongScope reports whether the signature is for a region that the server does not have.
func wrongScope(failure awsapi.Failure) bool {
	return strings.HasPrefix(failure.Message, "Credential should be scoped to a valid region")
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
