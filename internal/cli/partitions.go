package cli

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"muster/internal/account"
	"muster/internal/disk"
	"muster/internal/render"
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
		return false, usage("--partition-by needs --out FOLDER, and goes without --watch")
	}
	return true, nil
}

// partitions is the stream of --partition-by: it writes each record to a file in the folder
// that is named by the record's fields. Only complete files appear.
type partitions[R any] struct {
	printer *render.Printer[R]
	ctx     context.Context
	root    string
	prefix  string         // of the names of files
	files   map[string]int // in each folder; Web and web are one folder on some file systems
	open    []*part[R]     // the one that was used last comes last
}

type part[R any] struct {
	*render.Stream[R]
	file   *disk.File
	folder string
}

// newPartitions returns the stream for a folder that has no files of the same name yet.
// Shards may write to one folder at the same time.
func newPartitions[R any](printer *render.Printer[R], root string, shard account.Shard) (*partitions[R], error) {
	p := &partitions[R]{printer: printer, root: root, prefix: "part-", files: map[string]int{}}
	if shard.Count > 1 {
		p.prefix = fmt.Sprintf("shard-%d-of-%d-", shard.Index, shard.Count)
	}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case path == root && os.IsNotExist(err):
			return filepath.SkipAll
		case err != nil:
			return err
		case path == root && !entry.IsDir():
			return usage("--out %s: expected a folder, because of --partition-by", root)
		case strings.HasPrefix(entry.Name(), p.prefix) && strings.HasSuffix(entry.Name(), ".parquet"):
			return usage("--out %s: has files of an earlier run, such as %s; name a new folder", root, path)
		}
		return nil
	})
	return p, err
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

// Close ends the files. After an interrupt they have the records that arrived.
func (p *partitions[R]) Close() error {
	for len(p.open) > 0 {
		if err := p.closeFirst(); err != nil {
			return err
		}
	}
	return nil
}

// discard removes the files that Close has not ended.
func (p *partitions[R]) discard() {
	for _, part := range p.open {
		part.file.Discard()
	}
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
	path := filepath.Join(p.root, filepath.FromSlash(folder))
	if err := os.MkdirAll(path, 0o777); err != nil {
		return nil, err
	}
	file, err := disk.Create(p.ctx, filepath.Join(path, fmt.Sprintf("%s%d.parquet", p.prefix, p.files[strings.ToLower(folder)])), false)
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
	return first.file.Commit()
}
