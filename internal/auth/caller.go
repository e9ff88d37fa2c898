package auth

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Caller is the answer of GetCallerIdentity.
type Caller struct {
	AccountID, ARN, UserID string
}

// Caller calls GetCallerIdentity with an identity's credentials.
func (r *Resolver) Caller(ctx context.Context, id *Identity) (Caller, error) {
	var out *sts.GetCallerIdentityOutput
	err := id.Do(ctx, func() (err error) {
		out, err = r.API.STS(id.Target).GetCallerIdentity(ctx, nil, func(o *sts.Options) { o.Credentials = id.Credentials })
		return err
	})
	if err != nil {
		return Caller{}, err
	}
	return Caller{AccountID: *out.Account, ARN: aws.ToString(out.Arn), UserID: aws.ToString(out.UserId)}, nil
}

// Account returns the account that an identity belongs to. It asks STS once, unless
// the identity is a role or a permission set: AWS gives their credentials in their own
// account only. The account that config files, credential processes and metadata
// services name for other keys may be wrong.
func (r *Resolver) Account(ctx context.Context, id *Identity) (string, error) {
	id.asking.Lock()
	defer id.asking.Unlock()
	if id.AccountID != "" {
		return id.AccountID, nil
	}
	caller, err := r.Caller(ctx, id)
	if err != nil {
		return "", err
	}
	id.AccountID = caller.AccountID
	if role := assumedRole(caller.ARN); role != "" {
		id.Role = role
	}
	return id.AccountID, nil
}
