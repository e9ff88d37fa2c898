package awslogin

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/signin"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// proofKey is the key that a login's tokens are bound to.
type proofKey struct{ *ecdsa.PrivateKey }

func newProofKey() (proofKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return proofKey{key}, err
}

// parseProofKey parses the text of proofKey.pem.
func parseProofKey(text string) (proofKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return proofKey{}, errors.New("its dpopKey is not a key")
	}
	key, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil || key.Curve != elliptic.P256() {
		return proofKey{}, errors.New("its dpopKey is not a key of the curve P-256")
	}
	return proofKey{key}, nil
}

// pem returns the key as the AWS CLI keeps it.
func (k proofKey) pem() (string, error) {
	der, err := x509.MarshalECPrivateKey(k.PrivateKey)
	return string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})), err
}

// coordinate is the length of a coordinate, and of half a signature. Leading zeros count
// (RFC 7518): the SDK's own provider leaves them out, and fails with one key in 128.
const coordinate = 32

// sign returns a proof for a POST request (DPoP, RFC 9449).
func (k proofKey) sign(uri string, now time.Time) (string, error) {
	encode := base64.RawURLEncoding.EncodeToString
	public, err := k.PublicKey.Bytes() // 4, X, Y
	if err != nil {
		return "", err
	}
	header, err := json.Marshal(map[string]any{"typ": "dpop+jwt", "alg": "ES256", "jwk": map[string]string{
		"kty": "EC", "crv": "P-256", "x": encode(public[1 : 1+coordinate]), "y": encode(public[1+coordinate:]),
	}})
	if err != nil {
		return "", err
	}
	claims, err := json.Marshal(map[string]any{"htm": "POST", "htu": uri, "iat": now.Unix(), "jti": rand.Text()})
	if err != nil {
		return "", err
	}
	text := encode(header) + "." + encode(claims)
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, k.PrivateKey, sum[:])
	if err != nil {
		return "", err
	}
	signature := make([]byte, 2*coordinate)
	r.FillBytes(signature[:coordinate])
	s.FillBytes(signature[coordinate:])
	return text + "." + encode(signature), nil
}

// option adds the proof to each attempt of a call.
func (k proofKey) option() func(*signin.Options) {
	prove := middleware.FinalizeMiddlewareFunc("Proof", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (middleware.FinalizeOutput, middleware.Metadata, error) {
		request, ok := in.Request.(*smithyhttp.Request)
		if !ok {
			return middleware.FinalizeOutput{}, middleware.Metadata{}, fmt.Errorf("unexpected request %T", in.Request)
		}
		proof, err := k.sign(request.URL.String(), time.Now())
		if err != nil {
			return middleware.FinalizeOutput{}, middleware.Metadata{}, err
		}
		request.Header.Set("DPoP", proof)
		return next.HandleFinalize(ctx, in)
	})
	return signin.WithAPIOptions(func(stack *middleware.Stack) error { return stack.Finalize.Add(prove, middleware.After) })
}
