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

// patience is how long accounts are listed in the order of their profiles.
const patience = time.Second

// roster lists the accounts of profiles while it finds out which account each
// profile leads to. Of several profiles that lead to one account, the first that
// works counts, in the order in which they are named. An account waits for the
// profiles before its own, but no longer than patience: a profile that is slower
// is a further way in, after the ways of those that were faster.
type roster struct {
	r        *auth.Resolver
	ids      []*auth.Identity
	patience time.Duration

	mu       sync.Mutex
	accounts map[string]*Account
	open     int           // profiles whose account is not known yet
	news     chan struct{} // closed when there are fewer of them
}

// identified is what became of a profile: its account, or why nobody knows it.
type identified struct {
	profile int
	account string
	err     error
}

func newRoster(r *auth.Resolver, ids []*auth.Identity, patience time.Duration) *roster {
	return &roster{
		r: r, ids: ids, patience: patience,
		accounts: map[string]*Account{}, open: len(ids), news: make(chan struct{}),
	}
}

// list yields an account once the first of its profiles is known, and each profile
// whose account nobody knows as an account by itself.
func (s *roster) list(ctx context.Context) iter.Seq2[*Account, error] {
	return func(yield func(*Account, error) bool) {
		defer s.end()
		for found := range s.identify(ctx) {
			if a := s.join(found); a != nil && !yield(a, nil) {
				return
			}
		}
	}
}

// identify asks for all profiles at once and yields each: in their order until
// patience ends, then as they come. When ctx ends, those that have not answered
// never will.
func (s *roster) identify(ctx context.Context) iter.Seq[identified] {
	return func(yield func(identified) bool) {
		asking, cancel := context.WithCancel(ctx)
		defer cancel()
		answers := make(chan identified, len(s.ids))
		for i, id := range s.ids {
			go func() {
				account, err := s.r.Account(asking, id)
				answers <- identified{i, account, err}
			}()
		}
		patience := time.NewTimer(s.patience)
		defer patience.Stop()

		var (
			impatient bool
			known     = make([]bool, len(s.ids))
			held      = map[int]identified{} // known, and not yielded yet
		)
		take := func(found identified) {
			known[found.profile], held[found.profile] = true, found
		}
		for next := 0; next < len(s.ids); {
			turn := next // how many have been yielded, and while they come in order, whose turn it is
			if impatient && len(held) > 0 {
				turn = slices.Min(slices.Collect(maps.Keys(held)))
			}
			if found, ok := held[turn]; ok {
				delete(held, turn)
				next++
				if !yield(found) {
					return
				}
				continue
			}
			select {
			case found := <-answers:
				take(found)
			case <-patience.C:
				impatient = true
			case <-ctx.Done():
				impatient = true
				for len(answers) > 0 {
					take(<-answers)
				}
				for i := range s.ids {
					if !known[i] {
						take(identified{i, "", ctx.Err()})
					}
				}
			}
		}
	}
}

// join makes an account of a profile. Where another profile has led to the account,
// this one is a further way in, and there is none to list.
func (s *roster) join(found identified) *Account {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	defer s.tell()
	id := s.ids[found.profile]
	if found.err != nil {
		return &Account{Name: id.Profile, Source: SourceProfile, ways: []way{blocked(found.err)}}
	}
	a := s.accounts[found.account]
	listed := a != nil
	if !listed {
		a = &Account{ID: found.account, Name: id.Profile, Source: SourceProfile, roster: s}
		s.accounts[a.ID] = a
	}
	a.ways, a.known = append(a.ways, open(id)), append(a.known, id)
	if listed {
		return nil
	}
	return a
}

// tell wakes those who wait for a further way.
func (s *roster) tell() {
	close(s.news)
	s.news = make(chan struct{})
}

// end says that nobody asks for more profiles.
func (s *roster) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = 0
	s.tell()
}

// way returns a way into an account by its number. While a profile that has not
// answered may still be that way, it waits for the profile.
func (s *roster) way(ctx context.Context, a *Account, number int) way {
	s.mu.Lock()
	defer s.mu.Unlock()
	waits := a.Waits
	for number >= len(a.ways) {
		if s.open == 0 || ctx.Err() != nil {
			return nil
		}
		news := s.news
		s.mu.Unlock()
		if waits != nil {
			waits()
			waits = nil
		}
		select {
		case <-news:
		case <-ctx.Done():
		}
		s.mu.Lock()
	}
	return a.ways[number]
}

// identities are all who lead into an account. Who has to be waited for does not
// keep the others from getting their credentials, which ctx may end.
func (s *roster) identities(ctx context.Context, a *Account) []*auth.Identity {
	waiting := func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.open > 0
	}
	for number := 0; waiting(); number++ {
		enter := s.way(ctx, a, number)
		if enter == nil {
			break
		}
		_, _ = enter(ctx)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(a.known)
}
