package awssim

import "slices"

// targets reads DeploymentTargets and Regions. It returns the ids of the OUs.
func (s *Server) targets(r *request, in parameters) (units, regions []string, err *apiError) {
	units, regions = in.texts("DeploymentTargets.OrganizationalUnitIds"), in.texts("Regions")
	if len(units) == 0 {
		return nil, nil, r.invalidParameter("StackSets with SERVICE_MANAGED permission model can only have OrganizationalUnit as target")
	}
	if len(regions) == 0 {
		return nil, nil, r.invalidParameter("1 validation error detected: Value at 'regions' failed to satisfy constraint: Member must not be null")
	}
	for _, id := range units {
		if s.units[id] == nil {
			return nil, nil, fail(400, "ValidationError", "OrganizationalUnitIds [%s] not found in the organization", id)
		}
	}
	for _, name := range regions {
		if !s.has(name) {
			return nil, nil, fail(400, "ValidationError", "Region %s is not supported", name)
		}
	}
	return units, regions, nil
}

// accountsBelow returns the accounts of an OU and of the OUs in it, without the management account, which stack sets
// leave out.
func (s *Server) accountsBelow(u *unit) (all []*account) {
	for _, a := range u.accounts {
		if a != s.management {
			all = append(all, a)
		}
	}
	for _, child := range u.units {
		all = append(all, s.accountsBelow(child)...)
	}
	return all
}

func (set *stackSet) instance(a *account, region string) *stackInstance {
	i := slices.IndexFunc(set.instances, func(i *stackInstance) bool { return i.account == a && i.region == region })
	if i < 0 {
		return nil
	}
	return set.instances[i]
}

// eachTarget calls visit for every place of the input's targets.
func (s *Server) eachTarget(r *request, in parameters, visit func(a *account, unit, region string)) *apiError {
	units, regions, err := s.targets(r, in)
	if err != nil {
		return err
	}
	for _, unit := range units {
		for _, a := range s.accountsBelow(s.units[unit]) {
			for _, region := range regions {
				visit(a, unit, region)
			}
		}
	}
	return nil
}

// changeInstances starts an operation on the instances of a stack set. fill adds its places.
func (s *Server) changeInstances(r *request, action string, more map[string]parameterType, fill func(parameters, *stackSet, *setOperation) *apiError) (*answer, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in, err := s.setInput(r, withParameters(operationParameters, more))
	if err != nil {
		return nil, err
	}
	set, err := s.findSet(r, in)
	if err != nil {
		return nil, err
	}
	return s.startOperation(r, in, set, action, func(op *setOperation) *apiError { return fill(in, set, op) })
}

func (s *Server) createStackInstances(r *request) (*answer, *apiError) {
	return s.changeInstances(r, "CREATE", nil, func(in parameters, set *stackSet, op *setOperation) *apiError {
		err := s.eachTarget(r, in, func(a *account, unit, region string) {
			i := set.instance(a, region)
			if i == nil {
				i = &stackInstance{account: a, unit: unit, region: region}
				set.instances = append(set.instances, i)
			}
			op.add(i)
		})
		if err != nil {
			return err
		}
		for _, unit := range in.texts("DeploymentTargets.OrganizationalUnitIds") {
			if !slices.Contains(set.units, unit) {
				set.units = append(set.units, unit)
			}
		}
		return nil
	})
}

func (s *Server) updateStackInstances(r *request) (*answer, *apiError) {
	return s.changeInstances(r, "UPDATE", nil, func(in parameters, set *stackSet, op *setOperation) *apiError {
		return s.eachTarget(r, in, func(a *account, _, region string) {
			if i := set.instance(a, region); i != nil {
				op.add(i)
			}
		})
	})
}

func (s *Server) deleteStackInstances(r *request) (*answer, *apiError) {
	return s.changeInstances(r, "DELETE", map[string]parameterType{"RetainStacks": textParameter}, func(in parameters, set *stackSet, op *setOperation) *apiError {
		if in.text("RetainStacks") != "false" {
			return r.invalidParameter("RetainStacks is %q: this simulator knows only false", in.text("RetainStacks"))
		}
		err := s.eachTarget(r, in, func(a *account, _, region string) {
			if i := set.instance(a, region); i != nil {
				op.add(i)
			}
		})
		if err != nil {
			return err
		}
		set.units = slices.DeleteFunc(set.units, func(unit string) bool {
			return slices.Contains(in.texts("DeploymentTargets.OrganizationalUnitIds"), unit)
		})
		return nil
	})
}
