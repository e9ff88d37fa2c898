package awssim

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"muster/internal/catalog"
	"muster/internal/wire"
)

// invoke makes a call with smithy-go's protocols and AWS's model. in are members of the input,
// each with its value.
func invoke(cfg aws.Config, service, operation string, in ...any) (wire.Object, error) {
	return invokeWithin(context.Background(), cfg, service, operation, in...)
}

func invokeWithin(ctx context.Context, cfg aws.Config, service, operation string, in ...any) (wire.Object, error) {
	op := catalog.Open(service).Operation(operation)
	codec, err := wire.For(op)
	if err != nil {
		return nil, err
	}
	req, err := codec.Request(ctx, inputOf(in))
	if err != nil {
		return nil, err
	}
	var body []byte
	if req.GetBody != nil {
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
	}
	url, region := aws.ToString(cfg.BaseEndpoint), cfg.Region
	if url == "" {
		endpoint, err := op.Service.Endpoint(catalog.Parameters{"Region": region, "UseFIPS": false, "UseDualStack": false})
		if err != nil {
			return nil, err
		}
		url, region = endpoint.URL, cmp.Or(endpoint.SigningRegion, region)
	}
	if req.URL, err = req.URL.Parse(url + req.URL.RequestURI()); err != nil {
		return nil, err
	}
	req.Host = req.URL.Host
	keys, err := cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, keys, req, hex.EncodeToString(hash[:]), op.Service.SigningName, region, time.Now()); err != nil {
		return nil, err
	}
	resp, err := cfg.HTTPClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	out, err := codec.Response(ctx, resp, 1<<26)
	if err != nil {
		return nil, &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: resp}, Err: err}
	}
	return out, nil
}

func inputOf(pairs []any) (in wire.Object) {
	for i := 0; i < len(pairs); i += 2 {
		value := pairs[i+1]
		switch v := value.(type) {
		case int:
			value = int64(v)
		case []string:
			list := make([]any, len(v))
			for j := range v {
				list[j] = v[j]
			}
			value = list
		}
		in = in.Set(pairs[i].(string), value)
	}
	return in
}

// invokeAll returns the items of a list from all pages.
func invokeAll(t *testing.T, cfg aws.Config, service, operation, list string, in ...any) (all []wire.Object) {
	t.Helper()
	for more := in; ; {
		page, err := invoke(cfg, service, operation, more...)
		if err != nil {
			t.Fatalf("%s %v: %v", operation, in, err)
		}
		all = append(all, page.Objects(list)...)
		token := page.Text("NextToken")
		if token == "" {
			return all
		}
		more = append(in[:len(in):len(in)], "NextToken", token)
	}
}

// filter returns the value of Filters.
func filter(name string, values ...string) []any {
	return []any{inputOf([]any{"Name", name, "Values", values})}
}
