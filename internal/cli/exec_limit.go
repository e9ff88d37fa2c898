package cli

import (
	"context"
	"errors"
	"sync"
	"syscall"
)

// launches counts the commands that run. Where the system has no more file
// descriptors, those that cannot start wait until another one has ended.
type launches struct {
	mu      sync.Mutex
	running int
	ended   chan struct{} // closed when the next command ends
}

// run calls start, which runs a command to its end, and calls it again where the
// command could not start for lack of file descriptors while others were running.
func (c *launches) run(ctx context.Context, start func() (code int, err error)) (code int, err error) {
	for {
		c.mu.Lock()
		c.running++
		c.mu.Unlock()
		code, err = start()
		next := c.finish(noDescriptors(err))
		if next == nil {
			return code, err
		}
		select {
		case <-next:
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// finish returns what to wait for before another try. It is nil for a command that
// ran, and where no other command could free a descriptor.
func (c *launches) finish(starved bool) (next <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running--
	if c.ended == nil {
		c.ended = make(chan struct{})
	}
	if starved && c.running > 0 {
		return c.ended
	}
	close(c.ended)
	c.ended = nil
	return nil
}

func noDescriptors(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}
