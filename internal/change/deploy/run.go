package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"muster/internal/awsapi"
	"muster/internal/wire"
)

// Progress is news of a run: a step begins, or has finished in an account.
type Progress struct {
	Step        string
	Account     *Target // nil: the step begins, or more of its accounts have finished
	Failure     string  // "": the account succeeded
	Done, Total int     // accounts of the step
}

// Failure is an account in which a step failed.
type Failure struct {
	Target
	Reason string // CloudFormation's; untrusted
	Remedy string // "": none is known
}

// Ongoing is the error of a run that was cancelled while CloudFormation works.
type Ongoing struct {
	What string // such as the operation ID of the stack set NAME
	Err  error
}

func (e *Ongoing) Error() string { return e.What + " goes on in AWS" }

func (e *Ongoing) Unwrap() error { return e.Err }

// run is a plan under way.
type run struct {
	*Plan
	step     Step
	report   func(Progress)
	failures []Failure
}

// Run carries out the plan. Accounts that fail do not stop the others; an error stops the
// run. CloudFormation finishes what it has begun, whatever happens to the run.
func (p *Plan) Run(ctx context.Context, report func(Progress)) ([]Failure, error) {
	r := &run{Plan: p, report: report}
	for _, step := range p.Steps {
		if step.afterAll && len(r.failures) > 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return r.failures, err
		}
		r.step = step
		report(Progress{Step: step.Text})
		if err := step.run(ctx, r); err != nil {
			return r.failures, err
		}
	}
	return r.failures, nil
}

func (r *run) fail(a Target, reason string) {
	r.failures = append(r.failures, Failure{a, reason, remedyOfReason(reason)})
}

var capabilities = []any{"CAPABILITY_NAMED_IAM"}

// settings are the members of CreateStackSet and UpdateStackSet that hold the template.
func (d *Deployment) settings() wire.Object {
	return wire.Object{
		{Name: "TemplateBody", Value: d.Template}, {Name: "Capabilities", Value: capabilities}, {Name: "PermissionModel", Value: "SERVICE_MANAGED"},
		{Name: "Description", Value: "A role for muster, which reads the account with it."},
		{Name: "AutoDeployment", Value: wire.Object{{Name: "Enabled", Value: true}, {Name: "RetainStacksOnAccountRemoval", Value: false}}},
	}
}

// preferences let an operation go on in the other accounts when it fails in one.
var preferences = wire.Field{Name: "OperationPreferences", Value: wire.Object{
	{Name: "FailureTolerancePercentage", Value: json.Number("100")}, {Name: "MaxConcurrentPercentage", Value: json.Number("100")},
	{Name: "ConcurrencyMode", Value: "SOFT_FAILURE_TOLERANCE"},
}}

// places are the targets of an operation on stack instances.
func (d *Deployment) places() wire.Object {
	units := make([]any, len(d.Targets))
	for i, id := range d.Targets {
		units[i] = id
	}
	return wire.Object{
		{Name: "DeploymentTargets", Value: wire.Object{{Name: "OrganizationalUnitIds", Value: units}}}, {Name: "Regions", Value: []any{d.cfn.region}}, preferences,
	}
}

func (d *Deployment) createSet(ctx context.Context, _ *run) error {
	_, err := d.cfn.write(ctx, "CreateStackSet", d.cfn.ofSet(d.Name, d.settings()...))
	return err
}

func (d *Deployment) updateSet(ctx context.Context, r *run) error {
	return d.operate(ctx, r, "UpdateStackSet", append(d.settings(), preferences))
}

func (d *Deployment) createInstances(ctx context.Context, r *run) error {
	return d.operate(ctx, r, "CreateStackInstances", d.places())
}

func (d *Deployment) deleteInstances(ctx context.Context, r *run) error {
	return d.operate(ctx, r, "DeleteStackInstances", append(d.places(), wire.Field{Name: "RetainStacks", Value: false}))
}

func (d *Deployment) deleteSet(ctx context.Context, _ *run) error {
	_, err := d.cfn.write(ctx, "DeleteStackSet", d.cfn.ofSet(d.Name))
	return err
}

// operate starts an operation of the stack set and follows it to its end.
func (d *Deployment) operate(ctx context.Context, r *run, operation string, in wire.Object) error {
	out, err := d.cfn.write(ctx, operation, d.cfn.ofSet(d.Name, in...))
	if err != nil {
		return err
	}
	id := out.Text("OperationId")
	f := &follower{d: d, run: r, id: id, known: map[string]bool{}}
	return unfollowed(ctx, "the operation "+id+" of the stack set "+d.Name, f.follow(ctx))
}

// unfollowed returns the error of a run that cannot follow an operation any more: the operation
// goes on. An end of the operation is not such an error.
func unfollowed(ctx context.Context, operation string, err error) error {
	ended := (*endedError)(nil)
	switch {
	case err == nil || errors.As(err, &ended):
		return err
	case ctx.Err() != nil:
		return &Ongoing{operation, ctx.Err()}
	}
	failure := awsapi.Explain(err)
	return &remedied{
		fmt.Errorf("%s goes on in AWS, but muster cannot follow it: %s: %s: %s", operation, failure.Operation, failure.Code, failure.Message),
		"'muster role status' shows its state",
	}
}

// endedError says that an operation has ended without success and without a failure in an
// account.
type endedError struct{ error }

// follower follows an operation of a stack set.
type follower struct {
	d     *Deployment
	run   *run
	id    string
	known map[string]bool // accounts whose results are reported
}

func (f *follower) follow(ctx context.Context) error {
	in := f.d.cfn.ofSet(f.d.Name, wire.Field{Name: "OperationId", Value: f.id})
	return poll(ctx, func() (bool, error) {
		out, err := f.d.cfn.read(ctx, "DescribeStackSetOperation", in)
		if err != nil {
			return false, err
		}
		results, err := f.d.cfn.summaries(ctx, "ListStackSetOperationResults", in.Clone())
		if err != nil {
			return false, err
		}
		failed := len(f.run.failures)
		f.reportResults(results)
		operation, _ := out.Get("StackSetOperation").(wire.Object)
		status := operation.Text("Status")
		if underWay(status) {
			return false, nil
		}
		if status != "SUCCEEDED" && failed == len(f.run.failures) {
			return true, &endedError{fmt.Errorf("the operation %s of the stack set %s ended as %s %s", f.id, f.d.Name, status, operation.Text("StatusReason"))}
		}
		return true, nil
	})
}

// reportResults reports the accounts that have finished since the last time.
func (f *follower) reportResults(results []wire.Object) {
	accounts := map[string]Target{}
	for _, a := range f.run.Accounts {
		accounts[a.ID] = a.Target
	}
	for _, result := range results {
		id, status := result.Text("Account"), result.Text("Status")
		if f.known[id] || status == "PENDING" || status == "RUNNING" {
			continue
		}
		f.known[id] = true
		a := accounts[id]
		a.ID = id
		news := Progress{Step: f.run.step.Text, Account: &a, Done: len(f.known), Total: len(results)}
		if status != "SUCCEEDED" {
			if a.Status != "" && a.Status != "ACTIVE" && !f.run.step.removes {
				continue // the plan has said that the account is skipped
			}
			news.Failure = strings.TrimSpace(status + " " + result.Text("StatusReason"))
			f.run.fail(a, news.Failure)
		}
		f.run.report(news)
	}
}

// poll calls done until it returns true, less and less often.
func poll(ctx context.Context, done func() (bool, error)) error {
	for delay := 200 * time.Millisecond; ; delay = min(delay*3/2, 5*time.Second) {
		if ended, err := done(); ended || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(delay):
		}
	}
}
