package deploy

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Plan is the list of changes that bring a Deployment about, or remove it.
type Plan struct {
	Accounts []AccountChange
	Steps    []Step // in order; none: nothing is to be changed
	Before   string // the template that is replaced; "": none is
	Under    string // id of the stack set's operation under way, which a run has to wait for; "": there is none

	d *Deployment
}

// AccountChange is the change in an account.
type AccountChange struct {
	Target
	Change string // one of the constants
	Reason string // why it is skipped, or tried again
}

// The changes in an account.
const (
	Create = "create"
	Update = "update"
	Retry  = "retry"
	Delete = "delete"
	Keep   = "none"
	Skip   = "skip"
)

// Step is one change of a stack set or a stack.
type Step struct {
	Text string

	run      func(context.Context, *run) error
	afterAll bool // it is left out if an account failed before
	removes  bool // it deletes the stacks of accounts
}

// PlanDeploy compares the deployment with its state in AWS.
func (d *Deployment) PlanDeploy(ctx context.Context) (*Plan, error) {
	now, err := d.ownState(ctx)
	if err != nil {
		return nil, err
	}
	p := &Plan{d: d}
	p.planSet(now.set)
	switch {
	case d.Management == "":
	case now.set.covers(d.Management):
		p.Accounts = append(p.Accounts, AccountChange{Target{d.Management, d.ManagementName, "ACTIVE"}, Keep, ""})
	default:
		err = p.planStack(now.stack)
	}
	p.sort()
	return p, err
}

func (p *Plan) sort() {
	slices.SortFunc(p.Accounts, func(a, b AccountChange) int { return strings.Compare(a.ID, b.ID) })
}

// planSet adds the steps that create, update and extend the stack set.
func (p *Plan) planSet(set *stackSet) {
	d := p.d
	if set == nil {
		p.add(Step{Text: "create the stack set " + d.Name + ", which deploys to new accounts, too", run: d.createSet})
		set = &stackSet{template: d.Template, automatic: true, units: []string{}, instances: map[string]instance{}}
	}
	p.Under = set.operation
	same := sameTemplate(set.template, d.Template)
	if !same {
		p.Before = set.template
	}
	missing, failed := 0, 0
	for _, a := range d.Accounts {
		change := AccountChange{a, Keep, ""}
		i, there := set.instances[a.ID]
		switch {
		case a.Status != "" && a.Status != "ACTIVE":
			change.Change, change.Reason = Skip, "the account is "+a.Status
		case !there:
			change.Change = Create
			missing++
		case i.detail == "PENDING" || i.detail == "RUNNING":
			change.Reason = "an operation is under way"
		case i.failed():
			change.Change, change.Reason = Retry, i.reason
			failed++
		case !same:
			change.Change = Update
		}
		p.Accounts = append(p.Accounts, change)
	}
	if !same || !set.automatic || failed > 0 {
		p.add(Step{Text: "update the stack set " + d.Name, run: d.updateSet})
	}
	if unreached := slices.ContainsFunc(d.Targets, func(t string) bool { return !set.reaches(t) }); unreached || missing > 0 {
		p.add(Step{Text: "deploy it to the accounts below " + strings.Join(d.Targets, ", "), run: d.createInstances})
	}
}

// planStack adds the steps for the stack of the management account.
func (p *Plan) planStack(st *stack) error {
	d := p.d
	change := AccountChange{Target{ID: d.Management, Name: d.ManagementName, Status: "ACTIVE"}, Keep, ""}
	where := " the stack " + d.Name + " in the management account " + d.Management
	switch {
	case st == nil:
		change.Change = Create
		p.add(Step{Text: "create" + where, run: d.createStack})
	case strings.HasSuffix(st.status, "_IN_PROGRESS"):
		return &remedied{fmt.Errorf("the stack %s is in the state %s", d.Name, st.status), "wait until CloudFormation has finished, and run the command again"}
	case st.status == "ROLLBACK_COMPLETE" || strings.HasSuffix(st.status, "_FAILED"):
		change.Change, change.Reason = Retry, st.reason
		p.add(Step{Text: "delete and create again" + where + ", which is in the state " + st.status, run: d.recreateStack})
	case !sameTemplate(st.template, d.Template):
		change.Change = Update
		if p.Before == "" {
			p.Before = st.template
		}
		p.add(Step{Text: "update" + where, run: d.updateStack})
	}
	p.Accounts = append(p.Accounts, change)
	return nil
}

// PlanDelete plans the removal of everything that PlanDeploy creates.
func (d *Deployment) PlanDelete(ctx context.Context) (*Plan, error) {
	now, err := d.ownState(ctx)
	if err != nil {
		return nil, err
	}
	p := &Plan{d: d}
	if set := now.set; set != nil {
		p.Under = set.operation
		p.planRemoval(set)
		p.add(Step{Text: "delete the stack set " + d.Name, run: d.deleteSet, afterAll: true})
	}
	if now.stack != nil {
		p.Accounts = append(p.Accounts, AccountChange{Target{d.Management, d.ManagementName, "ACTIVE"}, Delete, ""})
		p.add(Step{Text: "delete the stack " + d.Name + " in the management account " + d.Management, run: d.deleteStack})
	}
	p.sort()
	return p, nil
}

// planRemoval adds the step that deletes the stacks of a stack set.
func (p *Plan) planRemoval(set *stackSet) {
	known := map[string]Target{p.d.Management: {Name: p.d.ManagementName}}
	for _, a := range p.d.Accounts {
		known[a.ID] = a
	}
	for id := range set.instances {
		target := known[id]
		target.ID = id
		p.Accounts = append(p.Accounts, AccountChange{target, Delete, ""})
	}
	if units := set.deployedUnits(); len(units) > 0 || len(set.instances) > 0 {
		if len(units) == 0 {
			units = p.d.Targets
		}
		p.d.Targets = units
		p.add(Step{Text: "delete its stacks in the accounts below " + strings.Join(units, ", "), run: p.d.deleteInstances, removes: true})
	}
}

func (p *Plan) add(step Step) { p.Steps = append(p.Steps, step) }
