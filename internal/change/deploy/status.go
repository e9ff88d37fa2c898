package deploy

import (
	"context"
	"fmt"
	"strings"
)

// Status is the state of a deployment.
type Status struct {
	Text     string                  // the state of the stack set, in a line
	Accounts map[string]AccountState // by id; an account without a stack is not in it
	Hidden   string                  // id of an account whose stack the caller cannot see
}

// AccountState is the state of the stack in an account.
type AccountState struct {
	State  string // such as CURRENT
	Reason string // CloudFormation's, for a failure; untrusted
}

// Works reports whether the stack has been created, so that the role should be there.
func (s AccountState) Works() bool {
	return s.State == "CURRENT" || s.State == "CREATE_COMPLETE" || s.State == "UPDATE_COMPLETE"
}

// Status asks AWS for the state of the deployment.
func (d *Deployment) Status(ctx context.Context) (*Status, error) {
	now, err := d.state(ctx)
	if err != nil {
		return nil, err
	}
	s := &Status{Text: "there is no stack set " + d.Name, Accounts: map[string]AccountState{}}
	if set := now.set; set != nil {
		s.Text = "the stack set " + d.Name
		if units := set.deployedUnits(); len(units) > 0 {
			s.Text += " deploys to the accounts below " + strings.Join(units, ", ")
		} else {
			s.Text += fmt.Sprintf(" has %d stacks", len(set.instances))
		}
		if !d.owns(set) {
			s.Text += "; somebody else has made it"
		}
		if set.operation != "" {
			s.Text += "; its operation " + set.operation + " is under way"
		}
		for id, i := range set.instances {
			state := AccountState{i.status, i.reason}
			if i.status != "CURRENT" && i.detail != "" {
				state.State += " " + i.detail
			}
			s.Accounts[id] = state
		}
	}
	if now.stack != nil {
		s.Accounts[d.Management] = AccountState{now.stack.status, now.stack.reason}
	}
	return s, nil
}
