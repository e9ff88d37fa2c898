package deploy

import (
	"context"
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

// recreateStack replaces a stack that CloudFormation can neither update nor use.
func (d *Deployment) recreateStack(ctx context.Context, r *run) error {
	st, err := d.removeStack(ctx)
	if err != nil || st != nil {
		return d.reportStack(r, st, err)
	}
	return d.createStack(ctx, r)
}

// writeStack starts an operation of the stack, follows it to its end, and reports the result.
func (d *Deployment) writeStack(ctx context.Context, r *run, operation string, more wire.Object) error {
	out, err := d.cfn.write(ctx, operation, append(more, wire.Object{
		{Name: "StackName", Value: d.Name}, {Name: "TemplateBody", Value: d.Template}, {Name: "Capabilities", Value: capabilities},
		{Name: "ClientRequestToken", Value: newToken()},
	}...))
	if err != nil {
		return err
	}
	st, err := d.followStack(ctx, out.Text("StackId"))
	switch {
	case st == nil:
		st = &stack{reason: "somebody has deleted the stack"}
	case st.status == "CREATE_COMPLETE" || st.status == "UPDATE_COMPLETE":
		st = nil
	}
	return d.reportStack(r, st, err)
}

func (d *Deployment) deleteStack(ctx context.Context, r *run) error {
	st, err := d.removeStack(ctx)
	return d.reportStack(r, st, err)
}

// removeStack deletes the stack. It returns the stack if that has failed.
func (d *Deployment) removeStack(ctx context.Context) (*stack, error) {
	st, err := d.describeStack(ctx, d.Name, false)
	if err != nil || st == nil {
		return nil, err
	}
	in := wire.Object{{Name: "StackName", Value: st.id}, {Name: "ClientRequestToken", Value: newToken()}}
	if _, err := d.cfn.write(ctx, "DeleteStack", in); err != nil {
		return nil, err
	}
	return d.followStack(ctx, st.id)
}

// followStack waits until the operation of a stack has ended. It asks by the id, by which a
// deleted stack is found, too. It returns nil if there is no stack any more.
func (d *Deployment) followStack(ctx context.Context, id string) (st *stack, err error) {
	err = poll(ctx, func() (ended bool, err error) {
		st, err = d.describeStack(ctx, id, false)
		return st == nil || !strings.HasSuffix(st.status, "_IN_PROGRESS"), err
	})
	return st, unfollowed(ctx, "the operation of the stack "+d.Name, err)
}

// reportStack reports that the stack's operation has ended, or the stack that has failed.
func (d *Deployment) reportStack(r *run, failed *stack, err error) error {
	if err != nil {
		return err
	}
	a := Target{d.Management, d.ManagementName, "ACTIVE"}
	news := Progress{Step: r.step.Text, Account: &a, Done: 1, Total: 1}
	if failed != nil {
		news.Failure = strings.TrimSpace(failed.status + " " + failed.reason)
		r.fail(a, news.Failure)
	}
	r.report(news)
	return nil
}
