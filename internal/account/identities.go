package account

import (
	"context"
	"errors"
	"iter"

	"muster/internal/auth"
	"muster/internal/awsapi"
)

// identities is the list of identities that may get credentials in an account, in
// order of preference. The list is lazy: AWS is asked while it is read.
type identities interface {
	// candidates yields the identities that Open tries. They need not exist, and an
	// error stands for an identity that cannot be tried.
	candidates(context.Context) iter.Seq2[*auth.Identity, error]
	// all yields every identity that is known without asking for credentials. An error
	// ends the list.
	all(context.Context) iter.Seq2[*auth.Identity, error]
}

// known is a list of identities that is complete from the start.
type known []*auth.Identity

func (k known) candidates(ctx context.Context) iter.Seq2[*auth.Identity, error] { return k.all(ctx) }

func (k known) all(context.Context) iter.Seq2[*auth.Identity, error] {
	return func(yield func(*auth.Identity, error) bool) {
		for _, id := range k {
			if !yield(id, nil) {
				return
			}
		}
	}
}

// none is the list of an account without identities, for the reason err.
type none struct{ err error }

func (n none) candidates(ctx context.Context) iter.Seq2[*auth.Identity, error] { return n.all(ctx) }

func (n none) all(context.Context) iter.Seq2[*auth.Identity, error] {
	return func(yield func(*auth.Identity, error) bool) { yield(nil, n.err) }
}

// noIdentityError says why no identity leads into an account, without an answer of AWS.
type noIdentityError struct{ msg string }

func (e *noIdentityError) Error() string { return e.msg }

// Reason reports the account as one without a role in the ledger.
func (e *noIdentityError) Reason() awsapi.Kind { return awsapi.NoRole }

// errNoIdentity means that the list of identities is empty.
var errNoIdentity error = &noIdentityError{"no role or profile leads into the account"}

// notListedError means that --account names an account that is not in the list.
type notListedError struct{ noIdentityError }

// Listed reports whether the account is in the list of accounts, or was only named by
// --account. err is the error of Open.
func Listed(err error) bool { return !errors.As(err, new(*notListedError)) }
