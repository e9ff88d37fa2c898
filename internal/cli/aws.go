package cli

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"muster/internal/catalog"
	"muster/internal/cli/complete"
	"muster/internal/inventory"
	"muster/internal/names"
	"muster/internal/render"
	"muster/internal/render/shape"
	"muster/internal/shell"
	"muster/internal/shorthand"
	"muster/internal/sweep"
)

// awsCmd runs a read operation of AWS in every place. The parameters of the operation
// are flags that the grammar does not know: takeParameters takes them off the command
// line before it is parsed.
type awsCmd struct {
	Service   string `arg:"" optional:"" complete:"aws-services" help:"Service, as in the AWS CLI: ec2, s3api, lambda."`
	Operation string `arg:"" optional:"" complete:"aws-operations" help:"Operation that reads: describe-volumes, list-functions."`

	Items         string `placeholder:"LIST" complete:"none" group:"output" help:"The list of the answer whose items are the records."`
	CLIInputJSON  string `name:"cli-input-json" placeholder:"JSON" complete:"file-url" group:"operation" help:"Parameters as JSON or file://PATH; other parameters win."`
	MaxItems      int    `placeholder:"N" complete:"none" group:"operation" help:"At most so many items from each place."`
	PageSize      int    `placeholder:"N" complete:"none" group:"operation" help:"Items in each call."`
	StartingToken string `placeholder:"TOKEN" complete:"none" group:"operation" help:"Page to start at."`
	NoPaginate    bool   `name:"no-paginate" group:"operation" help:"Ask for the first page only."`

	Selection     `embed:""`
	RegionFlags   `embed:""`
	SweepFlags    `embed:""`
	WatchedOutput `embed:""`

	op         *catalog.Operation // nil: not named
	parameters []inventory.Given
	help       bool
}

func (*awsCmd) Examples() []string {
	return []string{
		"muster aws ec2 describe-volumes --all-profiles --query 'Volumes[].VolumeId'",
		"muster aws ec2 describe-volumes --filters Name=status,Values=in-use",
		"muster aws sts get-caller-identity --organization --role EC2ReadAccess",
		"muster aws ec2 describe-volumes --help",
	}
}

// Help explains the command beyond its flags.
func (*awsCmd) Help() string {
	return `Put muster in front of an AWS CLI command that reads. Parameters are those of the AWS CLI; muster follows all pages. Without an operation it lists the operations, and without a service the services.

A flag that both muster and the operation have is muster's. The operation's goes behind --, or into --cli-input-json.`
}

// ownerFields are the fields of the records of every operation.
type ownerFields struct{ AccountId, AccountName, Region, Profile, Role string }

// Schema is that of the records of the named operation.
func (c *awsCmd) Schema() *shape.Schema {
	if op := c.named(); op != nil {
		if operation, err := inventory.NewOperation(op, nil, c.Items, inventory.Paging{}); err == nil {
			return shape.OfGoType(operation.RecordType("Profile", "Role"))
		}
	}
	return shape.SchemaOf[ownerFields]()
}

// named returns the operation that the arguments name, or nil.
func (c *awsCmd) named() *catalog.Operation {
	if service := catalog.Open(c.Service); service != nil {
		return service.Operation(c.Operation)
	}
	return nil
}

// Words lists the operations of the named service, for completion.
func (c *awsCmd) Words(source string) []string {
	service := catalog.Open(c.Service)
	if source != "aws-operations" || service == nil {
		return nil
	}
	return operationNames(service)
}

// MoreFlags are the parameters of the named operation, for completion.
func (c *awsCmd) MoreFlags() (flags []complete.Param) {
	op := c.named()
	if op == nil {
		return nil
	}
	for _, p := range inventory.Parameters(op) {
		least, most := p.Takes()
		flags = append(flags, complete.Param{
			Name: p.Name, Help: inventory.Type(p.Member.Shape), Enum: p.Member.Shape.Enum(), Bool: most == 0, Repeated: least == 0 && most > 1,
		})
	}
	return flags
}

func (c *awsCmd) Run(ctx context.Context, app *App, g *Global) error {
	switch {
	case c.Service == "":
		return written(listServices(app.Stdout))
	case c.op == nil:
		return written(listOperations(app.Stdout, catalog.Open(c.Service)))
	case c.help:
		return written(explainOperation(app.Stdout, app.name, c.op))
	}
	in, err := inventory.ReadInput(c.op, c.CLIInputJSON, c.parameters, shorthand.Files(app.Lookup, app.home()), newToken)
	if err != nil {
		return err
	}
	paging := inventory.Paging{MaxItems: c.MaxItems, PageSize: c.PageSize, Token: c.StartingToken, OnePage: c.NoPaginate}
	operation, err := inventory.NewOperation(c.op, in, c.Items, paging)
	if err != nil {
		return err
	}
	regions := &c.RegionFlags
	if c.op.Once || c.op.Service.Once {
		if len(c.Region)+len(c.ExcludeRegion) > 0 {
			app.note("%s answers for all regions at once: --region has no effect", c.op.Service.Name)
		}
		regions = nil
	}
	flags := listFlags{&c.Selection, regions, &c.SweepFlags, &c.WatchedOutput}
	return list(ctx, app, g, flags, c.listing(app, operation))
}

// listing describes the records of an operation to list.
func (c *awsCmd) listing(app *App, operation *inventory.Operation) listing[inventory.Record] {
	record := operation.RecordType(c.wantedOwners()...)
	l := listing[inventory.Record]{
		noun: "records", view: viewOf(record, operation.Noun()),
		visit: func(ctx context.Context, s *sweeper, p sweep.Place, emit func([]inventory.Record)) error {
			return operation.Visit(ctx, s.resolver.API, p, emit)
		},
		compile: func(o render.Options, v render.View) (*render.Printer[inventory.Record], error) {
			return render.CompileAs(o, v, record, func(r *inventory.Record) reflect.Value {
				v := reflect.New(record).Elem()
				inventory.Fill(v, r)
				return v
			})
		},
		summary: func(ledger *sweep.Ledger) {
			if others := operation.OtherLists(); len(others) > 0 && c.Items == "" && !c.wholeAnswer(operation) {
				app.note("the answer has other lists, too: --items %s", strings.Join(others, " or --items "))
			}
		},
	}
	if c.wholeAnswer(operation) {
		operation.KeepLists()
		answer := operation.AnswerType(record)
		l.gather = func(o render.Options, w io.Writer) (stream[inventory.Record], error) {
			printer, err := render.CompileAs(o, render.View{Single: true}, answer, func(v *reflect.Value) reflect.Value { return *v })
			if err != nil || w == nil {
				return nil, err
			}
			return &answerStream{Stream: printer.Start(w), operation: operation, answer: answer}, nil
		}
	}
	return l
}

// wholeAnswer reports whether the output is one answer in the AWS CLI's own shape.
func (c *awsCmd) wholeAnswer(o *inventory.Operation) bool {
	if !o.HasList() || len(c.CountBy) > 0 {
		return false
	}
	return c.Query != "" || c.JQ != "" && c.Slurp || c.JQ == "" && (c.Output.Output == "json" || c.Output.Output == "yaml")
}

// wantedOwners returns the fields of the account's profile and role that the output
// names. Other outputs do not have them: they are not AWS's.
func (c *awsCmd) wantedOwners() (fields []string) {
	texts := slices.Concat([]string{c.JQ, c.Query, c.Output.Output}, c.Columns, c.SortBy, c.CountBy)
	for _, name := range []string{"Profile", "Role"} {
		word := regexp.MustCompile(`\b` + name + `\b`)
		if slices.ContainsFunc(texts, word.MatchString) {
			fields = append(fields, name)
		}
	}
	return fields
}

// viewOf chooses the columns of a table, the best first: ids, names, states.
func viewOf(record reflect.Type, noun string) render.View {
	v := render.View{Sort: []string{"AccountId", "Region"}, Tree: [][]string{{"AccountName", "AccountId"}, {"Region"}}}
	v.Text = []string{"AccountId", "AccountName", "Region"}
	var scalars []string
	for i := reflect.TypeFor[ownerFields]().NumField() - 2; i < record.NumField(); i++ {
		if f := record.Field(i); isScalar(f.Type) && f.Tag.Get("render") != "" {
			scalars = append(scalars, f.Tag.Get("json"))
		}
	}
	v.Text = append(v.Text, scalars...)
	slices.SortStableFunc(scalars, func(a, b string) int { return rank(a, noun) - rank(b, noun) })
	v.Columns = []render.Column{{Field: "AccountName", Need: 2, Shorten: true}, {Field: "Region", Need: 3}}
	for i, name := range scalars[:min(len(scalars), 6)] {
		v.Columns = append(v.Columns, render.Column{Field: name, Need: max(1, 3*i)})
	}
	if len(scalars) > 0 {
		v.ID = scalars[0]
		v.Sort = append(v.Sort, v.ID)
	}
	return v
}

// rank orders the fields of a record for a table. noun is the name of its list.
func rank(field, noun string) int {
	singular := strings.TrimSuffix(noun, "s")
	if stem, ok := strings.CutSuffix(noun, "ies"); ok {
		singular = stem + "y"
	}
	is := func(endings ...string) bool {
		return slices.ContainsFunc(endings, func(ending string) bool {
			return strings.EqualFold(field, ending) || strings.EqualFold(field, singular+ending)
		})
	}
	switch {
	case is("Id", "Identifier"):
		return 0
	case is("Name"):
		return 1
	case is("State", "Status"):
		return 3
	case is("Type", "Size", "Engine", "Runtime"):
		return 4
	case is("Arn"):
		return 6
	}
	return 5
}

func isScalar(t reflect.Type) bool {
	return t.Kind() == reflect.Pointer && (t.Elem().Kind() != reflect.Struct || t.Elem() == reflect.TypeFor[time.Time]())
}

// answerStream gathers the records of all places and prints them as one answer.
type answerStream struct {
	*render.Stream[reflect.Value]
	operation *inventory.Operation
	answer    reflect.Type
	records   []inventory.Record
}

func (s *answerStream) Write(r inventory.Record) error {
	s.records = append(s.records, r)
	return nil
}

func (s *answerStream) Flush() error { return nil }

func (s *answerStream) Close() error {
	slices.SortStableFunc(s.records, func(a, b inventory.Record) int {
		if c := strings.Compare(a.AccountId, b.AccountId); c != 0 {
			return c
		}
		return strings.Compare(a.Region, b.Region)
	})
	v := reflect.New(s.answer).Elem()
	s.operation.Answer(v, s.records)
	if err := s.Stream.Write(v); err != nil {
		return err
	}
	return s.Stream.Close()
}

// newToken returns an idempotency token.
func newToken() string {
	b := make([]byte, 16)
	rand.Read(b)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// takeParameters takes the operation and its parameters off a command line, and returns
// the rest for the parser. flags are muster's.
func (c *awsCmd) takeParameters(program string, flags []*kong.Flag, args []string) (rest []string, err error) {
	line := &awsLine{flags: map[string]*kong.Flag{}, command: c, args: args}
	for _, f := range flags {
		line.flags["--"+f.Name] = f
		for _, alias := range f.Aliases {
			line.flags["--"+alias] = f
		}
		if f.Short != 0 {
			line.flags["-"+string(f.Short)] = f
		}
		if f.Tag.Negatable != "" {
			line.flags["--no-"+f.Name] = f
		}
	}
	if err := line.findOperation(program); err != nil || c.op == nil {
		return line.args, err
	}
	return line.take()
}

// awsLine is the command line behind `muster aws`.
type awsLine struct {
	flags   map[string]*kong.Flag
	command *awsCmd
	args    []string
}

// muster returns how many words of a flag of muster begin at i; 0 if it is none.
func (l *awsLine) muster(i int) int {
	word, _, hasValue := strings.Cut(l.args[i], "=")
	f := l.flags[word]
	if f == nil && len(word) > 2 && word[1] != '-' {
		f, hasValue = l.flags[word[:2]], true // -ojson
	}
	switch {
	case f == nil:
		return 0
	case hasValue, f.IsBool(), i+1 == len(l.args):
		return 1
	}
	return 2
}

// findOperation looks up the service and the operation that the first two words name.
func (l *awsLine) findOperation(program string) error {
	var words []string
	for i := 0; i < len(l.args) && len(words) < 2; {
		n := l.muster(i)
		switch {
		case n > 0:
			i += n
			continue
		case strings.HasPrefix(l.args[i], "-"):
			return nil // the parser says what is wrong with it
		}
		words = append(words, l.args[i])
		i++
	}
	if len(words) == 0 {
		return nil
	}
	service := catalog.Open(words[0])
	if service == nil {
		return usage("no service %q of AWS%s", words[0], hintOf(words[0], serviceNames(), "; '"+program+" aws' lists them"))
	}
	if len(words) < 2 {
		return nil
	}
	if l.command.op = service.Operation(words[1]); l.command.op != nil {
		if i := slices.Index(l.args, "--help"); i >= 0 {
			l.command.help = true
			l.args = slices.Delete(slices.Clone(l.args), i, i+1)
		}
		return nil
	}
	if api := service.Write(words[1]); api != "" {
		rest := slices.DeleteFunc(slices.Clone(l.args), func(word string) bool { return word == words[0] || word == words[1] })
		return usage("%s %s changes things, and muster aws only reads; to run it: %s exec --profile NAME -- aws %s %s %s",
			words[0], words[1], program, words[0], words[1], shellWords(rest))
	}
	return usage("%s has no operation %q%s", words[0], words[1], hintOf(words[1], operationNames(service), "; '"+program+" aws "+words[0]+"' lists them"))
}

// shellWords quotes words as a shell reads them.
func shellWords(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = shell.Word(word)
	}
	return strings.Join(quoted, " ")
}

func hintOf(word string, known []string, otherwise string) string {
	if near := names.Nearest(word, known); near != "" {
		return "; did you mean " + near + "?"
	}
	return otherwise
}

// take separates the operation's parameters from muster's flags.
func (l *awsLine) take() (rest []string, err error) {
	behind := false // --: everything is the operation's
	for i := 0; i < len(l.args); {
		word := l.args[i]
		n := l.muster(i)
		switch {
		case !behind && word == "--":
			behind = true
			i++
			continue
		case !behind && (n > 0 || !strings.HasPrefix(word, "--")):
			n = max(n, 1)
			rest = append(rest, l.args[i:i+n]...)
			i += n
			continue
		}
		if i, err = l.parameter(i, behind); err != nil {
			return nil, err
		}
	}
	return rest, nil
}

// parameter takes the parameter at i with its values, and returns where the next word
// begins.
func (l *awsLine) parameter(i int, behind bool) (next int, err error) {
	op := l.command.op
	name, value, hasValue := strings.Cut(strings.TrimPrefix(l.args[i], "--"), "=")
	p, negated, found := inventory.FindParameter(op, name)
	if !found || !strings.HasPrefix(l.args[i], "--") {
		return 0, usage("%s has no parameter %s%s", op.CLIName, l.args[i], hintOf(name, parameterNames(op), "; '"+op.CLIName+" --help' lists them"))
	}
	given := inventory.Given{Parameter: p, Negated: negated}
	least, most := p.Takes()
	if hasValue {
		given.Texts = []string{value}
		if most == 0 {
			return 0, usage("--%s takes no value; --no-%s is the opposite", name, p.Name)
		}
	}
	for i++; i < len(l.args) && len(given.Texts) < most && !hasValue; i++ {
		if strings.HasPrefix(l.args[i], "--") || !behind && l.muster(i) > 0 {
			break
		}
		given.Texts = append(given.Texts, l.args[i])
	}
	if len(given.Texts) < least {
		return 0, usage("--%s needs a value: %s", name, inventory.Type(p.Member.Shape))
	}
	l.command.parameters = append(l.command.parameters, given)
	return i, nil
}

func serviceNames() (all []string) {
	for _, e := range catalog.Services() {
		all = append(all, e.Name)
	}
	return all
}

func operationNames(s *catalog.Service) (all []string) {
	for o := range s.Operations() {
		if !o.Hidden {
			all = append(all, o.CLIName)
		}
	}
	slices.Sort(all)
	return all
}

func parameterNames(op *catalog.Operation) (all []string) {
	for _, p := range inventory.Parameters(op) {
		all = append(all, p.Name)
	}
	return all
}
