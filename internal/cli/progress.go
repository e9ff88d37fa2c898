package cli

import (
	"context"
	"fmt"
	"time"

	"muster/internal/sweep"
	"muster/internal/terminal"
)

// showProgress tells how far a sweep has come. The noun is what is found; whole
// says that accounts are not visited by region.
func (a *App) showProgress(ctx context.Context, meter *sweep.Meter, noun string, whole bool) *terminal.Line {
	start := time.Now()
	return a.term.StartLine(ctx, func(width int) string {
		return progressText(meter.Counts(), time.Since(start), noun, whole, width)
	})
}

// progressText words how far a sweep has come, leaving out what does not fit.
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
