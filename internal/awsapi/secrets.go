package awsapi

import (
	"context"
	"reflect"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"

	"muster/internal/secret"
)

// Secrets are those of all calls so far. Who learns one elsewhere adds it.
func (a *API) Secrets() *secret.Set { return a.secrets }

// confidential are the fields that hold secrets, in the requests and answers of the
// services that deal with them.
var confidential = map[string]bool{
	"AccessToken": true, "RefreshToken": true, "IdToken": true, "SubjectToken": true, "Assertion": true,
	"ClientSecret": true, "DeviceCode": true, "Code": true, "CodeVerifier": true,
	"SAMLAssertion": true, "WebIdentityToken": true, "ContextAssertion": true, "TradeInToken": true,
	"SecretAccessKey": true, "SessionToken": true,
}

// chosen are those that people choose or type.
var chosen = map[string]bool{"ExternalId": true, "TokenCode": true}

// keepSecrets remembers what a call sends and receives, and keeps it out of the
// words of its error. The credentials that a call is signed with are added by who
// gives them.
func keepSecrets(set *secret.Set) func(*middleware.Stack) error {
	m := middleware.InitializeMiddlewareFunc("KeepSecrets", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		collect := func(any) {}
		switch awsmiddleware.GetServiceID(ctx) {
		case "STS", "SSO", "SSO OIDC", "Signin":
			collect = func(document any) { collectSecrets(set, reflect.ValueOf(document)) }
		}
		collect(in.Parameters)
		out, metadata, err := next.HandleInitialize(ctx, in)
		collect(out.Result)
		return out, metadata, set.Error(err)
	})
	return func(stack *middleware.Stack) error { return stack.Initialize.Add(m, middleware.After) }
}

func collectSecrets(set *secret.Set, v reflect.Value) {
	v = reflect.Indirect(v)
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			collectSecrets(set, v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			value := reflect.Indirect(v.Field(i))
			switch {
			case !field.IsExported():
			case value.Kind() != reflect.String:
				collectSecrets(set, value)
			case confidential[field.Name]:
				set.Add(value.String())
			case chosen[field.Name]:
				set.AddWords(value.String())
			}
		}
	}
}
