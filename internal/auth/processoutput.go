package auth

import (
	"encoding/json"
	"errors"
	"runtime"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/auth/botocache"
)

// parseProcessOutput parses the output of a credential_process. Errors never contain
// the output, which may be secret.
func parseProcessOutput(output []byte) (aws.Credentials, error) {
	if runtime.GOOS == "windows" { // cmd.exe keeps the backslashes of quotes
		output = []byte(strings.ReplaceAll(string(output), `\"`, `"`))
	}
	var answer struct {
		Version                                                           int
		AccessKeyId, SecretAccessKey, SessionToken, Expiration, AccountId *string
	}
	if err := json.Unmarshal(output, &answer); err != nil {
		return aws.Credentials{}, errors.New("the output of its credential_process is not the expected JSON")
	}
	creds := aws.Credentials{
		Source: "ProcessProvider", AccessKeyID: aws.ToString(answer.AccessKeyId),
		SecretAccessKey: aws.ToString(answer.SecretAccessKey), SessionToken: aws.ToString(answer.SessionToken), AccountID: aws.ToString(answer.AccountId),
	}
	switch {
	case answer.Version != 1:
		return aws.Credentials{}, errors.New("its credential_process printed a version other than 1")
	case creds.AccessKeyID == "":
		return aws.Credentials{}, errors.New("its credential_process printed no AccessKeyId")
	case creds.SecretAccessKey == "":
		return aws.Credentials{}, errors.New("its credential_process printed no SecretAccessKey")
	case answer.Expiration == nil:
		return creds, nil
	}
	expires, zoned, ok := botocache.ParseTime(*answer.Expiration)
	if !ok || !zoned {
		return aws.Credentials{}, errors.New("the output of its credential_process is not the expected JSON: Expiration is not a time with a zone, such as 2026-01-31T12:00:00Z")
	}
	creds.CanExpire, creds.Expires = true, expires
	return creds, nil
}
