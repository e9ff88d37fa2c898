// Package parquet writes records as the columns of a Parquet file.
//
// Each field is a column of its type: texts, numbers, booleans, times, lists, maps and
// structs. A value whose type is open is a column of JSON. Fields that a record may lack
// are nullable. A file grows by row groups, so that memory does not depend on the number of
// records.
package parquet

import (
	"io"

	pq "github.com/parquet-go/parquet-go"

	"muster/internal/render/shape"
)

// A batch of records goes to the columns at once. A row group holds the columns in memory
// until it ends.
const (
	batchRows  = 512
	batchBytes = 1 << 20
	groupRows  = 100_000
	groupBytes = 20 << 20 // before encoding
)

// Writer writes one file.
type Writer struct {
	file    *pq.GenericWriter[any]
	put     put
	columns [][]pq.Value // of the batch, by the number of the column
	text    []byte       // the batch's texts
	batch   int          // records in the batch
	rows    int          // records in the row group
	bytes   int          // of texts in the row group
	err     error        // the first one of the writer
}

// NewWriter starts a file of records with a schema, without the columns of some fields.
// createdBy goes into its footer.
func NewWriter(w io.Writer, record *shape.Schema, createdBy string, without ...string) *Writer {
	var c compiler
	root, put := c.object(record, 0, nil, without...)
	return &Writer{
		file:    pq.NewGenericWriter[any](w, pq.NewSchema("record", root), pq.Compression(&pq.Snappy), pq.CreatedBy(createdBy, "", "")),
		put:     put,
		columns: make([][]pq.Value, c.columns),
	}
}

// Write adds a record.
func (w *Writer) Write(record shape.Value) error {
	if w.err != nil {
		return w.err
	}
	w.put(w, record, true, 0, 0)
	w.batch++
	if w.batch < batchRows && len(w.text) < batchBytes {
		return nil
	}
	w.err = w.endBatch()
	return w.err
}

// Close ends the file.
func (w *Writer) Close() error {
	if w.err == nil && w.batch > 0 { // the library computes a bad pointer to no values
		w.err = w.endBatch()
	}
	if w.err == nil {
		w.err = w.file.Close()
	}
	return w.err
}

func (w *Writer) endBatch() error {
	for i, column := range w.file.ColumnWriters() {
		if _, err := column.WriteRowValues(w.columns[i]); err != nil {
			return err
		}
		clear(w.columns[i])
		w.columns[i] = w.columns[i][:0]
	}
	w.rows += w.batch
	w.bytes += len(w.text)
	w.batch, w.text = 0, w.text[:0]
	if w.rows < groupRows && w.bytes < groupBytes {
		return nil
	}
	w.rows, w.bytes = 0, 0
	return w.file.Flush()
}
