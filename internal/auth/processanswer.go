package auth

import (
	"encoding/json"
	"errors"
	"runtime"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/auth/botocache"
)

// parseProcessAnswer reads what a credential_process printed. No error repeats any
// of it: all of it may be secret.
func parseProcessAnswer(printed []byte) (aws.Credentials, error) {
	if runtime.GOOS == "windows" { // where cmd.exe keeps the backslashes of quotes
		printed = []byte(strings.ReplaceAll(string(printed), `\"`, `"`))
	}
	var answer struct {
		Version                                                           int
		AccessKeyId, SecretAccessKey, SessionToken, Expiration, AccountId *string
	}
	if err := json.Unmarshal(printed, &answer); err != nil {
		return aws.Credentials{}, errors.New("what its credential_process printed is not the JSON that it should be")
	}
	creds := aws.Credentials{
		Source: "ProcessProvider", AccessKeyID: aws.ToString(answer.AccessKeyId),
		SecretAccessKey: aws.ToString(answer.SecretAccessKey), SessionToken: aws.ToString(answer.SessionToken), AccountID: aws.ToString(answer.AccountId),
	}
	switch {
	case answer.Version != 1:
		return aws.Credentials{}, errors.New("its credential_process printed another version than 1")
	case creds.AccessKeyID == "":
		return aws.Credentials{}, errors.New("its credential_process printed no AccessKeyId")
	case creds.SecretAccessKey == "":
		return aws.Credentials{}, errors.New("its credential_process printed no SecretAccessKey")
	case answer.Expiration == nil:
		return creds, nil
	}
	expires, zoned, ok := botocache.ParseTime(*answer.Expiration)
	if !ok || !zoned {
		return aws.Credentials{}, errors.New("what its credential_process printed is not the JSON that it should be: Expiration is no time with a zone, such as 2026-01-31T12:00:00Z")
	}
	creds.CanExpire, creds.Expires = true, expires
	return creds, nil
}
