package awssim

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// StackSets is how CloudFormation behaves. Its operations are asynchronous: they go on only when a client asks about
// them, never with the time. CloudFormation can create IAM roles, and they work in STS.
type StackSets struct {
	NoTrustedAccess bool              `json:"no_trusted_access,omitempty"` // CloudFormation may not use Organizations
	Polls           int               `json:"polls,omitempty"`             // questions until an operation ends; default 2; below 0: it never ends
	Fail            map[string]string `json:"fail,omitempty"`              // account to the reason why its stacks fail
	KeepStack       string            `json:"keep_stack,omitempty"`        // the reason why DeleteStack fails

	// What the management account has at the start: templates by name.
	Sets   map[string]string `json:"sets,omitempty"`
	Stacks map[string]string `json:"stacks,omitempty"`
}

// cloudFormation is the state of the service. Server.mu guards it.
type cloudFormation struct {
	stacks map[stackKey]*stack
	old    map[string]*stack // deleted ones, by id
	sets   map[setKey]*stackSet
}

type stackKey struct{ account, region, name string }

type setKey struct{ region, name string }

func cloudFormationAPI() *api {
	return &api{service: "cloudformation", signingName: "cloudformation", actions: "cloudformation:", protocol: protocolQuery, prefix: "2010-05-15:",
		namespace: "http://cloudformation.amazonaws.com/doc/2010-05-15/", throttling: throttlingQuery, invalid: "ValidationError",
		operations: map[string]handler{
			"CreateStack": (*Server).createStack, "UpdateStack": (*Server).updateStack, "DeleteStack": (*Server).deleteStack,
			"DescribeStacks": (*Server).describeStacks, "GetTemplate": (*Server).getTemplate,
			"CreateStackSet": (*Server).createStackSet, "UpdateStackSet": (*Server).updateStackSet, "DeleteStackSet": (*Server).deleteStackSet,
			"DescribeStackSet": (*Server).describeStackSet, "ListStackSets": (*Server).listStackSets,
			"CreateStackInstances": (*Server).createStackInstances, "UpdateStackInstances": (*Server).updateStackInstances,
			"DeleteStackInstances": (*Server).deleteStackInstances, "ListStackInstances": (*Server).listStackInstances,
			"DescribeStackSetOperation": (*Server).describeStackSetOperation, "ListStackSetOperations": (*Server).listStackSetOperations,
			"ListStackSetOperationResults": (*Server).listStackSetOperationResults,
		}}
}

func (w *compiledWorld) compileStackSets() error {
	if w.world.Organization == nil && len(w.world.StackSets.Sets)+len(w.world.StackSets.Stacks) > 0 {
		return errors.New("stack_sets: sets and stacks need an organization")
	}
	for ref, reason := range w.world.StackSets.Fail {
		a, err := w.account(ref)
		if err != nil {
			return fmt.Errorf("stack_sets: fail: %w", err)
		}
		w.failing[a.ID] = reason
	}
	return nil
}

// createStacks creates the stack sets and stacks that the world has at the start.
func (s *Server) createStacks() error {
	for name, template := range s.world.StackSets.Sets {
		set := s.newStackSet(setKey{s.iam, name})
		set.template, set.deploys = template, true
		s.cfn.sets[set.setKey] = set
	}
	for name, template := range s.world.StackSets.Stacks {
		st := s.newStack(stackKey{s.management.ID, s.iam, name}, template)
		st.status = "CREATE_COMPLETE"
		if err := s.run(st); err != nil {
			return fmt.Errorf("stack_sets: stacks: %s: %w", name, err)
		}
		s.cfn.stacks[st.stackKey] = st
	}
	return nil
}

// DeleteRole deletes a role that a stack has created, as somebody may by hand. The stack does not notice.
func (s *Server) DeleteRole(arn string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.deployed, arn)
	s.endSessions(arn)
}

func (s *Server) endSessions(role string) {
	maps.DeleteFunc(s.keys, func(_ string, c *credentials) bool { return c.role == role })
}

// polls is the number of questions after which an operation ends.
func (s *Server) polls() int { return cmp.Or(s.world.StackSets.Polls, 2) }

// stack is a stack of one account and region. Its roles exist when its operation has ended.
type stack struct {
	stackKey
	id, template, status, reason string
	description                  string
	capabilities                 []string
	token                        string // ClientRequestToken of its creation
	created, updated             time.Time
	roles                        []*role
	polls                        int    // questions so far
	end                          func() // ends the operation under way; nil: there is none
}

// answered counts a question about a stack, and ends its operation if it is time.
func (s *Server) answered(st *stack) {
	if st.polls++; st.end != nil && s.polls() >= 0 && st.polls > s.polls() {
		st.end()
		st.end = nil
	}
}

// run makes the stack's roles those of its template. The error has the reason of the failure.
func (s *Server) run(st *stack) error {
	if reason := s.failing[st.account]; reason != "" {
		return awsMessage(reason)
	}
	t, err := readTemplate(st.template)
	if err != nil {
		return err
	}
	var roles []*role
	for _, id := range slices.Sorted(maps.Keys(t.roles)) {
		r, err := s.cfnRole(s.byID[st.account], st.region, st.name, id, t.roles[id])
		if err != nil {
			return awsError("Resource handler returned message: \"%v\" (HandlerErrorCode: InvalidRequest)", err)
		}
		if existing := s.existing(r); existing != nil && !slices.Contains(st.roles, existing) {
			return awsError("Resource handler returned message: \"Resource of type 'AWS::IAM::Role' with identifier '%s' already exists.\" (HandlerErrorCode: AlreadyExists)", r.Name)
		}
		roles = append(roles, r)
	}
	s.removeRoles(st, roles)
	for _, r := range roles {
		s.deployed[r.arn] = r
	}
	st.roles = roles
	return nil
}

// existing returns the role of the same name in the account of r; nil if there is none.
func (s *Server) existing(r *role) *role {
	for _, known := range []map[string]*role{s.roles, s.deployed} {
		for _, other := range known {
			if other.account == r.account && other.Name == r.Name {
				return other
			}
		}
	}
	return nil
}

// removeRoles removes the stack's roles, and ends the sessions of those that are not kept.
func (s *Server) removeRoles(st *stack, kept []*role) {
	for _, r := range st.roles {
		delete(s.deployed, r.arn)
		if !slices.ContainsFunc(kept, func(k *role) bool { return k.arn == r.arn }) {
			s.endSessions(r.arn)
		}
	}
	st.roles = nil
}

// newStack returns a stack that is not in the account yet.
func (s *Server) newStack(key stackKey, template string) *stack {
	s.stackCount++
	uuid := derive(uint64(s.stackCount), "stack", key.account, key.region, key.name).uuid()
	st := &stack{stackKey: key, template: template, created: s.now().UTC().Truncate(time.Second)}
	st.id = "arn:" + s.name + ":cloudformation:" + key.region + ":" + key.account + ":stack/" + key.name + "/" + uuid
	if t, err := readTemplate(template); err == nil {
		st.description = t.description
	}
	return st
}

// role finds a role of the world, or one that a stack has created.
func (s *Server) role(arn string) *role {
	if r := s.roles[arn]; r != nil {
		return r
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deployed[arn]
}

// allRoles returns the roles of the world and those of stacks.
func (s *Server) allRoles() []*role {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.AppendSeq(slices.Collect(maps.Values(s.roles)), maps.Values(s.deployed))
}

// checkCapabilities returns the error for a template with roles that the client has not acknowledged.
func checkCapabilities(t *cfnTemplate, given []string) *apiError {
	needed := "CAPABILITY_IAM"
	if t.named {
		needed = "CAPABILITY_NAMED_IAM"
	}
	if slices.Contains(given, "CAPABILITY_NAMED_IAM") || slices.Contains(given, needed) {
		return nil
	}
	return fail(400, "InsufficientCapabilitiesException", "Requires capabilities : [%s]", needed)
}

// flag reads a boolean parameter.
func (in parameters) flag(name string) bool { v, _ := strconv.ParseBool(in.text(name)); return v }
