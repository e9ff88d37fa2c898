// Package deploy brings a role to every account of an organization, and removes it again.
// Its rules:
//
//   - A plan names each account and each step before anything is changed. Two runs with the
//     same template make one change: the second plan has no step.
//   - A stack set does the work, so that new accounts get the role, too. CloudFormation goes on
//     if the run is interrupted.
//   - An account that fails does not stop the others. Each failure has CloudFormation's reason,
//     and a remedy where one is known.
//   - A call that is repeated after a lost answer has no further effect.
package deploy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"muster/internal/auth"
	"muster/internal/awsapi"
	"muster/internal/wire"
)

// Deployment is a template in the accounts of an organization. A stack set with the
// permissions of the service brings it to the accounts, and to those that join later. Stack
// sets leave the management account out, where a stack of the same name takes their place.
type Deployment struct {
	Name     string // of the stack set and of the stack
	Template string // not needed to delete
	// Description is that of the template. A stack set or a stack of this name with another
	// description belongs to somebody else: it is neither changed nor deleted.
	Description string
	Targets     []string // ids of OUs, or of the organization's root
	Accounts    []Target // below the targets, without the management account

	// Management is the id of the management account; "": it gets no stack.
	Management, ManagementName string

	cfn *cloudFormation
}

// Target is an account to deploy to.
type Target struct {
	ID, Name string
	Status   string // ACTIVE, SUSPENDED, ...
}

// Connect sets the identity that deploys. A delegated administrator acts for the management
// account.
func (d *Deployment) Connect(api *awsapi.API, id *auth.Identity, delegated bool) {
	d.cfn = newCloudFormation(api, id, delegated)
}

// deployed is the state of a deployment in AWS.
type deployed struct {
	set   *stackSet // nil: there is none
	stack *stack    // of the management account; nil: there is none
}

type stackSet struct {
	template  string
	automatic bool     // deploys to new accounts; true where the answer does not say
	model     string   // of permissions
	units     []string // ids of the OUs that it deploys to; nil where the answer does not say
	instances map[string]instance
	operation string // id of the operation under way; "": there is none
}

// instance is the stack of a stack set in an account.
type instance struct {
	unit, status, detail, reason string
}

// failed reports whether the last operation did not reach the account.
func (i instance) failed() bool {
	return i.detail == "FAILED" || i.detail == "CANCELLED" || i.detail == "INOPERABLE" || i.detail == "" && i.status == "OUTDATED"
}

type stack struct {
	id, template, status, reason string
}

// state asks AWS for the state of the deployment.
func (d *Deployment) state(ctx context.Context) (now deployed, err error) {
	if now.set, err = d.describeSet(ctx); err != nil {
		return now, err
	}
	if d.Management != "" {
		now.stack, err = d.describeStack(ctx, d.Name, true)
	}
	return now, err
}

// ownState is state, and an error if somebody else has made a part of it.
func (d *Deployment) ownState(ctx context.Context) (deployed, error) {
	now, err := d.state(ctx)
	switch {
	case err != nil:
		return now, err
	case now.set != nil && !d.owns(now.set):
		return now, d.foreign("stack set")
	case now.stack != nil && !d.made(now.stack.template):
		return now, d.foreign("stack")
	}
	return now, nil
}

// owns reports whether a stack set is one of this deployment.
func (d *Deployment) owns(set *stackSet) bool {
	return set.model != "SELF_MANAGED" && d.made(set.template)
}

// made reports whether a template is one of this deployment, in this version or another.
func (d *Deployment) made(text string) bool {
	var t struct {
		Description string `yaml:"Description"`
	}
	return yaml.Unmarshal([]byte(text), &t) == nil && t.Description == d.Description
}

// foreign is the error for a stack set or a stack that somebody else has made.
func (d *Deployment) foreign(kind string) error {
	return &remedied{fmt.Errorf("somebody else has made the %s %s, with another template: nothing was changed", kind, d.Name),
		"choose another name for the role, or delete the " + kind + " in CloudFormation"}
}

func (d *Deployment) describeSet(ctx context.Context) (*stackSet, error) {
	out, err := d.cfn.read(ctx, "DescribeStackSet", d.cfn.ofSet(d.Name))
	if isAbsent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	found, _ := out.Get("StackSet").(wire.Object)
	if found.Text("Status") == "DELETED" {
		return nil, nil
	}
	set := &stackSet{template: found.Text("TemplateBody"), automatic: true, model: found.Text("PermissionModel"), instances: map[string]instance{}}
	if auto, ok := found.Get("AutoDeployment").(wire.Object); ok {
		enabled, _ := auto.Get("Enabled").(bool)
		retained, _ := auto.Get("RetainStacksOnAccountRemoval").(bool)
		set.automatic = enabled && !retained
	}
	units, _ := found.Get("OrganizationalUnitIds").([]any)
	for _, unit := range units {
		if id, ok := unit.(string); ok {
			set.units = append(set.units, id)
		}
	}
	if err := d.listInstances(ctx, set); err != nil {
		return nil, err
	}
	operations, err := d.cfn.summaries(ctx, "ListStackSetOperations", d.cfn.ofSet(d.Name))
	for _, op := range operations {
		if underWay(op.Text("Status")) {
			set.operation = op.Text("OperationId")
		}
	}
	return set, err
}

func underWay(status string) bool {
	return status == "RUNNING" || status == "QUEUED" || status == "STOPPING"
}

func (d *Deployment) listInstances(ctx context.Context, set *stackSet) error {
	found, err := d.cfn.summaries(ctx, "ListStackInstances", d.cfn.ofSet(d.Name))
	for _, one := range found {
		detail, _ := one.Get("StackInstanceStatus").(wire.Object)
		set.instances[one.Text("Account")] = instance{
			unit: one.Text("OrganizationalUnitId"), status: one.Text("Status"), detail: detail.Text("DetailedStatus"), reason: one.Text("StatusReason"),
		}
	}
	return err
}

// describeStack finds a stack of the management account by its name or id.
func (d *Deployment) describeStack(ctx context.Context, name string, withTemplate bool) (*stack, error) {
	out, err := d.cfn.read(ctx, "DescribeStacks", wire.Object{{Name: "StackName", Value: name}})
	if isAbsent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	stacks := out.Objects("Stacks")
	if len(stacks) != 1 {
		return nil, fmt.Errorf("DescribeStacks answered with %d stacks for %s", len(stacks), name)
	}
	st := &stack{id: stacks[0].Text("StackId"), status: stacks[0].Text("StackStatus"), reason: stacks[0].Text("StackStatusReason")}
	if st.status == "DELETE_COMPLETE" {
		return nil, nil
	}
	if withTemplate {
		out, err := d.cfn.read(ctx, "GetTemplate", wire.Object{{Name: "StackName", Value: name}, {Name: "TemplateStage", Value: "Original"}})
		if err != nil {
			return nil, err
		}
		st.template = out.Text("TemplateBody")
	}
	return st, nil
}

// covers reports whether the stack set has a stack in the management account. AWS's never
// has, but simulators do not leave that account out.
func (s *stackSet) covers(management string) bool {
	if s == nil {
		return false
	}
	_, ok := s.instances[management]
	return ok
}

// deployedUnits are the OUs that the stack set deploys to.
func (s *stackSet) deployedUnits() []string {
	units := slices.Clone(s.units)
	for _, i := range s.instances {
		if i.unit != "" && !slices.Contains(units, i.unit) {
			units = append(units, i.unit)
		}
	}
	slices.Sort(units)
	return units
}

// reaches reports whether the stack set deploys to a target.
func (s *stackSet) reaches(target string) bool {
	return s.units == nil || slices.Contains(s.units, target) || slices.ContainsFunc(s.units, func(unit string) bool { return strings.HasPrefix(unit, "r-") })
}

// sameTemplate reports whether two templates are the same, whatever the ends of their lines.
func sameTemplate(a, b string) bool {
	plain := func(text string) string { return strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n")) }
	return plain(a) == plain(b)
}
