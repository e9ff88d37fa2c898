package inventory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"muster/internal/awsapi"
	"muster/internal/catalog"
	"muster/internal/sweep"
	"muster/internal/wire"
)

// Operation collects the records of an operation of the catalogue: the items of its
// answer's list, over all pages, or an answer without a list as one record.
type Operation struct {
	op     *catalog.Operation
	in     wire.Object
	paging Paging

	region string   // where an account as a whole is called; "" is the profile's choice
	items  string   // the path of the list in the answer; "" if the answer is the record
	lists  []string // the paths of the answer's other lists

	mu     sync.Mutex
	others map[string][]any // the items of the other lists
	keep   bool             // the items of the other lists are wanted, not only their number
	counts map[string]int
	more   bool // an answer goes on behind the page that was asked for
}

// listError says that an answer has no such list.
type listError struct {
	Name  string
	Known []string
}

func (e *listError) Error() string {
	if len(e.Known) == 0 {
		return "--items " + e.Name + ": the answer has no list"
	}
	return fmt.Sprintf("--items %s: the answer has no such list; it has %s", e.Name, strings.Join(e.Known, ", "))
}

// UsageError marks a mistake in the command line.
func (e *listError) UsageError() {}

// NewOperation prepares an operation. items chooses the list whose items are the
// records; "" is the main one. The error is a *listError.
func NewOperation(op *catalog.Operation, in wire.Object, items string, paging Paging) (*Operation, error) {
	if pagesByHand(op, in) {
		paging.OnePage, paging.byHand = true, true
	}
	o := &Operation{op: op, in: in, paging: paging, others: map[string][]any{}, counts: map[string]int{}}
	known := listsOf(op)
	var err error
	if o.items, err = chooseList(op, known, items); err != nil {
		return nil, err
	}
	o.lists = slices.DeleteFunc(known, func(path string) bool { return path == o.items })
	return o, nil
}

// pagesByHand reports whether an input has parameters of single pages: a token, or the
// size of a page. The AWS CLI then asks for one page.
func pagesByHand(op *catalog.Operation, in wire.Object) bool {
	if op.Pages == nil {
		return false
	}
	names := append(slices.Clone(op.Pages.Input), op.Pages.Limit)
	if op.Service.ID == "Kinesis" && op.Name == "ListStreams" {
		names = append(names, "ExclusiveStartStreamName") // an older token
	}
	return slices.ContainsFunc(names, func(name string) bool { return in.Get(name) != nil })
}

// listsOf returns the paths of the lists in an answer: those that pagination names, and
// the members that are lists.
func listsOf(op *catalog.Operation) (paths []string) {
	if op.Output == nil {
		return nil
	}
	if op.Pages != nil {
		for _, path := range op.Pages.Results {
			if s := op.Output.At(path); s != nil && s.Kind() == catalog.List {
				paths = append(paths, path)
			}
		}
	}
	for _, m := range op.Output.Members() {
		if m.Shape.Kind() == catalog.List && m.Location == catalog.Body && !slices.Contains(paths, m.Name) {
			paths = append(paths, m.Name)
		}
	}
	return paths
}

// chooseList returns the path of the list whose items are the records.
func chooseList(op *catalog.Operation, known []string, name string) (string, error) {
	if name != "" {
		for _, path := range known {
			if path == name || strings.HasSuffix(path, "."+name) {
				return path, nil
			}
		}
		return "", &listError{name, known}
	}
	paged := op.Pages != nil && len(op.Pages.Results) > 0 && len(known) > 0 && known[0] == op.Pages.Results[0]
	if paged || len(known) == 1 && !isDetail(op, known[0]) {
		return known[0], nil
	}
	results := slices.DeleteFunc(slices.Clone(known), isFailures)
	if len(results) == 1 && len(known) == len(op.Output.Members()) { // ecs describe-clusters: clusters and failures
		return results[0], nil
	}
	return "", nil
}

// isDetail reports whether the only list of an answer is a detail of the one thing that the
// answer describes: plain values, such as the stages of a secret, beside the secret itself.
func isDetail(op *catalog.Operation, list string) bool {
	if op.Pages != nil || !strings.HasPrefix(op.Name, "Get") && !strings.HasPrefix(op.Name, "Describe") ||
		op.Output.At(list).Element().Shape.Kind() == catalog.Structure {
		return false
	}
	others := 0
	for _, m := range op.Output.Members() {
		switch name := strings.ToLower(m.Name); {
		case strings.Contains(name, "token"), strings.Contains(name, "marker"):
			return false // the list has pages
		case m.Name != list && m.Location == catalog.Body:
			others++
		}
	}
	return others > 0
}

// isFailures reports whether a list has failures instead of results.
func isFailures(path string) bool {
	name := strings.ToLower(path)
	return strings.HasSuffix(name, "failures") || strings.HasSuffix(name, "errors") || strings.HasPrefix(name, "unprocessed")
}

// itemShape returns the shape of a record's item; nil if the answer is empty.
func (o *Operation) itemShape() *catalog.Shape {
	if o.items == "" {
		return o.op.Output
	}
	return o.op.Output.At(o.items).Element().Shape
}

// ReadsBucket reports whether an operation reads a bucket of S3. The bucket is in one
// region, which S3 names if it is called in another one.
func ReadsBucket(op *catalog.Operation) bool {
	return op.Service.ID == "S3" && op.Input != nil && op.Input.Member("Bucket") != nil
}

// CallIn sets the region in which accounts as a whole are called, where it is in their
// partition. Their records have no region still.
func (o *Operation) CallIn(region string) { o.region = region }

// Record is one item of an answer.
type Record struct {
	AccountId, AccountName, Region string
	Profile, Role                  string
	Item                           any // as in package wire
}

// Visit emits the records of a place, page by page.
func (o *Operation) Visit(ctx context.Context, api *awsapi.API, p sweep.Place, emit func([]Record)) error {
	left := o.paging.MaxItems
	called := p
	if p.Region == "" && o.region != "" && catalog.PartitionOf(o.region) == catalog.PartitionOf(p.Identity.Target.Region) {
		called.Region = o.region
	}
	return walkPages(ctx, api, o.op, called, o.in, o.paging, func(page wire.Object) (more bool) {
		records := o.records(p, page)
		if o.paging.MaxItems > 0 {
			records = records[:min(len(records), left)]
			left -= len(records)
		}
		emit(records)
		if o.paging.byHand && nextTokens(o.op.Pages, page) != nil {
			o.mu.Lock()
			o.more = true
			o.mu.Unlock()
		}
		return o.paging.MaxItems == 0 || left > 0
	})
}

// records returns the records of a page, and adds the items of its other lists.
func (o *Operation) records(p sweep.Place, page wire.Object) []Record {
	record := Record{AccountId: p.Account.ID, AccountName: p.Account.Name, Region: p.Region, Profile: p.Identity.Profile, Role: p.Identity.Role}
	o.addOthers(page)
	if o.items == "" {
		record.Item = page
		return []Record{record}
	}
	items, _ := page.Find(o.items).([]any)
	records := make([]Record, len(items))
	for i, item := range items {
		records[i] = record
		records[i].Item = item
	}
	return records
}

func (o *Operation) addOthers(page wire.Object) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, path := range o.lists {
		items, ok := page.Find(path).([]any)
		o.counts[path] += len(items)
		if o.keep && ok {
			o.others[path] = append(slices.Grow(o.others[path], 1), items...) // not nil: an answer has the list
		}
	}
}

// Noun is the name of the list whose items are the records; "" if there is none.
func (o *Operation) Noun() string { return o.items[strings.LastIndexByte(o.items, '.')+1:] }

// HasMorePages reports whether an answer goes on behind the one page that the input asked
// for.
func (o *Operation) HasMorePages() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.more
}

// KeepLists keeps the items of the answer's other lists, for Answer.
func (o *Operation) KeepLists() { o.keep = true }

// OtherLists names the answer's other lists that were not empty.
func (o *Operation) OtherLists() (names []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, path := range o.lists {
		if o.counts[path] > 0 {
			names = append(names, path)
		}
	}
	return names
}
