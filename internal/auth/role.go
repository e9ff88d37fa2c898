package auth

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"muster/internal/awsapi"
)

// defaultSessionName is what CloudTrail shows where no name is configured.
const defaultSessionName = "muster"

// RoleOptions say which role to assume, and how. Only ARN is needed.
type RoleOptions struct {
	ARN         string
	ExternalID  string
	SessionName string        // "" for muster's own
	Duration    time.Duration // 0 for AWS's default of an hour
	MFASerial   string        // device whose code is asked for, unless it is given
	MFACode     string

	Policy         string // JSON that narrows the session down
	PolicyARNs     []string
	Tags           []types.Tag // in the order in which they are sent
	TransitiveTags []string    // keys of Tags that further roles inherit
	SourceIdentity string
	Contexts       []types.ProvidedContext

	// Uncached keeps the credentials out of the AWS CLI's cache and takes none
	// from it: needed with any of Policy to Contexts, which the names of its
	// entries do not tell apart.
	Uncached bool
}

// Assume returns the identity of a role, assumed with base's credentials at the
// STS endpoint of base's region.
func (r *Resolver) Assume(base *Identity, o RoleOptions) *Identity {
	fetch := provider(func(ctx context.Context) (aws.Credentials, error) { return r.assumeRole(ctx, base, o) })
	if !o.Uncached {
		fetch = r.viaCLICache(assumeRoleKey(o), "", arnPart(o.ARN, 4), fetch)
	}
	return &Identity{
		Profile: base.Profile, Role: RoleName(o.ARN), AccountID: arnPart(o.ARN, 4),
		Target: base.Target, Credentials: r.newCredentials(fetch),
		Hops: base.and(Hop{hopRole, o.ARN}),
	}
}

func (r *Resolver) assumeRole(ctx context.Context, base *Identity, o RoleOptions) (aws.Credentials, error) {
	source := aws.CredentialsProvider(base.Credentials)
	in := &sts.AssumeRoleInput{
		RoleArn: &o.ARN, RoleSessionName: aws.String(sessionNameOr(o.SessionName)),
		DurationSeconds: seconds(o.Duration), ExternalId: optional(o.ExternalID),
		Policy: optional(o.Policy), SourceIdentity: optional(o.SourceIdentity), Tags: o.Tags, TransitiveTagKeys: o.TransitiveTags,
		PolicyArns: policies(o.PolicyARNs), ProvidedContexts: o.Contexts,
	}
	if o.MFASerial != "" {
		longTerm, err := base.LongTerm(ctx)
		if err != nil {
			return aws.Credentials{}, err
		}
		if longTerm && o.MFACode == "" {
			// A code works once: a session that knows of it serves every role.
			source = r.mfaSession(base, o.MFASerial)
		} else {
			code, err := r.mfaCode(ctx, o.MFASerial, o.MFACode)
			if err != nil {
				return aws.Credentials{}, err
			}
			in.SerialNumber, in.TokenCode = &o.MFASerial, &code
		}
	}
	// The credentials are there before the call that signs with them: a chain of calls
	// within calls takes the square of its length.
	creds, err := source.Retrieve(ctx)
	if err != nil {
		return aws.Credentials{}, err
	}
	source = credentials.StaticCredentialsProvider{Value: creds}
	out, err := r.API.STS(base.Target).AssumeRole(ctx, in, func(o *sts.Options) { o.Credentials = source })
	if err != nil {
		return aws.Credentials{}, err
	}
	return roleSession("AssumeRole", o.ARN, out.AssumedRoleUser, out.Credentials)
}

// roleSession is what STS gives for a role. The session's own ARN says where it is:
// in the role's account, or the answer is not AWS's.
func roleSession(operation, roleARN string, user *types.AssumedRoleUser, c *types.Credentials) (aws.Credentials, error) {
	creds := fromSTS(c)
	if user != nil {
		creds.AccountID = arnPart(aws.ToString(user.Arn), 4)
	}
	return inAccount(operation, arnPart(roleARN, 4), creds)
}

// inAccount holds credentials against the account that they were asked for.
func inAccount(operation, accountID string, creds aws.Credentials) (aws.Credentials, error) {
	if creds.AccountID != "" && creds.AccountID != accountID {
		return aws.Credentials{}, &awsapi.BrokenAnswer{
			Operation: operation, Msg: fmt.Sprintf("gave credentials of account %s for one in account %s", creds.AccountID, accountID),
		}
	}
	creds.AccountID = accountID
	return creds, nil
}

func sessionNameOr(name string) string {
	if name == "" {
		return defaultSessionName
	}
	return name
}

func seconds(d time.Duration) *int32 {
	if d == 0 {
		return nil
	}
	return aws.Int32(int32(d / time.Second))
}

// optional is what goes into a request: nothing for "".
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// arnPart is one of the six parts of an ARN, counted from 0; "" if it is none.
func arnPart(arn string, i int) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	return parts[i]
}

// RoleName is the last part of a role's ARN, which may have a path.
func RoleName(arn string) string {
	return arn[strings.LastIndexByte(arn, '/')+1:]
}

// RoleARN makes the ARN of a role from what --role was given: a name, a path and
// name, or an ARN with {account} in it.
func RoleARN(role, partition, accountID string) string {
	if strings.HasPrefix(role, "arn:") {
		return strings.ReplaceAll(role, "{account}", accountID)
	}
	return fmt.Sprintf("arn:%s:iam::%s:role/%s", partition, accountID, strings.TrimPrefix(role, "/"))
}

// Account asks STS which account an identity belongs to, and remembers it, and the
// role. Only of a role or a permission set is the account known before: AWS gives
// no credentials for one elsewhere. What config files, credential processes and
// metadata services say of keys may be wrong.
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

// Caller is who STS takes an identity for.
type Caller struct {
	AccountID, ARN, UserID string
}

// Caller asks STS who an identity is (GetCallerIdentity).
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

// assumedRole is the role's name in arn:aws:sts::ID:assumed-role/NAME/SESSION.
func assumedRole(arn string) string {
	rest, ok := strings.CutPrefix(arnPart(arn, 5), "assumed-role/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}
