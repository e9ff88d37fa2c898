package auth

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"muster/internal/awsapi"
)

// defaultSessionName is what CloudTrail shows where no name is configured.
const defaultSessionName = "muster"

// RoleOptions say which role to assume, and how.
type RoleOptions struct {
	ARN         string
	ExternalID  string
	SessionName string        // "" for muster's own
	Duration    time.Duration // 0 for AWS's default of an hour
	MFASerial   string        // device whose code is asked for
}

// Assume returns the identity of a role, assumed with base's credentials at the
// STS endpoint of base's region.
func (r *Resolver) Assume(base *Identity, o RoleOptions) *Identity {
	source := base.Credentials
	var token func(context.Context) (string, error)
	if o.MFASerial != "" {
		if base.lasting {
			// A code works once: a session that knows of it serves every role.
			source = r.mfaSession(base, o.MFASerial)
		} else {
			token = func(ctx context.Context) (string, error) { return r.mfaCode(ctx, o.MFASerial) }
		}
	}
	client := &assumer{client: r.API.STS(base.Target), source: source}
	inner := func(ctx context.Context) (aws.Credentials, error) {
		return stscreds.NewAssumeRoleProvider(client, o.ARN, func(a *stscreds.AssumeRoleOptions) {
			a.RoleSessionName = o.SessionName
			if a.RoleSessionName == "" {
				a.RoleSessionName = defaultSessionName
			}
			a.Duration = o.Duration
			if a.Duration == 0 {
				a.Duration = time.Hour
			}
			if o.ExternalID != "" {
				a.ExternalID = &o.ExternalID
			}
			if token != nil {
				a.SerialNumber = &o.MFASerial
				a.TokenProvider = func() (string, error) { return token(ctx) }
			}
		}).Retrieve(ctx)
	}
	return &Identity{
		Profile: base.Profile, Role: RoleName(o.ARN), AccountID: arnPart(o.ARN, 4),
		Target: base.Target, Credentials: r.cache(provider(inner)),
	}
}

// assumer calls AssumeRole with credentials of its own choice; the client is
// shared by all accounts.
type assumer struct {
	client *sts.Client
	source aws.CredentialsProvider
}

func (a *assumer) AssumeRole(ctx context.Context, in *sts.AssumeRoleInput, opts ...func(*sts.Options)) (*sts.AssumeRoleOutput, error) {
	return a.client.AssumeRole(ctx, in, append(opts, func(o *sts.Options) { o.Credentials = a.source })...)
}

// RoleARN makes the ARN of a role from what --role was given: a name, a path and
// name, or an ARN with {account} in it.
func RoleARN(role, partition, accountID string) string {
	if strings.HasPrefix(role, "arn:") {
		return strings.ReplaceAll(role, "{account}", accountID)
	}
	return fmt.Sprintf("arn:%s:iam::%s:role/%s", partition, accountID, strings.TrimPrefix(role, "/"))
}

// Account asks STS which account an identity belongs to, where it is not known,
// and remembers it, and the role.
func (r *Resolver) Account(ctx context.Context, id *Identity) (string, error) {
	id.asking.Lock()
	defer id.asking.Unlock()
	if id.AccountID != "" {
		return id.AccountID, nil
	}
	creds, err := id.Credentials.Retrieve(ctx)
	if err != nil {
		return "", err
	}
	if creds.AccountID != "" {
		id.AccountID = creds.AccountID
		return id.AccountID, nil
	}
	out, err := r.API.STS(id.Target).GetCallerIdentity(ctx, nil, func(o *sts.Options) { o.Credentials = id.Credentials })
	if err != nil {
		return "", err
	}
	if aws.ToString(out.Account) == "" {
		return "", &brokenError{"GetCallerIdentity names no account"}
	}
	id.AccountID = *out.Account
	if role := assumedRole(aws.ToString(out.Arn)); role != "" {
		id.Role = role
	}
	return id.AccountID, nil
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

type brokenError struct{ msg string }

func (e *brokenError) Error() string       { return e.msg }
func (e *brokenError) Reason() awsapi.Kind { return awsapi.Broken }
