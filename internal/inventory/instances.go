package inventory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"muster/internal/awsapi"
	"muster/internal/sweep"
)

// Instances lists the instances that a query selects.
type Instances struct {
	// Large, if not nil, is called once, when the first large answer arrives.
	Large func()

	api      *awsapi.API
	query    *matcher
	decoders decoders
	once     sync.Once // calls Large

	slots     chan struct{} // for large answers; see largeSlot
	fullSlots chan struct{} // the same for VisitFull
}

// NewInstances compiles a query. The error is a *QueryError.
func NewInstances(api *awsapi.API, q Query) (*Instances, error) {
	m, err := q.compile()
	if err != nil {
		return nil, err
	}
	return &Instances{
		api: api, query: m,
		slots: make(chan struct{}, maxLargeAnswers()), fullSlots: make(chan struct{}, maxFullAnswers),
	}, nil
}

// Visit emits the instances of one region, page by page.
func (c *Instances) Visit(ctx context.Context, p sweep.Place, emit func([]Instance)) error {
	return c.newVisit(p, false, emit).run(ctx)
}

// VisitFull is Visit with EC2's complete answer, which takes several times as long.
func (c *Instances) VisitFull(ctx context.Context, p sweep.Place, emit func([]FullInstance)) error {
	return c.newVisit(p, true, func(found []Instance) {
		full := make([]FullInstance, len(found))
		for i, r := range found {
			full[i] = FullInstance{Instance: r, EC2: r.ec2}
		}
		emit(full)
	}).run(ctx)
}

// instancesVisit is the visit of one place.
type instancesVisit struct {
	*Instances
	server *server
	full   bool
	emit   func([]Instance)
	seen   *seenIDs
}

func (c *Instances) newVisit(p sweep.Place, full bool, emit func([]Instance)) *instancesVisit {
	v := &instancesVisit{Instances: c, server: newServer(c.api, p), full: full, emit: emit, seen: newSeenIDs()}
	v.seen.all = len(c.query.lookups) > 1 || len(c.query.secondary) > 0 // several calls may find the same instance
	return v
}

// run makes the first call alone. If it fails, the others would fail, too; and if the
// server has rejected its filters, it has returned everything.
func (v *instancesVisit) run(ctx context.Context) error {
	requests := v.query.requests(v.server.custom)
	if err := v.call(requests[0])(ctx, now); err != nil || v.server.withoutFilters.Load() {
		return err
	}
	var calls []func(context.Context, turn) error
	for _, filters := range requests[1:] {
		calls = append(calls, v.call(filters))
	}
	if len(v.query.secondary) > 0 {
		calls = append(calls, v.secondary)
	}
	return cmp.Or(atOnce(ctx, calls)...)
}

// call returns a call of DescribeInstances for atOnce.
func (v *instancesVisit) call(filters []filter) func(context.Context, turn) error {
	return func(ctx context.Context, t turn) error {
		err := v.describe(ctx, filters, t)
		if errors.Is(err, errLargeTooEarly) {
			t.wait()
			err = v.describe(ctx, filters, t)
		}
		return v.stopIfRejected(err)
	}
}

// errLargeTooEarly gives up a call whose answer is large before its turn has come. Large
// answers need a slot, and a call that holds one must not wait for another call. Such
// calls are rare: only a glob finds many instances, and globs come first.
var errLargeTooEarly = errors.New("a large answer before its turn")

// describe makes a call of DescribeInstances and emits its instances.
func (v *instancesVisit) describe(ctx context.Context, filters []filter, t turn) error {
	slot := largeSlot{slots: v.slots}
	if v.full {
		slot.slots = v.fullSlots
	}
	defer slot.release()
	ctx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	reader := instanceReader{decoders: &v.decoders, keep: v.query.matches, full: v.full, large: func() {
		if v.Large != nil {
			v.once.Do(v.Large)
		}
		if t.hasCome() {
			slot.take(ctx)
		} else {
			giveUp(errLargeTooEarly)
		}
	}}
	c := call{"DescribeInstances", filters, v.query.userFilters}
	err := v.server.instances(ctx, c, reader, func(found records) error {
		t.wait()
		for i, piece := range found {
			found[i] = nil // so that the memory is free once the piece is printed
			v.emit(slices.DeleteFunc(piece, func(r Instance) bool { return v.seen.again(r.InstanceId) }))
		}
		slot.release()
		return nil
	})
	if context.Cause(ctx) == errLargeTooEarly {
		return errLargeTooEarly
	}
	return err
}

// secondary finds instances by their addresses in secondary networks.
func (v *instancesVisit) secondary(ctx context.Context, t turn) error {
	owners, err := v.server.secondaryOwners(ctx, []filter{{secondaryFilter, v.query.secondary}})
	switch {
	case err != nil && v.server.lacks(err) && ctx.Err() == nil:
		return v.call(v.query.filters)(ctx, t)
	case err != nil:
		return err
	}
	for batch := range slices.Chunk(owners, maxFilterValues/2) {
		if err := v.call(narrow(v.query.filters, "instance-id", batch))(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// stopIfRejected ends the sweep if EC2 rejects the user's own filter: all other regions
// would, too.
func (v *instancesVisit) stopIfRejected(err error) error {
	if err == nil {
		return nil
	}
	failure := awsapi.Explain(err)
	switch failure.Code {
	case "InvalidParameterValue", "InvalidParameterCombination", "FilterLimitExceeded", "MissingParameter", "UnknownParameter":
		if len(v.query.userFilters) > 0 {
			return &sweep.Stop{Err: fmt.Errorf("EC2 does not accept --filter: %s", failure.Message)}
		}
	}
	return err
}
