package render

import (
	"io"
	"slices"
	"strings"

	"muster/internal/render/caret"
	"muster/internal/render/encode"
	"muster/internal/render/expr"
	"muster/internal/render/parquet"
	"muster/internal/render/shape"
)

// parquet compiles parquet. The fields of PartitionBy are in the names of folders, and not
// in the files.
func (c *compiler) parquet() (func(*expr.Output) format, []*shape.Path, error) {
	paths := make([]*shape.Path, len(c.PartitionBy))
	for i, field := range c.PartitionBy {
		p, err := shape.ParsePath("--partition-by", field, c.record)
		if err != nil {
			return nil, nil, err
		}
		if len(p.Steps) != 1 || !p.Leaf.IsScalar() {
			return nil, nil, &caret.Error{Flag: "--partition-by", Msg: "expected fields such as AccountId, not " + p.Leaf.WithArticle() + " like " + field, Offset: -1}
		}
		if slices.Contains(c.PartitionBy[:i], field) {
			return nil, nil, &caret.Error{Flag: "--partition-by", Msg: "names " + field + " twice", Offset: -1}
		}
		paths[i] = p
	}
	return func(out *expr.Output) format {
		w := &unhurried{writer{out: out}}
		file := parquet.NewWriter(w, c.record, "muster", c.PartitionBy...)
		return format{
			record: func(b []byte, record shape.Value) ([]byte, error) {
				w.b = b
				err := file.Write(record)
				return w.b, err
			},
			finish: func(b []byte) []byte {
				w.b = b
				file.Close() // an error is the writer's, and the stream has it
				return w.b
			},
		}
	}, paths, nil
}

// unhurried is a writer that an interrupt does not stop: without its end, a file is
// unreadable.
type unhurried struct{ writer }

func (w *unhurried) Write(p []byte) (n int, err error) {
	if w.b = append(w.b, p...); len(w.b) >= expr.BufferSize {
		err = w.out.Write(w.b)
		w.b = w.b[:0]
	}
	return len(p), err
}

// StartPart starts a file of a run whose records are parted by PartitionBy.
func (p *Printer[T]) StartPart(w io.Writer) *Stream[T] { return newStream(p, w) }

// Part returns the path of the folder for a record, as Hive names it:
// AccountId=111122223333/Region=eu-west-1.
func (p *Printer[T]) Part(record *T) string {
	v := p.valueOf(record)
	folders := make([]string, len(p.plan.partition))
	for i, path := range p.plan.partition {
		value := string(encode.Text(nil, path, v))
		if value == "" {
			value = "__HIVE_DEFAULT_PARTITION__"
		}
		folders[i] = path.Text + "=" + hiveEscaped(value)
	}
	return strings.Join(folders, "/")
}

// hiveEscaped escapes the characters that have a meaning in the names of partitions or in
// paths, and all that are not ASCII.
func hiveEscaped(value string) string {
	var b strings.Builder
	for _, c := range []byte(value) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"#%'*/:=?\\{[]^<>|", c) >= 0 {
			b.WriteString("%" + strings.ToUpper(string("0123456789abcdef"[c>>4])+string("0123456789abcdef"[c&15])))
			continue
		}
		b.WriteByte(c)
	}
	if s := b.String(); s != "." && s != ".." {
		return s
	}
	return strings.ReplaceAll(value, ".", "%2E")
}
