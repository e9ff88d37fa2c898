package botocache

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"muster/internal/disk"
)

// RenewLogin writes what a login was exchanged for into its file. Everything else in
// it stays.
func RenewLogin(ctx context.Context, path string, creds aws.Credentials, refreshToken string) error {
	data, err := disk.Read(ctx, path)
	if err != nil {
		return err
	}
	var login, access map[string]json.RawMessage
	if err := json.Unmarshal(data, &login); err != nil {
		return fmt.Errorf("%s: not a login: %w", path, err)
	}
	if err := json.Unmarshal(login["accessToken"], &access); err != nil || access == nil {
		return fmt.Errorf("%s: not a login: no accessToken", path)
	}
	set := func(in map[string]json.RawMessage, key string, value any) {
		text, _ := json.Marshal(value) // texts and raw JSON always encode
		in[key] = text
	}
	set(access, "accessKeyId", creds.AccessKeyID)
	set(access, "secretAccessKey", creds.SecretAccessKey)
	set(access, "sessionToken", creds.SessionToken)
	set(access, "expiresAt", creds.Expires.UTC().Format(time.RFC3339))
	set(login, "accessToken", access)
	if refreshToken != "" {
		set(login, "refreshToken", refreshToken)
	}
	if data, err = json.Marshal(login); err != nil {
		return err
	}
	return write(path, data, true)
}
