package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"time"

	"muster/internal/disk"
	"muster/internal/sweep"
)

// writeReport writes a report. Entries are written one by one: as one text, those of
// a large organization would take more memory than the whole sweep.
func writeReport(ctx context.Context, path string, entries []sweep.Entry) error {
	ctx, cancel := toTheEnd(ctx)
	defer cancel()
	return disk.Write(ctx, path, false, func(w io.Writer) error { return writeEntries(w, entries) })
}

// lastWords is how long a pipe's reader may take after the run has been ended.
const lastWords = 10 * time.Second

// toTheEnd is for what is written once everything is over: after an interrupt it is
// written all the same, but not waited for without end.
func toTheEnd(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx.Err() == nil {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(context.WithoutCancel(ctx), lastWords)
}

func writeEntries(w io.Writer, entries []sweep.Entry) error {
	out := bufio.NewWriterSize(w, 64<<10)
	separator := "[\n  "
	for i := range entries {
		text, err := json.MarshalIndent(&entries[i], "  ", "  ")
		if err != nil {
			return err
		}
		out.WriteString(separator)
		out.Write(text)
		separator = ",\n  "
	}
	if len(entries) == 0 {
		out.WriteString("[")
	} else {
		out.WriteString("\n")
	}
	out.WriteString("]\n")
	return out.Flush()
}

// checkWritable says whether a file can be written, or replaced, at the end.
func checkWritable(flag, path string) error {
	if err := disk.Check(path); err != nil {
		return usage("%s %s: cannot be written: %v", flag, path, err)
	}
	return nil
}
