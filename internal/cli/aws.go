package cli

import (
	"context"
	"crypto/rand"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	smithyrand "github.com/aws/smithy-go/rand"

	"muster/internal/catalog"
	"muster/internal/cli/complete"
	"muster/internal/cli/manual"
	"muster/internal/inventory"
	"muster/internal/render"
	"muster/internal/render/shape"
	"muster/internal/shorthand"
	"muster/internal/sweep"
)

// awsCmd runs a read operation of AWS in every place. The parameters of the operation
// are flags that the grammar does not know: takeParameters takes them off the command
// line before it is parsed.
type awsCmd struct {
	Service   string `arg:"" optional:"" complete:"aws-services" help:"Service, as in the AWS CLI: ec2, s3api, lambda."`
	Operation string `arg:"" optional:"" complete:"aws-operations" help:"Operation that reads: describe-volumes, list-functions."`

	Items         string   `placeholder:"LIST" complete:"none" group:"output" help:"The list of the answer whose items are the records."`
	CLIInputJSON  string   `name:"cli-input-json" placeholder:"JSON" complete:"file-url" group:"operation" help:"Parameters as JSON or file://PATH; other parameters win."`
	MaxItems      positive `placeholder:"N" complete:"none" group:"operation" help:"At most this many items from each account and region."`
	PageSize      positive `placeholder:"N" complete:"none" group:"operation" help:"Items in each call."`
	StartingToken string   `placeholder:"TOKEN" complete:"none" group:"operation" help:"Page to start at."`
	NoPaginate    bool     `name:"no-paginate" group:"operation" help:"Ask for the first page only."`
	NoSignRequest bool     `name:"no-sign-request" group:"operation" help:"Call without credentials, as for a public bucket: once, in no account."`

	Selection     `embed:""`
	RegionFlags   `embed:""`
	SweepFlags    `embed:""`
	WatchedOutput `embed:""`
	PageFlags     `embed:""`

	op         *catalog.Operation // nil: not named
	parameters []inventory.Given
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
	return `Put muster in front of an AWS CLI command that reads:

  muster aws SERVICE OPERATION [--PARAMETER VALUE ...] [flags]

The operation's parameters are the same as in the AWS CLI. 'muster aws SERVICE OPERATION --help' explains them and the fields of the records. Without an operation muster lists the operations, and without a service the services. muster follows all pages.

A flag that both muster and the operation have is muster's. The operation's parameter goes behind --, or into --cli-input-json.`
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
	if c.op != nil {
		return c.op
	}
	if service := catalog.Open(c.Service); service != nil {
		return service.Operation(c.Operation)
	}
	return nil
}

// Words lists the operations of the named service, for completion.
func (c *awsCmd) Words(source string) []string { return operationWords(source, c.Service) }

func operationWords(source, name string) []string {
	service := catalog.Open(name)
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

func (c *awsCmd) Run(ctx context.Context, app *App, g *Global, line *kong.Context) error {
	switch {
	case c.Service == "":
		return app.paged(bool(g.NoPager), listServices)
	case c.op == nil:
		return app.paged(bool(g.NoPager), func(w io.Writer) error { return manual.Names(w, operationNames(catalog.Open(c.Service))) })
	}
	in, err := inventory.ReadInput(c.op, c.CLIInputJSON, c.parameters, shorthand.Files(app.Lookup, app.home()), newToken)
	if err != nil {
		return err
	}
	c.noteRepeated(app)
	paging := inventory.Paging{MaxItems: int(c.MaxItems), PageSize: int(c.PageSize), Token: c.StartingToken, OnePage: c.NoPaginate}
	operation, err := inventory.NewOperation(c.op, in, c.Items, paging)
	if err != nil {
		return err
	}
	flags := listFlags{&c.Selection, c.regionsFor(app, operation), &c.SweepFlags, &c.WatchedOutput, &c.PageFlags}
	l := c.listing(operation)
	if c.NoSignRequest {
		if err := c.checkUnsigned(app, line); err != nil {
			return err
		}
		flags.regions, l.plan = nil, c.unsignedPlan(app, operation)
	}
	err = list(ctx, app, g, flags, l)
	if operation.HasMorePages() {
		app.note("the answer has more pages: without a token or a limit among the parameters, muster follows all of them")
	}
	if others := operation.OtherLists(); len(others) > 0 && c.Items == "" && !c.wholeAnswer(operation) {
		app.note("the answer has other lists, too: --items %s", strings.Join(others, " or --items "))
	}
	return err
}

// noteRepeated says that a parameter on the command line replaces an earlier one.
func (c *awsCmd) noteRepeated(app *App) {
	for i, g := range c.parameters {
		earlier := slices.IndexFunc(c.parameters, func(other inventory.Given) bool { return other.Name == g.Name })
		if earlier < i && len(g.Texts) > 0 {
			app.note("--%s is given twice: the last one counts, as in the AWS CLI", g.Name)
		}
	}
}

// runsOnce reports whether an operation has one answer for all regions of an account.
func runsOnce(op *catalog.Operation) bool {
	return op.Once || op.Service.Once || inventory.ReadsBucket(op)
}

// regionsFor returns the flags of the regions to visit: nil for an operation with one
// answer for all of them. A single region is then the one to call, as in the AWS CLI.
func (c *awsCmd) regionsFor(app *App, operation *inventory.Operation) *RegionFlags {
	if !runsOnce(c.op) {
		return &c.RegionFlags
	}
	switch {
	case len(c.ExcludeRegion) == 0 && len(c.Region) == 1 && slices.Contains(catalog.Regions(), c.Region[0]):
		operation.CallIn(c.Region[0])
	case len(c.Region)+len(c.ExcludeRegion) > 0:
		app.note("%s %s has one answer for all regions: --region has no effect", c.op.Service.Name, c.op.CLIName)
	}
	return nil
}

// listing describes the records of an operation to list.
func (c *awsCmd) listing(operation *inventory.Operation) listing[inventory.Record] {
	record := operation.RecordType(namedOwners(&c.Output)...)
	l := listing[inventory.Record]{
		noun: "records", title: operation.Noun(), view: viewOf(record, operation.Noun()),
		visit: func(ctx context.Context, s *sweeper, p sweep.Place, emit func([]inventory.Record)) error {
			return operation.Visit(ctx, s.resolver.API, p, emit)
		},
		compile: func(o render.Options, v render.View) (*render.Printer[inventory.Record], error) {
			return render.CompileAs(o, v, record, func(r *inventory.Record) reflect.Value {
				v := reflect.New(record).Elem()
				operation.Fill(v, r)
				return v
			})
		},
	}
	if c.wholeAnswer(operation) {
		operation.KeepLists()
		l.gather = func(o render.Options, w io.Writer) (stream[inventory.Record], error) {
			return gatherAnswer(operation, record, &l, o, w)
		}
	}
	return l
}

// gatherAnswer returns a stream that prints one answer. Without a writer it only checks
// the output flags.
func gatherAnswer(
	operation *inventory.Operation, record reflect.Type, l *listing[inventory.Record], o render.Options, w io.Writer,
) (stream[inventory.Record], error) {
	sorter, err := l.compile(render.Options{Output: "json", SortBy: o.SortBy}, l.view)
	if err != nil {
		return nil, err
	}
	o.SortBy = nil // of the records, not of the answer
	answer := operation.AnswerType(record)
	printer, err := render.CompileAs(o, render.View{Single: true}, answer, func(v *reflect.Value) reflect.Value { return *v })
	if err != nil || w == nil {
		return nil, err
	}
	return &answerStream{Stream: printer.Start(w), operation: operation, answer: answer, sorter: sorter}, nil
}

// wholeAnswer reports whether the output is one answer in the AWS CLI's own shape.
func (c *awsCmd) wholeAnswer(o *inventory.Operation) bool {
	if !o.HasList() || len(c.CountBy) > 0 {
		return false
	}
	return c.Query != "" || c.JQ != "" && c.Slurp || c.JQ == "" && (c.Output.Output == "json" || c.Output.Output == "yaml")
}

// newToken returns an idempotency token.
func newToken() string {
	id, _ := smithyrand.NewUUID(rand.Reader).GetUUID() // crypto/rand does not fail
	return id
}
