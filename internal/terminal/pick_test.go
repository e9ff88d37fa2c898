package terminal

import (
	"context"
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/clipperhouse/displaywidth"
)

// press sends keys to a list, a rune for each, and returns the command of the last one.
func press(l *pickList, keys ...any) (last tea.Cmd) {
	for _, key := range keys {
		switch key := key.(type) {
		case string:
			for _, r := range key {
				_, last = l.Update(tea.KeyPressMsg{Code: r, Text: string(r)})
			}
		case rune: // with Ctrl
			_, last = l.Update(tea.KeyPressMsg{Code: key, Mod: tea.ModCtrl})
		case int:
			_, last = l.Update(tea.KeyPressMsg{Code: rune(key)})
		}
	}
	return last
}

const (
	up        = int(tea.KeyUp)
	down      = int(tea.KeyDown)
	end       = int(tea.KeyEnd)
	enter     = int(tea.KeyEnter)
	escape    = int(tea.KeyEscape)
	backspace = int(tea.KeyBackspace)
)

// TestPick: what is chosen after some keys.
func TestPick(t *testing.T) {
	t.Parallel()
	offers := []Offer{
		{Columns: []string{"100000000001", "Production"}}, {Columns: []string{"100000000002", "prod EU"}},
		{Columns: []string{"200000000003", "lab"}}, {Columns: []string{"200000000004", "東京"}},
	}
	for _, test := range []struct {
		keys   []any
		chosen int // -1: none
		ends   bool
	}{
		{[]any{enter}, 0, true},
		{[]any{down, down, up, enter}, 1, true},
		{[]any{up, enter}, 0, true},
		{[]any{end, down, enter}, 3, true},
		{[]any{"LAB", enter}, 2, true},
		{[]any{"eu prod", enter}, 1, true},
		{[]any{"0002", enter}, 1, true},
		{[]any{"京", enter}, 3, true},
		{[]any{down, "prod", down, enter}, 1, true},
		{[]any{"prodx", backspace, down, enter}, 1, true},
		{[]any{"no lab", 'u', enter}, 0, true},
		{[]any{"lab no", 'w', enter}, 2, true},
		{[]any{backspace, 'w', "x", 'w', enter}, 0, true},
		{[]any{"nothing", enter}, -1, false},
		{[]any{"nothing", down, up, enter, backspace}, -1, false},
		{[]any{"lab", escape}, -1, true},
		{[]any{'c'}, -1, true},
	} {
		l := newPickList(context.Background(), "title", offers, false)
		last := press(l, test.keys...)
		ends := false
		if last != nil {
			_, ends = last().(tea.QuitMsg)
		}
		if l.chosen != test.chosen || ends != test.ends {
			t.Errorf("%q: %d, ends %t; want %d, %t", test.keys, l.chosen, ends, test.chosen, test.ends)
		}
	}
}

// TestPickFits: in a window of any size, the list has its lines in its width, the line of
// the cursor among them, and no control character of a name.
func TestPickFits(t *testing.T) {
	t.Parallel()
	var offers []Offer
	for i := range 2000 {
		offers = append(offers, Offer{
			Columns: []string{fmt.Sprintf("%012d", i), fmt.Sprintf("東京\x1b[2J\n名 %d %s", i, strings.Repeat("x", i%70))},
			More:    func(context.Context) string { return "Admin\x07" },
		})
	}
	for _, styled := range []bool{false, true} {
		for _, size := range [][2]int{{120, 40}, {80, 24}, {30, 6}, {9, 3}, {2, 1}, {1, 1}} {
			l := newPickList(context.Background(), "a title of some length", offers, styled)
			l.Update(tea.WindowSizeMsg{Width: size[0], Height: size[1]})
			l.Update(moreText{1999, "Admin\x07"})
			for _, key := range []any{end, "19", down, int(tea.KeyPgDown), up, strings.Repeat("名", 50)} {
				press(l, key)
				lines := strings.Split(l.View().Content, "\n")
				if len(lines) > max(size[1], 3) {
					t.Errorf("%v, %v: %d lines", size, key, len(lines))
				}
				cursor := 0
				for _, line := range lines {
					plain := strings.NewReplacer("\x1b[1m", "", "\x1b[m", "").Replace(line)
					if width := displaywidth.String(plain); width > size[0] || strings.ContainsAny(plain, "\x1b\x07\r") {
						t.Errorf("%v, %v: %d columns: %q", size, key, width, line)
					}
					if strings.HasPrefix(plain, ">") {
						cursor++
					}
				}
				if want := min(1, len(l.matches)); size[0] > 9 && cursor != want {
					t.Errorf("%v, %v: %d lines with the cursor, want %d", size, key, cursor, want)
				}
			}
		}
	}
}

// TestPickMore: only visible rows are asked for more, each once.
func TestPickMore(t *testing.T) {
	t.Parallel()
	asked := map[int]int{}
	var offers []Offer
	for i := range 100 {
		offers = append(offers, Offer{Columns: []string{fmt.Sprintf("row %d", i)}, More: func(context.Context) string {
			asked[i]++
			return "role"
		}})
	}
	l := newPickList(context.Background(), "title", offers, false)
	run := func(command tea.Cmd) {
		if command == nil {
			return
		}
		batch, _ := command().(tea.BatchMsg)
		for _, one := range batch {
			_, next := l.Update(one())
			if next != nil {
				t.Error("an answer asks for more")
			}
		}
	}
	_, first := l.Update(tea.WindowSizeMsg{Width: 80, Height: 12})
	run(first)
	run(press(l, down))
	if len(asked) != 10 {
		t.Errorf("%d rows were asked for more, want the 10 visible ones", len(asked))
	}
	run(press(l, end))
	for i, times := range asked {
		if times != 1 || i >= 10 && i < 90 {
			t.Errorf("row %d was asked %d times", i, times)
		}
	}
	if press(l, "role"); len(l.matches) != 20 {
		t.Errorf("the filter finds %d rows by what they have more, want 20", len(l.matches))
	}
}
