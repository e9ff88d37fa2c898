package account

import (
	"context"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"muster/internal/auth"
)

// roster finds the accounts that profiles lead to. It asks for all profiles at once and
// yields an account as soon as one of its profiles has answered, in the order of the
// profiles while orderDelay lasts, then as they answer. A profile that leads to an
// account that was yielded already is appended to the account's identities.
type roster struct {
	r          *auth.Resolver
	ids        []*auth.Identity // of the profiles
	orderDelay time.Duration

	mu       sync.Mutex
	byID     map[string]*profileIdentities // by account
	waiting  int                           // profiles that have not answered
	progress chan struct{}                 // closed and replaced when waiting decreases
}

func newRoster(r *auth.Resolver, ids []*auth.Identity, orderDelay time.Duration) *roster {
	return &roster{
		r: r, ids: ids, orderDelay: orderDelay,
		byID: map[string]*profileIdentities{}, waiting: len(ids), progress: make(chan struct{}),
	}
}

// accounts yields each account, and a profile whose account is unknown as an account
// of its own.
func (s *roster) accounts(ctx context.Context) iter.Seq2[*Account, error] {
	return func(yield func(*Account, error) bool) {
		defer s.stop()
		for answer := range s.answers(ctx) {
			if a := s.add(answer); a != nil && !yield(a, nil) {
				return
			}
		}
	}
}

// answer is the account of a profile, or the error of finding it.
type answer struct {
	profile   int // index in ids
	accountID string
	err       error
}

// answers asks for the accounts of all profiles and yields each answer. When ctx ends,
// the profiles that have not answered yield its error.
func (s *roster) answers(ctx context.Context) iter.Seq[answer] {
	return func(yield func(answer) bool) {
		asking, cancel := context.WithCancel(ctx)
		defer cancel()
		arrived := make(chan answer, len(s.ids))
		for i, id := range s.ids {
			go func() {
				accountID, err := s.r.Account(asking, id)
				arrived <- answer{i, accountID, err}
			}()
		}
		delay := time.NewTimer(s.orderDelay)
		defer delay.Stop()

		queue := newAnswerQueue(len(s.ids))
		for queue.taken < len(s.ids) {
			if next, ok := queue.take(); ok {
				if !yield(next) {
					return
				}
				continue
			}
			select {
			case a := <-arrived:
				queue.put(a)
			case <-delay.C:
				queue.anyOrder = true
			case <-ctx.Done():
				for len(arrived) > 0 {
					queue.put(<-arrived)
				}
				queue.giveUp(ctx.Err())
			}
		}
	}
}

// answerQueue holds answers until it is their turn.
type answerQueue struct {
	anyOrder bool           // false: each profile has to wait for the profiles before it
	held     map[int]answer // arrived but not taken, by profile
	arrived  []bool         // by profile
	taken    int
}

func newAnswerQueue(profiles int) *answerQueue {
	return &answerQueue{held: map[int]answer{}, arrived: make([]bool, profiles)}
}

func (q *answerQueue) put(a answer) {
	q.held[a.profile], q.arrived[a.profile] = a, true
}

// take removes the next answer; ok is false if it has not arrived.
func (q *answerQueue) take() (a answer, ok bool) {
	turn := q.taken
	if q.anyOrder && len(q.held) > 0 {
		turn = slices.Min(slices.Collect(maps.Keys(q.held)))
	}
	a, ok = q.held[turn]
	if ok {
		delete(q.held, turn)
		q.taken++
	}
	return a, ok
}

// giveUp puts an error for each profile that has not answered.
func (q *answerQueue) giveUp(err error) {
	q.anyOrder = true
	for i, arrived := range q.arrived {
		if !arrived {
			q.put(answer{profile: i, err: err})
		}
	}
}

// add adds a profile to the identities of its account. It returns the account if it is
// a new one, else nil.
func (s *roster) add(a answer) *Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting--
	defer s.signal()
	id := s.ids[a.profile]
	if a.err != nil {
		return &Account{Name: id.Profile, Source: SourceProfile, identities: none{a.err}}
	}
	if ids := s.byID[a.accountID]; ids != nil {
		ids.found = append(ids.found, id)
		return nil
	}
	ids := &profileIdentities{roster: s, found: []*auth.Identity{id}}
	ids.account = &Account{ID: a.accountID, Name: id.Profile, Source: SourceProfile, identities: ids}
	s.byID[a.accountID] = ids
	return ids.account
}

// signal wakes the goroutines that wait for another profile. The caller holds mu.
func (s *roster) signal() {
	close(s.progress)
	s.progress = make(chan struct{})
}

// stop ends the search: no more profiles will answer.
func (s *roster) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = 0
	s.signal()
}

// profileIdentities is the identities of an account that profiles lead to. The list
// grows while profiles answer.
type profileIdentities struct {
	roster  *roster
	account *Account
	found   []*auth.Identity // guarded by roster.mu
}

// candidates yields the profiles. At the end of those that are known, it waits for the
// profiles that have not answered.
func (p *profileIdentities) candidates(ctx context.Context) iter.Seq2[*auth.Identity, error] {
	return func(yield func(*auth.Identity, error) bool) {
		for n := 0; ; n++ {
			if id := p.nth(ctx, n); id == nil || !yield(id, nil) {
				return
			}
		}
	}
}

// all yields the profiles after all of them have answered. While it waits, it retrieves
// the credentials of the known ones, which may take just as long.
func (p *profileIdentities) all(ctx context.Context) iter.Seq2[*auth.Identity, error] {
	for id := range p.candidates(ctx) {
		if !p.roster.isWaiting() {
			break
		}
		_, _ = id.Credentials.Retrieve(ctx)
	}
	p.roster.mu.Lock()
	defer p.roster.mu.Unlock()
	return known(slices.Clone(p.found)).all(ctx)
}

// nth returns an identity by its index, or nil if there is none. It waits while a
// profile that has not answered may become that identity.
func (p *profileIdentities) nth(ctx context.Context, n int) *auth.Identity {
	s := p.roster
	s.mu.Lock()
	defer s.mu.Unlock()
	onWait := p.account.OnWait
	for n >= len(p.found) {
		if s.waiting == 0 || ctx.Err() != nil {
			return nil
		}
		progress := s.progress
		s.mu.Unlock()
		if onWait != nil {
			onWait()
			onWait = nil
		}
		select {
		case <-progress:
		case <-ctx.Done():
		}
		s.mu.Lock()
	}
	return p.found[n]
}

func (s *roster) isWaiting() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waiting > 0
}
