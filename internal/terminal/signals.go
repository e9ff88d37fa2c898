package terminal

import (
	"os"
	"os/signal"
)

// trapTTYSignals erases the line and the screen before SIGTSTP and SIGQUIT take effect,
// until release is called. SIGTSTP stays trapped until Close, because Go would ignore it
// from then on.
func (t *Terminal) trapTTYSignals() (release func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.drawing++; t.drawing == 1 {
		t.untrapEnding = t.notify(endingSignals)
		if t.untrapStopping == nil {
			t.untrapStopping = t.notify(stoppingSignals)
		}
	}
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.drawing--; t.drawing == 0 {
			t.untrapEnding()
		}
	}
}

// notify erases the line and the screen when one of the signals arrives, and then lets
// the signal take effect. It leaves out signals that the program's parent ignores.
func (t *Terminal) notify(signals []os.Signal) (stop func()) {
	arrived := make(chan os.Signal, 1)
	for _, s := range signals {
		if !signal.Ignored(s) {
			signal.Notify(arrived, s)
		}
	}
	go func() {
		for s := range arrived {
			t.yieldTo(s)
		}
	}()
	return func() {
		signal.Stop(arrived)
		close(arrived)
	}
}

// yieldTo lets a signal take effect while the terminal is as the program found it.
func (t *Terminal) yieldTo(s os.Signal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.line.erase()
	t.screen.exit()
	resume := func() {}
	if t.question != nil {
		resume = t.question.pause()
	}
	raiseDefault(s)
	resume()
}
