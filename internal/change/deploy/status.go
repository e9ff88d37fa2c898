package deploy

import (
	"context"
	"fmt"
	"strings"
)

// Status is the state of a deployment.
type Status struct {
	Text     string            // the state of the stack set, in a line
	Accounts map[string]string // states of stacks by account, such as CURRENT
}

// Status asks AWS for the state of the deployment.
func (d *Deployment) Status(ctx context.Context) (*Status, error) {
	now, err := d.state(ctx)
	if err != nil {
		return nil, err
	}
	s := &Status{Text: "there is no stack set " + d.Name, Accounts: map[string]string{}}
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
			s.Accounts[id] = i.status
			if i.status != "CURRENT" && i.detail != "" {
				s.Accounts[id] += " " + i.detail
			}
		}
	}
	if now.stack != nil {
		s.Accounts[d.Management] = now.stack.status
	}
	return s, nil
}
