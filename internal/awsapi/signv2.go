package awsapi

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// signVersion2 signs a request with version 2: parameters of its form hold the signature.
// SimpleDB and Import/Export accept no other version.
func signVersion2(req *http.Request, creds aws.Credentials, now time.Time) error {
	content, err := io.ReadAll(req.Body)
	if err != nil {
		return err
	}
	form, err := url.ParseQuery(string(content))
	if err != nil {
		return err
	}
	form.Set("AWSAccessKeyId", creds.AccessKeyID)
	form.Set("SignatureVersion", "2")
	form.Set("SignatureMethod", "HmacSHA256")
	form.Set("Timestamp", now.UTC().Format(time.RFC3339))
	if creds.SessionToken != "" {
		form.Set("SecurityToken", creds.SessionToken)
	}
	sorted := strings.ReplaceAll(form.Encode(), "+", "%20")
	sum := hmac.New(sha256.New, []byte(creds.SecretAccessKey))
	io.WriteString(sum, strings.Join([]string{req.Method, req.Host, req.URL.EscapedPath(), sorted}, "\n"))
	form.Set("Signature", base64.StdEncoding.EncodeToString(sum.Sum(nil)))
	body := []byte(form.Encode())
	req.ContentLength = int64(len(body))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	req.Body, err = req.GetBody()
	return err
}
