package awssim

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// stackName is the form of names of stacks and stack sets.
var stackName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-zA-Z][-a-zA-Z0-9]{0,127}$`) })

// stackInput reads the parameters of CreateStack and UpdateStack, and checks the template. The caller holds mu.
func (s *Server) stackInput(r *request) (in parameters, t *cfnTemplate, err *apiError) {
	in, err = r.parameters(map[string]parameterType{"StackName": textParameter, "TemplateBody": textParameter, "Capabilities": textsParameter,
		"ClientRequestToken": textParameter, "OnFailure": textParameter, "DisableRollback": textParameter})
	if err != nil {
		return nil, nil, err
	}
	if !stackName().MatchString(in.text("StackName")) {
		return nil, nil, r.invalidParameter("1 validation error detected: Value '%s' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*", in.text("StackName"))
	}
	t, wrong := readTemplate(in.text("TemplateBody"))
	if wrong != nil {
		return nil, nil, fail(400, "ValidationError", "%v", wrong)
	}
	return in, t, checkCapabilities(t, in.texts("Capabilities"))
}

func (s *Server) createStack(r *request) (*answer, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in, _, err := s.stackInput(r)
	if err != nil {
		return nil, err
	}
	key := stackKey{r.principal.account.ID, r.region, in.text("StackName")}
	if st := s.cfn.stacks[key]; st != nil {
		if token := in.text("ClientRequestToken"); token == "" || token != st.token {
			return nil, fail(400, "AlreadyExistsException", "Stack [%s] already exists", key.name)
		}
		return r.respond(object{{"StackId", st.id}}), nil
	}
	st := s.newStack(key, in.text("TemplateBody"))
	st.capabilities, st.token, st.status = in.texts("Capabilities"), in.text("ClientRequestToken"), "CREATE_IN_PROGRESS"
	s.cfn.stacks[key] = st
	st.end = func() {
		st.status = "CREATE_COMPLETE"
		if err := s.run(st); err != nil {
			st.status, st.reason = "ROLLBACK_COMPLETE", "The following resource(s) failed to create: [Role]. "+err.Error()
		}
	}
	return r.respond(object{{"StackId", st.id}}), nil
}

// findStack finds a stack of the caller by its name, or by its id also after it was deleted. The caller holds mu.
func (s *Server) findStack(r *request, name string) (*stack, *apiError) {
	if st := s.cfn.stacks[stackKey{r.principal.account.ID, r.region, name}]; st != nil {
		return st, nil
	}
	for _, st := range s.cfn.stacks {
		if st.id == name && st.account == r.principal.account.ID {
			return st, nil
		}
	}
	if st := s.cfn.old[name]; st != nil && st.account == r.principal.account.ID {
		return st, nil
	}
	return nil, fail(400, "ValidationError", "Stack with id %s does not exist", name)
}

func (s *Server) updateStack(r *request) (*answer, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in, _, err := s.stackInput(r)
	if err != nil {
		return nil, err
	}
	st, err := s.findStack(r, in.text("StackName"))
	switch {
	case err != nil:
		return nil, err
	case !strings.HasSuffix(st.status, "_COMPLETE") || st.status == "ROLLBACK_COMPLETE" || st.status == "DELETE_COMPLETE":
		return nil, fail(400, "ValidationError", "Stack:%s is in %s state and can not be updated.", st.id, st.status)
	case in.text("TemplateBody") == st.template:
		return nil, fail(400, "ValidationError", "No updates are to be performed.")
	}
	before := st.template
	st.template, st.status, st.reason, st.polls, st.updated = in.text("TemplateBody"), "UPDATE_IN_PROGRESS", "", 0, s.now().UTC()
	st.end = func() {
		st.status = "UPDATE_COMPLETE"
		if err := s.run(st); err != nil {
			st.status, st.reason, st.template = "UPDATE_ROLLBACK_COMPLETE", err.Error(), before
		}
	}
	return r.respond(object{{"StackId", st.id}}), nil
}

func (s *Server) deleteStack(r *request) (*answer, *apiError) {
	in, err := r.parameters(map[string]parameterType{"StackName": textParameter, "ClientRequestToken": textParameter})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st, err := s.findStack(r, in.text("StackName"))
	if err != nil || st.status == "DELETE_COMPLETE" {
		return r.respond(object{}), nil // a stack that does not exist is deleted already
	}
	st.status, st.reason, st.polls = "DELETE_IN_PROGRESS", "", 0
	st.end = func() {
		if reason := s.world.StackSets.KeepStack; reason != "" {
			st.status, st.reason = "DELETE_FAILED", reason
			return
		}
		s.removeStack(st)
	}
	return r.respond(object{}), nil
}

// removeStack removes a stack and its roles.
func (s *Server) removeStack(st *stack) {
	s.removeRoles(st, nil)
	st.status = "DELETE_COMPLETE"
	delete(s.cfn.stacks, st.stackKey)
	s.cfn.old[st.id] = st
}

func (s *Server) describeStacks(r *request) (*answer, *apiError) {
	in, err := r.parameters(map[string]parameterType{"StackName": textParameter, "NextToken": textParameter})
	if err != nil {
		return nil, err
	}
	name := in.text("StackName")
	found := s.stacksOf(r)
	if added := r.added("2010-05-15:DescribeStacks"); name == "" && len(found) == 0 && added != nil {
		return added.serve(s, r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if name != "" {
		st, err := s.findStack(r, name)
		if err != nil {
			return nil, err
		}
		s.answered(st)
		found = []*stack{st}
	}
	return r.respond(object{{"Stacks", sequenceOf(found, showStack)}}), nil
}

// stacksOf returns the stacks of the caller's account in a region.
func (s *Server) stacksOf(r *request) (found []*stack) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, st := range s.cfn.stacks {
		if key.account == r.principal.account.ID && key.region == r.region {
			found = append(found, st)
		}
	}
	slices.SortFunc(found, func(a, b *stack) int { return cmp.Compare(a.id, b.id) })
	return found
}

func showStack(st *stack) any {
	o := object{{"StackId", st.id}, {"StackName", st.name}}.with("Description", st.description)
	o = append(o, member{"CreationTime", st.created})
	if !st.updated.IsZero() {
		o = append(o, member{"LastUpdatedTime", st.updated.Truncate(time.Second)})
	}
	o = append(o, member{"StackStatus", st.status}).with("StackStatusReason", st.reason)
	return append(o, object{{"DisableRollback", false}, {"Capabilities", texts(st.capabilities)}, {"Tags", sequence{}}, {"EnableTerminationProtection", false},
		{"DriftInformation", object{{"StackDriftStatus", "NOT_CHECKED"}}}}...)
}

func texts(list []string) sequence { return sequenceOf(list, func(text string) any { return text }) }

func (s *Server) getTemplate(r *request) (*answer, *apiError) {
	in, err := r.parameters(map[string]parameterType{"StackName": textParameter, "TemplateStage": textParameter})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st, err := s.findStack(r, in.text("StackName"))
	if err != nil {
		return nil, err
	}
	return r.respond(object{{"TemplateBody", st.template}, {"StagesAvailable", texts([]string{"Original", "Processed"})}}), nil
}
