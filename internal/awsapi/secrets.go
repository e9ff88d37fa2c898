package awsapi

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"muster/internal/secret"
)

// Secrets returns the secrets of all calls so far, which errors and logs must not show.
// Code that reads a secret from elsewhere adds it.
func (a *API) Secrets() *secret.Set { return a.secrets }

// secretFields are the fields that hold secrets in the requests and answers of STS, SSO
// and sign-in.
var secretFields = map[string]bool{
	"AccessToken": true, "RefreshToken": true, "IdToken": true, "SubjectToken": true, "Assertion": true,
	"ClientSecret": true, "DeviceCode": true, "Code": true, "CodeVerifier": true,
	"SAMLAssertion": true, "WebIdentityToken": true, "ContextAssertion": true, "TradeInToken": true,
	"SecretAccessKey": true, "SessionToken": true,
}

// typedFields hold secrets that people choose or type. They may be short, so that only
// whole words of a text count as the secret.
var typedFields = map[string]bool{"ExternalId": true, "TokenCode": true}

// collectSecrets adds the secrets that a call sends and receives to set, and removes all
// secrets from the text of its error. Code that provides the credentials of a call adds
// these itself.
func collectSecrets(set *secret.Set) func(*middleware.Stack) error {
	m := middleware.InitializeMiddlewareFunc("CollectSecrets", func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		collect := func(any) {}
		secretive := slices.Contains([]string{"STS", "SSO", "SSO OIDC", "Signin"}, awsmiddleware.GetServiceID(ctx))
		if secretive {
			collect = func(document any) { addSecrets(set, reflect.ValueOf(document)) }
		}
		collect(in.Parameters)
		out, metadata, err := next.HandleInitialize(ctx, in)
		collect(out.Result)
		if secretive {
			hideValue(err)
		}
		return out, metadata, set.Error(err)
	})
	return func(stack *middleware.Stack) error { return stack.Initialize.Add(m, middleware.After) }
}

// hideValue removes the value from the error of an answer that cannot be decoded: it may be a
// secret in the wrong place, and set does not know it.
func hideValue(err error) {
	var unreadable *smithy.DeserializationError
	if !errors.As(err, &unreadable) || unreadable.Err == nil {
		return
	}
	for _, mark := range []string{", got ", "cannot unquote", "invalid int: ", "value for float: ", "unexpected JSON type "} {
		if text, _, found := strings.Cut(unreadable.Err.Error(), mark); found {
			unreadable.Err = errors.New(cmp.Or(text, "unexpected value"))
		}
	}
}

func addSecrets(set *secret.Set, v reflect.Value) {
	v = reflect.Indirect(v)
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			addSecrets(set, v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			value := reflect.Indirect(v.Field(i))
			switch {
			case !field.IsExported():
			case value.Kind() != reflect.String:
				addSecrets(set, value)
			case secretFields[field.Name]:
				set.Add(value.String())
			case typedFields[field.Name]:
				set.AddWords(value.String())
			}
		}
	}
}
