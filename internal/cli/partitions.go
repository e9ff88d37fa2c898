package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"muster/internal/account"
	"muster/internal/disk"
	"muster/internal/render"
	"muster/internal/sweep"
)

// maxOpenParts limits the files that --partition-by writes at one time, each with its
// buffers. The records of a region arrive one after another, so that few folders have a
// second file.
const maxOpenParts = 64

// partitioned checks --partition-by, and reports whether it was given.
func (o *WatchedOutput) partitioned(secret bool) (bool, error) {
	switch {
	case len(o.PartitionBy) == 0:
		return false, nil
	case secret:
		return false, usage("--partition-by writes files that others can read, and these records hold secrets; expected --out FILE alone")
	case o.Out == "" || o.Watch > 0:
		return false, usage("--partition-by needs --out FOLDER, and cannot be used with --watch")
	}
	return true, nil
}

// partitions is the stream of --partition-by: it writes each record to a file in the folder
// that is named by the record's fields. The files appear together when all are complete, and
// _SUCCESS after them, as Spark does it: engines leave out what begins with _ or a dot.
type partitions[R any] struct {
	printer *render.Printer[R]
	ctx     context.Context
	batch   *disk.Batch
	prefix  string         // of the names of files
	success string         // the name of the file that says that all files are there
	files   map[string]int // in each folder; Web and web are one folder on some file systems
	open    []*part[R]     // the one that was used last comes last
	void    bool           // nothing answered
}

type part[R any] struct {
	*render.Stream[R]
	file   *disk.BatchFile
	folder string
}

// newPartitions returns the stream for a folder that has no files yet, except for those of the
// other shards: they may write to one folder at the same time.
func newPartitions[R any](printer *render.Printer[R], root string, shard account.Shard) (*partitions[R], error) {
	p := &partitions[R]{printer: printer, prefix: "part-", success: "_SUCCESS", files: map[string]int{}}
	others := ""
	if shard.Count > 1 {
		p.prefix = fmt.Sprintf("shard-%d-of-%d-", shard.Index, shard.Count)
		p.success = fmt.Sprintf("_SUCCESS-%d-of-%d", shard.Index, shard.Count)
		others = fmt.Sprintf("shard-*-of-%d-*", shard.Count)
	}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist): // the folder, or what another shard has staged
			return nil
		case err != nil:
			return err
		case path == root && !entry.IsDir():
			return usage("--out %s: expected a folder, because of --partition-by", root)
		case entry.Name() == p.success, strings.HasSuffix(entry.Name(), ".parquet"):
			other, _ := filepath.Match(others, entry.Name())
			if !other || strings.HasPrefix(entry.Name(), p.prefix) {
				return usage("--out %s: has files of an earlier run, such as %s; name a new folder", root, path)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if p.batch, err = disk.NewBatch(root); err != nil {
		return nil, fmt.Errorf("--out %s: cannot be written: %w", root, err)
	}
	return p, nil
}

func (p *partitions[R]) Until(ctx context.Context) { p.ctx = ctx }

func (p *partitions[R]) Write(record R) error {
	part, err := p.part(p.printer.Part(&record))
	if err != nil {
		return err
	}
	return part.Write(record)
}

func (p *partitions[R]) Flush() error { return nil }

func (p *partitions[R]) ended(ledger *sweep.Ledger, _ string) { p.void = ledger.Void() }

// Close puts the files in their places, unless nothing answered. After an interrupt they have
// the records that arrived, and _SUCCESS is missing.
func (p *partitions[R]) Close() error {
	for len(p.open) > 0 {
		if err := p.closeFirst(); err != nil {
			return err
		}
	}
	if p.void {
		return nil
	}
	if p.ctx.Err() == nil {
		file, err := p.batch.Create(p.success)
		if err == nil {
			err = file.Close()
		}
		if err != nil {
			return err
		}
	}
	return p.batch.Commit()
}

// discard removes what Close has not put in its place.
func (p *partitions[R]) discard() {
	for _, part := range p.open {
		part.file.Close()
	}
	p.batch.Discard()
}

// part returns the open file of a folder.
func (p *partitions[R]) part(folder string) (*part[R], error) {
	if i := slices.IndexFunc(p.open, func(q *part[R]) bool { return q.folder == folder }); i >= 0 {
		used := p.open[i]
		p.open = append(slices.Delete(p.open, i, i+1), used)
		return used, nil
	}
	if len(p.open) == maxOpenParts {
		if err := p.closeFirst(); err != nil {
			return nil, err
		}
	}
	name := fmt.Sprintf("%s%d.parquet", p.prefix, p.files[strings.ToLower(folder)])
	file, err := p.batch.Create(filepath.Join(filepath.FromSlash(folder), name))
	if err != nil {
		return nil, err
	}
	p.files[strings.ToLower(folder)]++
	fresh := &part[R]{Stream: p.printer.StartPart(file), file: file, folder: folder}
	fresh.Until(p.ctx)
	p.open = append(p.open, fresh)
	return fresh, nil
}

func (p *partitions[R]) closeFirst() error {
	first := p.open[0]
	if err := first.Stream.Close(); err != nil {
		return err
	}
	p.open = p.open[1:]
	return first.file.Close()
}
