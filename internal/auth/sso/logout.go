package sso

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/sso"

	"muster/internal/auth/botocache"
	"muster/internal/awsapi"
)

// LogoutResult counts the files that a logout has removed.
type LogoutResult struct {
	Tokens    int
	Roles     int   // files with credentials of roles and permission sets
	Unrevoked error // why AWS may still accept a token; nil if it does not
}

// Logout revokes the session's token and removes it, as well as the cached
// credentials of all permission sets and those in the given files.
func (s *Session) Logout(ctx context.Context, roles []botocache.RoleFile) (LogoutResult, error) {
	return s.client.logout(ctx, s.Target, []botocache.TokenFile{s.file}, roles)
}

// LogoutAll logs out of every session that has a token, as `aws sso logout` does, even
// if the config does not have the session.
func (c *Client) LogoutAll(ctx context.Context, target awsapi.Target, roles []botocache.RoleFile) (LogoutResult, error) {
	files, err := c.Cache.Tokens(ctx)
	if err != nil {
		return LogoutResult{}, err
	}
	return c.logout(ctx, target, files, roles)
}

func (c *Client) logout(ctx context.Context, target awsapi.Target, files []botocache.TokenFile, roles []botocache.RoleFile) (LogoutResult, error) {
	var (
		result LogoutResult
		failed error
	)
	for _, file := range files {
		err := c.removeToken(ctx, target, file, &result)
		if ctx.Err() != nil {
			return result, context.Cause(ctx)
		}
		failed = errors.Join(failed, err)
	}
	var err error
	result.Roles, err = c.Cache.RemoveRoles(ctx, roles)
	return result, errors.Join(failed, err)
}

// removeToken revokes a token and removes its file. It holds the lock, so that no
// other process refreshes the token and writes it again. An interrupt keeps the file,
// so that the token can still be revoked.
func (c *Client) removeToken(ctx context.Context, target awsapi.Target, file botocache.TokenFile, result *LogoutResult) error {
	if !file.Exists() {
		return nil
	}
	if unlock, err := file.Lock(ctx, "the token"); err == nil {
		defer unlock()
	}
	if t, err := file.Read(ctx); err == nil && t.Region != "" {
		if err := c.revoke(ctx, target, t); ctx.Err() == nil {
			result.Unrevoked = errors.Join(result.Unrevoked, err)
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	removed, err := file.Remove()
	if removed {
		result.Tokens++
	}
	return err
}

// revoke makes the portal refuse the token from now on.
func (c *Client) revoke(ctx context.Context, target awsapi.Target, t *botocache.Token) error {
	_, err := c.API.SSO(target, t.Region).Logout(ctx, &sso.LogoutInput{AccessToken: &t.AccessToken})
	if unauthorized(err) { // it does so already
		return nil
	}
	return err
}
