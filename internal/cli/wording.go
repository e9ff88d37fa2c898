package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"muster/internal/sweep"
	"muster/internal/terminal"
)

// span formats a duration for people: "1 h 5 min", "2 min 3 s", "1.5 s".
func span(d time.Duration) string {
	switch {
	case d >= time.Hour:
		return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
	case d >= time.Minute:
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	case d > 0 && d < 100*time.Millisecond:
		return fmt.Sprintf("%d ms", max(d.Milliseconds(), 1))
	case d >= 10*time.Second, d%time.Second == 0:
		return fmt.Sprintf("%d s", d/time.Second)
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// quantity returns a number with its noun. The noun is given in the plural.
func quantity(n int, noun string) string {
	if n == 1 {
		noun = singular(noun)
	}
	return thousands(n) + " " + noun
}

// singular returns a noun that is given in the plural.
func singular(noun string) string {
	if noun == "commands were run" {
		return "command was run"
	}
	if stem, ok := strings.CutSuffix(noun, "ies"); ok {
		return stem + "y"
	}
	if strings.HasSuffix(noun, "sses") {
		return strings.TrimSuffix(noun, "es")
	}
	return strings.TrimSuffix(noun, "s")
}

// count is quantity for a noun in the singular, whose plural ends in s.
func count(n int, noun string) string { return quantity(n, noun+"s") }

// thousands formats a number with commas: "1,234,567".
func thousands(n int) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// showProgress shows the progress of a sweep on the terminal. The noun names the records;
// whole says that the sweep visits accounts as a whole.
func (a *App) showProgress(ctx context.Context, meter *sweep.Meter, noun string, whole bool) *terminal.Line {
	start := time.Now()
	return a.term.StartLine(ctx, func(width int) string {
		return progressText(meter.Counts(), time.Since(start), noun, whole, width)
	})
}

// cutTo returns the beginning of a progress line, at most width characters.
func cutTo(width int, text string) string {
	if runes := []rune(text); len(runes) > width {
		return string(runes[:max(width, 0)])
	}
	return text
}

// progressText returns the progress of a sweep in at most width columns. It leaves out the
// last parts if they do not fit.
func progressText(c sweep.Counts, elapsed time.Duration, noun string, whole bool, width int) string {
	more := ""
	if !c.Listed {
		more = "+"
	}
	parts := []string{fmt.Sprintf("%s/%s%s accounts", thousands(c.AccountsDone), thousands(c.Accounts), more)}
	rate, per := c.AccountsDone, "accounts"
	if !whole {
		if c.Opened < c.Accounts {
			more = "+"
		}
		parts = append(parts, fmt.Sprintf("%s/%s%s regions", thousands(c.PlacesDone), thousands(c.Places), more))
		rate, per = c.PlacesDone, "regions"
	}
	if noun != "accounts" {
		parts = append(parts, quantity(c.Records, noun))
	}
	if c.Gaps > 0 {
		parts = append(parts, count(c.Gaps, "gap"))
	}
	if perSecond := int(float64(rate)/elapsed.Seconds() + 0.5); perSecond > 0 {
		parts = append(parts, fmt.Sprintf("%s %s/s", thousands(perSecond), per))
	}
	if ratio, ok := c.Remaining(); ok {
		parts = append(parts, span(time.Duration(ratio*float64(elapsed)).Round(time.Second))+" left")
	}
	text := ""
	for _, part := range parts {
		if text != "" {
			part = ", " + part
		}
		if len(text)+len(part) <= width {
			text += part
		}
	}
	return text
}
