package auth

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/service/sso"

	"muster/internal/auth/botocache"
	"muster/internal/awsapi"
	"muster/internal/awsconfig"
	"muster/internal/disk"
)

// LogoutResult is what a logout did.
type LogoutResult struct {
	Tokens int // removed
	Roles  int // cached credentials that were removed
	// Unrevoked is why AWS may still accept a token; nil where it does not.
	Unrevoked error
}

// Logout revokes the session's token and removes it, along with the role
// credentials that the AWS CLI and muster have cached.
func (s *SSO) Logout(ctx context.Context) (LogoutResult, error) {
	return s.r.logout(ctx, []string{s.path}, s.rolesOf())
}

// LogoutAll does so for every session that is signed in, configured or not, as
// `aws sso logout` does.
func (r *Resolver) LogoutAll(ctx context.Context) (LogoutResult, error) {
	dir := botocache.TokenDir(r.Home)
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return LogoutResult{}, err
	}
	var paths []string
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		if filepath.Ext(path) != ".json" || entry.Type()&^fs.ModeSymlink != 0 {
			continue
		}
		if _, err := botocache.ReadToken(ctx, path); err == nil { // else a registration, or not ours
			paths = append(paths, path)
		}
	}
	var roles []string
	for _, session := range r.Config.Sessions {
		if session.Problem == nil {
			roles = append(roles, r.SSO(session, nil).rolesOf()...)
		}
	}
	return r.logout(ctx, paths, roles)
}

func (r *Resolver) logout(ctx context.Context, paths, roles []string) (LogoutResult, error) {
	if r.Home == "" {
		return LogoutResult{}, nil
	}
	var (
		result LogoutResult
		failed error
	)
	for _, path := range paths {
		err := r.forgetToken(ctx, path, &result)
		if ctx.Err() != nil {
			return result, context.Cause(ctx)
		}
		failed = errors.Join(failed, err)
	}
	var err error
	result.Roles, err = botocache.ForgetRoles(ctx, r.Home, roles)
	return result, errors.Join(failed, err)
}

// forgetToken revokes a token and removes its file. Nobody refreshes the token at
// the same time, and then writes it anew; if another process has removed it, that is
// just as well. An interrupt leaves it, so that it can still be revoked.
func (r *Resolver) forgetToken(ctx context.Context, path string, result *LogoutResult) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	unlock, err := r.lockFile(ctx, path, "the token")
	if err == nil {
		defer unlock()
	}
	if t, err := botocache.ReadToken(ctx, path); err == nil && t.Region != "" {
		if err := r.revoke(ctx, t); ctx.Err() == nil {
			result.Unrevoked = errors.Join(result.Unrevoked, err)
		}
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	removed, err := disk.Remove(path)
	if removed {
		result.Tokens++
	}
	return err
}

// revoke has the portal forget the token. That it no longer knows it is no error.
func (r *Resolver) revoke(ctx context.Context, t *botocache.Token) error {
	_, err := r.API.SSO(r.Target(nil), t.Region).Logout(ctx, &sso.LogoutInput{AccessToken: &t.AccessToken})
	if err != nil && awsapi.Explain(err).Code == "UnauthorizedException" {
		return nil
	}
	return err
}

// rolesOf names the cache entries of the roles that profiles assume from the
// session. Those of permission sets need no names.
func (s *SSO) rolesOf() []string {
	var names []string
	for _, p := range s.r.Config.Profiles {
		chain, err := s.r.Config.Chain(p)
		if err != nil || p.Kind != awsconfig.KindRole || chain[len(chain)-1].SSOSession == nil {
			continue
		}
		if base := chain[len(chain)-1]; s.r.SSO(base.SSOSession, base) == s {
			names = append(names, assumeRoleKey(roleOptions(p)))
		}
	}
	return names
}
