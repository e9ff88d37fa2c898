package cli

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
	"time"

	"muster/internal/auth"
	"muster/internal/render"
)

// SessionExport are the flags of Export for the commands that make one call of STS.
type SessionExport struct {
	Export   `embed:""`
	AWSShape bool `group:"output" help:"Print STS's answer as 'aws sts' does, with json, yaml, text, template, --query or --jq."`
}

// connect calls start and Global.connect. The CA bundle and the attempts are those of the
// profile; "" means the default profile.
func (e *SessionExport) connect(app *App, g *Global, profile string) (out stream[accountCredentials], r *auth.Resolver, err error) {
	var answers *stsStream
	if e.AWSShape {
		e.special = func(w io.Writer) (stream[accountCredentials], error) {
			answers, err = e.answers(app, g, w)
			return answers, err
		}
	}
	if out, err = e.start(app, g); err != nil {
		return nil, nil, err
	}
	var profiles []string
	if profile != "" {
		profiles = []string{profile}
	}
	if r, err = g.connect(app, 1, profiles); err == nil && answers != nil {
		r.Answered = answers.answered
	}
	return out, r, err
}

// stsAnswer is an answer of STS with credentials. Its fields have the order of AWS's model,
// which the AWS CLI keeps.
type stsAnswer struct {
	Credentials                 stsKeys
	SubjectFromWebIdentityToken *string  `render:"optional"`
	AssumedRoleUser             *stsUser `render:"optional"`
	PackedPolicySize            *int     `render:"optional"`
	Provider                    *string  `render:"optional"`
	Subject                     *string  `render:"optional"`
	SubjectType                 *string  `render:"optional"`
	Issuer                      *string  `render:"optional"`
	Audience                    *string  `render:"optional"`
	NameQualifier               *string  `render:"optional"`
	SourceIdentity              *string  `render:"optional"`
	SessionTokenUtilization     *int     `render:"optional"`
	SessionTokenSize            *int     `render:"optional"`
}

type stsKeys struct {
	AccessKeyId     string
	SecretAccessKey string
	SessionToken    string
	Expiration      time.Time
}

type stsUser struct {
	AssumedRoleId string
	Arn           string
}

// stsStream prints STS's answer in place of the record of the credentials in it.
type stsStream struct {
	*render.Stream[stsAnswer]
	answer stsAnswer
	err    error
}

// answers makes the format of credentials that of STS's answers.
func (e *Export) answers(app *App, g *Global, w io.Writer) (*stsStream, error) {
	if name, _, _ := strings.Cut(e.Output, "="); name != "" && !slices.Contains([]string{"json", "yaml", "text", "template"}, name) {
		return nil, usage("--output %s: --aws-shape prints json, yaml, text or template=TEXT", e.Output)
	}
	o := Output{formatFlags: formatFlags{Output: e.Output}, JQ: e.JQ, Slurp: e.Slurp, Query: e.Query}
	options := o.options(app, g)
	options.Terminal = options.Terminal && e.Out == ""
	printer, err := render.Compile[stsAnswer](options, render.View{ID: "Credentials.AccessKeyId", Text: []string{"Credentials"}, Single: true})
	if err != nil {
		return nil, err
	}
	return &stsStream{Stream: printer.Start(w)}, nil
}

// answered takes an answer of STS. The SDK names its fields as AWS's model does.
func (s *stsStream) answered(out any) {
	s.answer = stsAnswer{}
	data, err := json.Marshal(out)
	if err == nil {
		err = json.Unmarshal(data, &s.answer)
	}
	s.err = err
}

func (s *stsStream) Write(accountCredentials) error {
	if s.err != nil {
		return s.err
	}
	return s.Stream.Write(s.answer)
}
