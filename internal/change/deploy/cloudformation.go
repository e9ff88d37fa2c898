package deploy

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"muster/internal/auth"
	"muster/internal/awsapi"
	"muster/internal/catalog"
	"muster/internal/change/write"
	"muster/internal/wire"
)

// cloudFormation calls CloudFormation in one region. IAM is global, so that one region is
// enough for roles.
type cloudFormation struct {
	api    *awsapi.API
	id     *auth.Identity
	region string
	callAs string // of calls on stack sets: SELF, or DELEGATED_ADMIN
}

func newCloudFormation(api *awsapi.API, id *auth.Identity, delegated bool) *cloudFormation {
	c := &cloudFormation{api: api, id: id, region: catalog.PartitionOf(id.Target.Region).Home, callAs: "SELF"}
	if delegated {
		c.callAs = "DELEGATED_ADMIN"
	}
	return c
}

// read makes a call that reads.
func (c *cloudFormation) read(ctx context.Context, operation string, in wire.Object) (wire.Object, error) {
	return c.call(ctx, c.api.Named("cloudformation", operation), in)
}

// write makes a call that changes something. Values are as in wire.Input. A call that is
// repeated after a lost answer has the token of the first, so that it has no further effect.
func (c *cloudFormation) write(ctx context.Context, operation string, in wire.Object) (wire.Object, error) {
	op := write.Operation("cloudformation", operation)
	built, err := wire.Input{Token: newToken}.Structure(op.Input, in)
	if err != nil {
		return nil, err
	}
	caller, err := c.api.Operation(op)
	if err != nil {
		return nil, err
	}
	return c.call(ctx, caller, built)
}

func (c *cloudFormation) call(ctx context.Context, op *awsapi.Operation, in wire.Object) (out wire.Object, err error) {
	err = c.id.Do(ctx, func() error {
		out, err = op.Call(ctx, c.id.Target, c.region, c.id.Credentials, in)
		return err
	})
	return out, withRemedy(err)
}

// ofSet is the input of an operation on a stack set.
func (c *cloudFormation) ofSet(name string, more ...wire.Field) wire.Object {
	return append(wire.Object{{Name: "StackSetName", Value: name}, {Name: "CallAs", Value: c.callAs}}, more...)
}

// summaries returns the Summaries of all pages of a list.
func (c *cloudFormation) summaries(ctx context.Context, operation string, in wire.Object) (all []wire.Object, err error) {
	err = awsapi.ForEachPage(operation, func(token *string) (*string, error) {
		if token != nil {
			in = in.Set("NextToken", *token)
		}
		out, err := c.read(ctx, operation, in)
		all = append(all, out.Objects("Summaries")...)
		next := out.Text("NextToken")
		return &next, err
	})
	return all, err
}

// newToken returns a random token in the form of a UUID.
func newToken() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// isAbsent reports whether an error says that a stack set or a stack does not exist.
func isAbsent(err error) bool {
	if err == nil {
		return false
	}
	f := awsapi.Explain(err)
	return f.Code == "StackSetNotFoundException" || f.Code == "ValidationError" && strings.HasSuffix(f.Message, "does not exist")
}
