package awssim

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// stackSet is a stack set with the permissions of the service: it deploys to the accounts of OUs.
type stackSet struct {
	setKey
	id, arn, description, template string
	capabilities                   []string
	token                          string
	deploys, retains               bool     // AutoDeployment
	units                          []string // ids of the OUs that it deploys to
	instances                      []*stackInstance
	operations                     []*setOperation // the newest first
}

// stackInstance is the place of a stack in an account and a region.
type stackInstance struct {
	account                *account
	unit, region           string
	status, detail, reason string
	stack                  *stack
}

var setParameters = map[string]parameterType{
	"StackSetName": textParameter, "CallAs": textParameter, "TemplateBody": textParameter, "Description": textParameter, "Capabilities": textsParameter,
	"PermissionModel": textParameter, "AutoDeployment.Enabled": textParameter, "AutoDeployment.RetainStacksOnAccountRemoval": textParameter,
}

// withParameters returns the parameters of both.
func withParameters(known map[string]parameterType, more map[string]parameterType) map[string]parameterType {
	all := maps.Clone(known)
	maps.Copy(all, more)
	return all
}

// setInput reads parameters, and checks that the caller may use stack sets of the organization. The caller holds mu.
func (s *Server) setInput(r *request, known map[string]parameterType) (parameters, *apiError) {
	in, err := r.parameters(known)
	if err != nil {
		return nil, err
	}
	caller := r.principal.account
	switch as := cmp.Or(in.text("CallAs"), "SELF"); {
	case s.world.Organization == nil || as == "SELF" && caller != s.management:
		return nil, fail(400, "ValidationError", "You must be the management account or delegated admin account of an organization before operating a SERVICE_MANAGED stack set")
	case as == "DELEGATED_ADMIN" && !slices.Contains(s.delegated, caller):
		return nil, fail(400, "ValidationError", "Account used is not a delegated administrator")
	case as != "SELF" && as != "DELEGATED_ADMIN":
		return nil, r.invalidParameter("CallAs is %q", as)
	}
	return in, nil
}

// findSet finds the stack set that the input names.
func (s *Server) findSet(r *request, in parameters) (*stackSet, *apiError) {
	name, _, _ := strings.Cut(in.text("StackSetName"), ":")
	if set := s.cfn.sets[setKey{r.region, name}]; set != nil {
		return set, nil
	}
	return nil, fail(404, "StackSetNotFoundException", "StackSet %s not found", in.text("StackSetName"))
}

// deploymentInput reads the settings that CreateStackSet and UpdateStackSet share.
func (set *stackSet) deploymentInput(r *request, in parameters) *apiError {
	t, wrong := readTemplate(in.text("TemplateBody"))
	switch {
	case wrong != nil:
		return fail(400, "ValidationError", "%v", wrong)
	case in.text("PermissionModel") != "SERVICE_MANAGED":
		return fail(400, "ValidationError", "this simulator knows only stack sets with the permission model SERVICE_MANAGED")
	case in.text("AutoDeployment.Enabled") == "":
		return r.invalidParameter("AutoDeployment must be specified with SERVICE_MANAGED permission model")
	case !in.flag("AutoDeployment.Enabled") && in.text("AutoDeployment.RetainStacksOnAccountRemoval") != "":
		return r.invalidParameter("RetainStacksOnAccountRemoval can only be specified if AutoDeployment is enabled")
	}
	if err := checkCapabilities(t, in.texts("Capabilities")); err != nil {
		return err
	}
	set.template, set.description, set.capabilities = in.text("TemplateBody"), in.text("Description"), in.texts("Capabilities")
	set.deploys, set.retains = in.flag("AutoDeployment.Enabled"), in.flag("AutoDeployment.RetainStacksOnAccountRemoval")
	return nil
}

// newStackSet returns a stack set that does not exist yet.
func (s *Server) newStackSet(key setKey) *stackSet {
	s.stackCount++
	set := &stackSet{setKey: key}
	set.id = key.name + ":" + derive(uint64(s.stackCount), "stack set", key.name).uuid()
	set.arn = "arn:" + s.name + ":cloudformation:" + key.region + ":" + s.management.ID + ":stackset/" + set.id
	return set
}

func (s *Server) createStackSet(r *request) (*answer, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in, err := s.setInput(r, withParameters(setParameters, map[string]parameterType{"ClientRequestToken": textParameter}))
	if err != nil {
		return nil, err
	}
	name := in.text("StackSetName")
	switch known := s.cfn.sets[setKey{r.region, name}]; {
	case !stackName().MatchString(name):
		return nil, r.invalidParameter("1 validation error detected: Value '%s' at 'stackSetName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*", name)
	case s.world.StackSets.NoTrustedAccess:
		return nil, fail(400, "ValidationError", "You must enable organizations access to operate a service managed stack set")
	case known != nil && in.text("ClientRequestToken") != "" && known.token == in.text("ClientRequestToken"):
		return r.respond(object{{"StackSetId", known.id}}), nil
	case known != nil:
		return nil, fail(409, "NameAlreadyExistsException", "StackSet %s already exists", name)
	}
	set := s.newStackSet(setKey{r.region, name})
	set.token = in.text("ClientRequestToken")
	if err := set.deploymentInput(r, in); err != nil {
		return nil, err
	}
	s.cfn.sets[set.setKey] = set
	return r.respond(object{{"StackSetId", set.id}}), nil
}

func (s *Server) updateStackSet(r *request) (*answer, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in, err := s.setInput(r, withParameters(setParameters, operationParameters))
	if err != nil {
		return nil, err
	}
	set, err := s.findSet(r, in)
	if err != nil {
		return nil, err
	}
	return s.startOperation(r, in, set, "UPDATE", func(op *setOperation) *apiError {
		if err := set.deploymentInput(r, in); err != nil {
			return err
		}
		for _, instance := range set.instances {
			op.add(instance)
		}
		return nil
	})
}

func (s *Server) deleteStackSet(r *request) (*answer, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in, err := s.setInput(r, map[string]parameterType{"StackSetName": textParameter, "CallAs": textParameter})
	if err != nil {
		return nil, err
	}
	set, err := s.findSet(r, in)
	switch {
	case err != nil:
		return r.respond(object{}), nil // it is deleted already
	case set.running() != nil:
		return nil, set.busy()
	case len(set.instances) > 0:
		return nil, fail(409, "StackSetNotEmptyException", "StackSet is not empty")
	}
	delete(s.cfn.sets, set.setKey)
	return r.respond(object{}), nil
}

func (s *Server) describeStackSet(r *request) (*answer, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in, err := s.setInput(r, map[string]parameterType{"StackSetName": textParameter, "CallAs": textParameter})
	if err != nil {
		return nil, err
	}
	set, err := s.findSet(r, in)
	if err != nil {
		return nil, err
	}
	auto := object{{"Enabled", set.deploys}}
	if set.deploys {
		auto = append(auto, member{"RetainStacksOnAccountRemoval", set.retains})
	}
	o := object{{"StackSetName", set.name}, {"StackSetId", set.id}}.with("Description", set.description)
	o = append(o, object{{"Status", "ACTIVE"}, {"TemplateBody", set.template}, {"Parameters", sequence{}}, {"Capabilities", texts(set.capabilities)},
		{"Tags", sequence{}}, {"StackSetARN", set.arn}, {"AutoDeployment", auto}, {"PermissionModel", "SERVICE_MANAGED"},
		{"OrganizationalUnitIds", texts(set.units)}, {"ManagedExecution", object{{"Active", false}}}}...)
	return r.respond(object{{"StackSet", o}}), nil
}

func (s *Server) listStackSets(r *request) (*answer, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.setInput(r, map[string]parameterType{"CallAs": textParameter, "Status": textParameter}); err != nil {
		return nil, err
	}
	var found []*stackSet
	for key, set := range s.cfn.sets {
		if key.region == r.region {
			found = append(found, set)
		}
	}
	slices.SortFunc(found, func(a, b *stackSet) int { return cmp.Compare(a.name, b.name) })
	return r.respond(object{{"Summaries", sequenceOf(found, func(set *stackSet) any {
		return object{{"StackSetName", set.name}, {"StackSetId", set.id}, {"Status", "ACTIVE"}, {"PermissionModel", "SERVICE_MANAGED"}}
	})}}), nil
}

func (s *Server) listStackInstances(r *request) (*answer, *apiError) {
	set, found, in, err := s.instancesOf(r)
	if err != nil {
		return nil, err
	}
	p, err := s.pageOf(r, in, setPaging, len(found))
	if err != nil {
		return nil, err
	}
	return r.respond(object{{"Summaries", sequenceOf(found[p.from:p.to], func(i stackInstance) any {
		o := object{{"StackSetId", set.id}, {"Region", i.region}, {"Account", i.account.ID}}
		if i.stack != nil {
			o = append(o, member{"StackId", i.stack.id})
		}
		o = append(o, member{"Status", i.status}).with("StatusReason", i.reason)
		return append(o, object{{"OrganizationalUnitId", i.unit}, {"DriftStatus", "NOT_CHECKED"}, {"StackInstanceStatus", object{{"DetailedStatus", i.detail}}}}...)
	})}}.with("NextToken", p.next)), nil
}

// instancesOf returns the instances that the input of ListStackInstances asks for.
func (s *Server) instancesOf(r *request) (set *stackSet, found []stackInstance, in parameters, err *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in, err = s.setInput(r, map[string]parameterType{"StackSetName": textParameter, "CallAs": textParameter, "NextToken": textParameter,
		"MaxResults": numberParameter, "StackInstanceAccount": textParameter, "StackInstanceRegion": textParameter})
	if err != nil {
		return nil, nil, nil, err
	}
	if set, err = s.findSet(r, in); err != nil {
		return nil, nil, nil, err
	}
	for _, i := range set.instances {
		if account := in.text("StackInstanceAccount"); account == "" || account == i.account.ID {
			found = append(found, *i)
		}
	}
	return set, found, in, nil
}

// setPaging is how the lists of stack sets are paged.
var setPaging = paging{limit: "MaxResults", token: "NextToken", least: 1, most: 100, usual: 100}
