package awssim

import (
	"slices"
	"strconv"
	"time"
)

// setOperation is an operation of a stack set. It handles the accounts in order, a share with each question about it.
type setOperation struct {
	id, action, status string
	created, ended     time.Time
	tolerance          int // accounts that may fail before the rest is cancelled
	polls              int
	results            []*setResult
}

// setResult is what an operation does in a place.
type setResult struct {
	*stackInstance
	status, reason string
}

var operationParameters = map[string]parameterType{
	"StackSetName": textParameter, "CallAs": textParameter, "OperationId": textParameter, "Regions": textsParameter, "DeploymentTargets.OrganizationalUnitIds": textsParameter,
	"OperationPreferences.RegionConcurrencyType": textParameter, "OperationPreferences.ConcurrencyMode": textParameter,
	"OperationPreferences.FailureToleranceCount": numberParameter, "OperationPreferences.FailureTolerancePercentage": numberParameter,
	"OperationPreferences.MaxConcurrentCount": numberParameter, "OperationPreferences.MaxConcurrentPercentage": numberParameter,
}

func (op *setOperation) add(i *stackInstance) {
	i.status, i.detail, i.reason = "OUTDATED", "PENDING", ""
	op.results = append(op.results, &setResult{i, "PENDING", ""})
}

// running returns the operation under way; nil if there is none.
func (set *stackSet) running() *setOperation {
	if len(set.operations) > 0 && set.operations[0].status == "RUNNING" {
		return set.operations[0]
	}
	return nil
}

func (set *stackSet) busy() *apiError {
	return fail(409, "OperationInProgressException", "Another Operation on StackSet %s is in progress: %s", set.arn, set.running().id)
}

// startOperation starts an operation; fill adds its places.
func (s *Server) startOperation(r *request, in parameters, set *stackSet, action string, fill func(*setOperation) *apiError) (*answer, *apiError) {
	id := in.text("OperationId")
	if slices.ContainsFunc(set.operations, func(op *setOperation) bool { return id != "" && op.id == id }) {
		return r.respond(object{{"OperationId", id}}), nil // the client has repeated its request
	}
	if set.running() != nil {
		return nil, set.busy()
	}
	if id == "" {
		id = derive(uint64(len(set.operations)), "operation", set.id).hex(32)
	}
	op := &setOperation{id: id, action: action, status: "RUNNING", created: s.now().UTC()}
	tolerance, err := failureTolerance(r, in)
	if err != nil {
		return nil, err
	}
	if err := fill(op); err != nil {
		return nil, err
	}
	op.tolerance = tolerance(len(op.results))
	set.operations = slices.Insert(set.operations, 0, op)
	return r.respond(object{{"OperationId", id}}), nil
}

// failureTolerance checks OperationPreferences. The result is how many of n places may fail.
func failureTolerance(r *request, in parameters) (of func(n int) int, err *apiError) {
	number := func(name string, least, most int) (n int, given bool, err *apiError) {
		n, given = in["OperationPreferences."+name].(int)
		if given && (n < least || n > most) {
			err = r.invalidParameter("%s is %d, not between %d and %d", name, n, least, most)
		}
		return n, given, err
	}
	percentage, relative, err := number("FailureTolerancePercentage", 0, 100)
	count, absolute, wrong := number("FailureToleranceCount", 0, 10000)
	_, _, wrongShare := number("MaxConcurrentPercentage", 1, 100)
	_, _, wrongCount := number("MaxConcurrentCount", 1, 10000)
	for _, err := range []*apiError{err, wrong, wrongShare, wrongCount} {
		if err != nil {
			return nil, err
		}
	}
	if relative && absolute {
		return nil, r.invalidParameter("FailureToleranceCount and FailureTolerancePercentage exclude each other")
	}
	return func(n int) int {
		if relative {
			return n * percentage / 100
		}
		return count
	}, nil
}

// advance handles a share of the places of a running operation.
func (s *Server) advance(set *stackSet, op *setOperation) {
	if op.status != "RUNNING" || s.polls() < 0 {
		return
	}
	op.polls++
	failed := 0
	for i, result := range op.results {
		if result.status == "FAILED" {
			failed++
		}
		if due := len(op.results) * op.polls / (s.polls() + 1); result.status != "PENDING" || i >= due && op.polls <= s.polls() {
			continue
		}
		switch {
		case failed > op.tolerance:
			result.finish("CANCELLED", "CANCELLED", "Cancelled since failure tolerance has exceeded")
		case !result.account.active():
			result.finish("CANCELLED", "SKIPPED_SUSPENDED_ACCOUNT", "Account "+result.account.ID+" is suspended")
		default:
			if err := s.deployInstance(set, op.action, result.stackInstance); err != nil {
				result.finish("FAILED", "FAILED", err.Error())
				failed++
				continue
			}
			result.finish("SUCCEEDED", "SUCCEEDED", "")
		}
	}
	if op.polls > s.polls() {
		op.end(s, set, failed)
	}
}

func (op *setOperation) end(s *Server, set *stackSet, failed int) {
	op.status, op.ended = "SUCCEEDED", s.now().UTC()
	if failed > op.tolerance {
		op.status = "FAILED"
	}
	if op.action == "DELETE" {
		set.instances = slices.DeleteFunc(set.instances, func(i *stackInstance) bool { return i.detail == "SUCCEEDED" && i.stack == nil })
	}
}

func (result *setResult) finish(status, detail, reason string) {
	result.status, result.reason = status, reason
	result.stackInstance.detail, result.stackInstance.reason = detail, reason
	if status == "SUCCEEDED" {
		result.stackInstance.status = "CURRENT"
	}
}

// deployInstance creates, updates or deletes the stack of an instance.
func (s *Server) deployInstance(set *stackSet, action string, i *stackInstance) error {
	if action == "DELETE" {
		if i.stack != nil {
			s.removeStack(i.stack)
			i.stack = nil
		}
		return nil
	}
	st := i.stack
	if st != nil && st.template == set.template {
		return nil // CloudFormation compares the templates, and does not look at the role
	}
	if st == nil {
		st = s.newStack(stackKey{i.account.ID, i.region, "StackSet-" + set.name + "-" + derive(0, set.id, i.account.ID).hex(8)}, set.template)
		st.capabilities = set.capabilities
	}
	before := st.template
	st.template = set.template
	if err := s.run(st); err != nil {
		st.template = before
		return err
	}
	st.status, i.stack = "CREATE_COMPLETE", st
	s.cfn.stacks[st.stackKey] = st
	return nil
}

// operationInput reads the input of the lists of operations.
func (s *Server) operationInput(r *request) (set *stackSet, op *setOperation, in parameters, err *apiError) {
	if in, err = s.setInput(r, map[string]parameterType{"StackSetName": textParameter, "OperationId": textParameter, "CallAs": textParameter,
		"NextToken": textParameter, "MaxResults": numberParameter}); err != nil {
		return nil, nil, nil, err
	}
	if set, err = s.findSet(r, in); err != nil {
		return nil, nil, nil, err
	}
	i := slices.IndexFunc(set.operations, func(op *setOperation) bool { return op.id == in.text("OperationId") })
	switch {
	case r.name == "ListStackSetOperations":
		return set, nil, in, nil
	case i < 0:
		return nil, nil, nil, fail(404, "OperationNotFoundException", "Operation %s not found", in.text("OperationId"))
	}
	return set, set.operations[i], in, nil
}

func (op *setOperation) show() object {
	o := object{{"OperationId", op.id}, {"Action", op.action}, {"Status", op.status}, {"CreationTimestamp", op.created}}
	if !op.ended.IsZero() {
		o = append(o, member{"EndTimestamp", op.ended})
	}
	return o
}

func (s *Server) describeStackSetOperation(r *request) (*answer, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	set, op, _, err := s.operationInput(r)
	if err != nil {
		return nil, err
	}
	s.advance(set, op)
	failed := 0
	for _, result := range op.results {
		if result.status == "FAILED" {
			failed++
		}
	}
	return r.respond(object{{"StackSetOperation", append(op.show(), object{{"StackSetId", set.id},
		{"StatusDetails", object{{"FailedStackInstancesCount", strconv.Itoa(failed)}}}}...)}}), nil
}

func (s *Server) listStackSetOperations(r *request) (*answer, *apiError) {
	s.mu.Lock()
	defer s.mu.Unlock()
	set, _, _, err := s.operationInput(r)
	if err != nil {
		return nil, err
	}
	if op := set.running(); op != nil {
		s.advance(set, op)
	}
	return r.respond(object{{"Summaries", sequenceOf(set.operations, func(op *setOperation) any { return op.show() })}}), nil
}

func (s *Server) listStackSetOperationResults(r *request) (*answer, *apiError) {
	s.mu.Lock()
	_, op, in, err := s.operationInput(r)
	var results []object
	if err == nil {
		for _, result := range op.results {
			o := object{{"Account", result.account.ID}, {"Region", result.region}, {"Status", result.status}}.with("StatusReason", result.reason)
			results = append(results, append(o, member{"OrganizationalUnitId", result.unit}))
		}
	}
	s.mu.Unlock()
	if err != nil {
		return nil, err
	}
	p, err := s.pageOf(r, in, setPaging, len(results))
	if err != nil {
		return nil, err
	}
	return r.respond(object{{"Summaries", sequenceOf(results[p.from:p.to], func(o object) any { return o })}}.with("NextToken", p.next)), nil
}
