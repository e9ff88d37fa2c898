package deploy

import (
	"context"
	"fmt"
	"strings"

	"muster/internal/wire"
)

// createStack creates the stack of the management account. It does nothing if the stack set
// has turned out to have a stack there.
func (d *Deployment) createStack(ctx context.Context, r *run) error {
	set, err := d.describeSet(ctx)
	if err != nil || set.covers(d.Management) {
		return err
	}
	return d.writeStack(ctx, r, "CreateStack", wire.Object{{Name: "OnFailure", Value: "ROLLBACK"}})
}

func (d *Deployment) updateStack(ctx context.Context, r *run) error {
	return d.writeStack(ctx, r, "UpdateStack", nil)
}

// writeStack starts an operation of the stack and follows it to its end.
func (d *Deployment) writeStack(ctx context.Context, r *run, operation string, more wire.Object) error {
	_, err := d.cfn.write(ctx, operation, append(more, wire.Object{
		{Name: "StackName", Value: d.Name}, {Name: "TemplateBody", Value: d.Template}, {Name: "Capabilities", Value: capabilities},
		{Name: "ClientRequestToken", Value: newToken()},
	}...))
	if err != nil {
		return err
	}
	return d.followStack(ctx, r, d.Name)
}

func (d *Deployment) deleteStack(ctx context.Context, r *run) error {
	st, err := d.describeStack(ctx, d.Name, false)
	if err != nil || st == nil {
		return err
	}
	in := wire.Object{{Name: "StackName", Value: st.id}, {Name: "ClientRequestToken", Value: newToken()}}
	if _, err := d.cfn.write(ctx, "DeleteStack", in); err != nil {
		return err
	}
	return d.followStack(ctx, r, st.id) // a deleted stack is found by its id alone
}

// followStack waits until the stack's operation has ended, and reports the result.
func (d *Deployment) followStack(ctx context.Context, r *run, name string) error {
	var last *stack
	err := poll(ctx, func() (bool, error) {
		st, err := d.describeStack(ctx, name, false)
		if err != nil {
			return false, err
		}
		last = st
		return st == nil || !strings.HasSuffix(st.status, "_IN_PROGRESS"), nil
	})
	if ctx.Err() != nil {
		return &Ongoing{"the operation of the stack " + d.Name, ctx.Err()}
	}
	if err != nil {
		return err
	}
	a := Target{d.Management, d.ManagementName, "ACTIVE"}
	news := Progress{Step: r.step.Text, Account: &a, Done: 1, Total: 1}
	if last != nil && last.status != "CREATE_COMPLETE" && last.status != "UPDATE_COMPLETE" {
		news.Failure = fmt.Sprintf("%s %s", last.status, last.reason)
		r.fail(a, news.Failure)
	}
	r.report(news)
	return nil
}
