package awssim

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

var iamPaging = paging{limit: "MaxItems", token: "Marker", least: 1, most: 1000, usual: 100}

// iamPage answers one page of a list under the key.
func iamPage[T any](s *Server, r *request, in parameters, key string, items []T, show func(T) any) (*answer, *apiError) {
	p, err := s.pageOf(r, in, iamPaging, len(items))
	if err != nil {
		return nil, err
	}
	return r.respond(object{{key, sequenceOf(items[p.from:p.to], show)}, {"IsTruncated", p.next != ""}}.with("Marker", p.next)), nil
}

func (s *Server) listUsers(r *request) (*answer, *apiError) {
	in, err := r.parameters(map[string]parameterType{"PathPrefix": textParameter, "Marker": textParameter, "MaxItems": numberParameter})
	if err != nil {
		return nil, err
	}
	var found []*user
	for _, u := range s.users {
		if u.Account == r.principal.account.ID && strings.HasPrefix("/", in.text("PathPrefix")) {
			found = append(found, u)
		}
	}
	slices.SortFunc(found, func(a, b *user) int { return strings.Compare(a.Name, b.Name) })
	return iamPage(s, r, in, "Users", found, func(u *user) any {
		return object{{"Path", "/"}, {"UserName", u.Name}, {"UserId", u.id()}, {"Arn", u.arn}, {"CreateDate", created(u.arn)}}
	})
}

func (s *Server) listRoles(r *request) (*answer, *apiError) {
	in, err := r.parameters(map[string]parameterType{"PathPrefix": textParameter, "Marker": textParameter, "MaxItems": numberParameter})
	if err != nil {
		return nil, err
	}
	var found []*role
	for _, one := range s.allRoles() {
		if one.account == r.principal.account && strings.HasPrefix(one.Path, in.text("PathPrefix")) {
			found = append(found, one)
		}
	}
	slices.SortFunc(found, func(a, b *role) int { return strings.Compare(a.Name, b.Name) })
	return iamPage(s, r, in, "Roles", found, func(one *role) any {
		return object{{"Path", one.Path}, {"RoleName", one.Name}, {"RoleId", roleID(one.arn)}, {"Arn", one.arn}, {"CreateDate", created(one.arn)},
			{"AssumeRolePolicyDocument", url.QueryEscape(one.trustPolicy())}, {"MaxSessionDuration", int(time.Duration(one.MaxSession).Seconds())}}
	})
}

// trustPolicy returns the trust policy as a JSON document, without its conditions.
func (r *role) trustPolicy() string {
	var statements sequence
	allow := func(kind string, principal any, action string) {
		statements.values = append(statements.values, object{{"Effect", "Allow"}, {"Principal", object{{kind, principal}}}, {"Action", action}})
	}
	if len(r.trust) > 0 {
		allow("AWS", sequenceOf(r.trust, func(who string) any { return who }), "sts:AssumeRole")
	}
	if r.saml != "" {
		allow("Federated", r.saml, "sts:AssumeRoleWithSAML")
	}
	if r.oidc != "" {
		allow("Federated", r.oidc, "sts:AssumeRoleWithWebIdentity")
	}
	return string(appendJSON(nil, object{{"Version", "2012-10-17"}, {"Statement", statements}}))
}
