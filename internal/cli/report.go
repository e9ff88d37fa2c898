package cli

import (
	"context"
	"time"

	"muster/internal/disk"
	"muster/internal/sweep"
)

// writeReport writes the file of --report.
func writeReport(ctx context.Context, path string, ledger *sweep.Ledger) error {
	ctx, cancel := finalWrite(ctx)
	defer cancel()
	return disk.Write(ctx, path, false, ledger.WriteReport)
}

// finalWriteTimeout is how long the reader of a pipe may take after an interrupt.
const finalWriteTimeout = 10 * time.Second

// finalWrite returns a context for output that is written at the end of a run, also
// after an interrupt.
func finalWrite(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx.Err() == nil {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(context.WithoutCancel(ctx), finalWriteTimeout)
}

// checkWritable returns an error if a file cannot be written or replaced.
func checkWritable(flag, path string) error {
	if err := disk.Check(path); err != nil {
		return usage("%s %s: cannot be written: %v", flag, path, err)
	}
	return nil
}
