package awssim

import (
	"maps"
	"slices"
)

// orgInput has the parameters of all operations of Organizations.
type orgInput struct {
	MaxResults           *int
	NextToken            string
	ParentId             string
	ChildId              string
	AccountId            string
	ResourceId           string
	OrganizationalUnitId string
}

// organization reads the input, and returns an error for a caller without access to the organization.
func (s *Server) organization(r *request) (in orgInput, err *apiError) {
	switch a := r.principal.account; {
	case s.world.Organization == nil:
		return in, fail(400, "AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
	case a != s.management && !slices.Contains(s.delegated, a) && r.name != "DescribeOrganization":
		return in, fail(400, "AccessDeniedException", "You don't have permissions to access this resource.")
	}
	return in, r.input(&in)
}

// orgList answers one page of items under the key. show converts an item to its JSON.
func orgList[T any](s *Server, r *request, in orgInput, key string, items []T, show func(T) any) (*answer, *apiError) {
	size := 20
	if in.MaxResults != nil {
		if size = *in.MaxResults; size < 1 || size > 20 {
			return nil, r.invalidInput("MaxResults is %d", size)
		}
	}
	p, ok := s.paged(r, s.world.Organization.Paging, len(items), size, in.NextToken, in.ParentId, in.ChildId, in.ResourceId)
	if !ok {
		return nil, fail(400, "InvalidInputException", "You specified an invalid value for nextToken. You must get the value from the response to a previous call to the API.")
	}
	return jsonPage(r, p, key, "NextToken", items, show), nil
}

func (r *request) invalidInput(format string, args ...any) *apiError {
	err := fail(400, "InvalidInputException", "You provided a value that does not match the required pattern: "+format, args...)
	r.problem("%s", err.message)
	return err
}

func (s *Server) orgARN(kind, id string) string {
	return s.arn("organizations", s.management.ID, kind+"/"+s.organizationID()+"/"+id)
}

// showAccount returns the account in the JSON of Organizations.
func (s *Server) showAccount(a *account) any {
	joined := "CREATED"
	if a == s.management {
		joined = "INVITED"
	}
	out := map[string]any{
		"Id": a.ID, "Arn": s.orgARN("account", a.ID), "Email": a.Email, "Name": a.Name,
		"JoinedMethod": joined, "JoinedTimestamp": 1577836800.25,
	}
	field := s.world.Organization.StateField
	if field != "status" {
		out["State"] = a.State
	}
	// Status is older than State and lacks its newer values.
	if status := a.State; field != "state" && status != "PENDING_ACTIVATION" {
		if status == "CLOSED" {
			status = "SUSPENDED"
		}
		out["Status"] = status
	}
	if !s.world.Organization.NoPaths {
		out["Paths"] = []string{a.unit.path + a.ID + "/"}
	}
	return out
}

func (s *Server) showUnit(u *unit) any {
	return map[string]string{"Id": u.id, "Arn": s.orgARN("ou", u.id), "Name": u.name}
}

func (s *Server) listAccounts(r *request) (*answer, *apiError) {
	in, err := s.organization(r)
	if err != nil {
		return nil, err
	}
	accounts := s.accounts
	if r.name == "ListAccountsForParent" {
		parent := s.units[in.ParentId]
		if parent == nil {
			return nil, fail(400, "ParentNotFoundException", "You specified parent that doesn't exist.")
		}
		accounts = parent.accounts
	}
	return orgList(s, r, in, "Accounts", accounts, s.showAccount)
}

func (s *Server) listUnits(r *request) (*answer, *apiError) {
	in, err := s.organization(r)
	if err != nil {
		return nil, err
	}
	parent := s.units[in.ParentId]
	if parent == nil {
		return nil, fail(400, "ParentNotFoundException", "You specified parent that doesn't exist.")
	}
	return orgList(s, r, in, "OrganizationalUnits", parent.units, s.showUnit)
}

func (s *Server) listRoots(r *request) (*answer, *apiError) {
	in, err := s.organization(r)
	if err != nil {
		return nil, err
	}
	return orgList(s, r, in, "Roots", []*unit{s.root}, func(root *unit) any {
		return map[string]any{"Id": root.id, "Arn": s.orgARN("root", root.id), "Name": root.name, "PolicyTypes": []any{}}
	})
}

func (s *Server) listParents(r *request) (*answer, *apiError) {
	in, err := s.organization(r)
	if err != nil {
		return nil, err
	}
	var parent *unit
	if a := s.byID[in.ChildId]; a != nil {
		parent = a.unit
	} else if u := s.units[in.ChildId]; u != nil && u.parent != nil {
		parent = u.parent
	} else {
		return nil, fail(400, "ChildNotFoundException", "You specified child that doesn't exist.")
	}
	return orgList(s, r, in, "Parents", []*unit{parent}, func(u *unit) any {
		kind := "ORGANIZATIONAL_UNIT"
		if u == s.root {
			kind = "ROOT"
		}
		return map[string]string{"Id": u.id, "Type": kind}
	})
}

func (s *Server) listTags(r *request) (*answer, *apiError) {
	in, err := s.organization(r)
	if err != nil {
		return nil, err
	}
	var tags map[string]string
	if a := s.byID[in.ResourceId]; a != nil {
		tags = a.Tags
	} else if s.units[in.ResourceId] == nil {
		return nil, fail(400, "TargetNotFoundException", "You specified a target that doesn't exist.")
	}
	return orgList(s, r, in, "Tags", slices.Sorted(maps.Keys(tags)), func(key string) any {
		return map[string]string{"Key": key, "Value": tags[key]}
	})
}

func (s *Server) describeAccount(r *request) (*answer, *apiError) {
	in, err := s.organization(r)
	if err != nil {
		return nil, err
	}
	a := s.byID[in.AccountId]
	if a == nil {
		return nil, fail(400, "AccountNotFoundException", "You specified an account that doesn't exist.")
	}
	return r.jsonAnswer(map[string]any{"Account": s.showAccount(a)}), nil
}

func (s *Server) describeUnit(r *request) (*answer, *apiError) {
	in, err := s.organization(r)
	if err != nil {
		return nil, err
	}
	u := s.units[in.OrganizationalUnitId]
	if u == nil || u.parent == nil {
		return nil, fail(400, "OrganizationalUnitNotFoundException", "You specified an organizational unit that doesn't exist.")
	}
	return r.jsonAnswer(map[string]any{"OrganizationalUnit": s.showUnit(u)}), nil
}

func (s *Server) describeOrganization(r *request) (*answer, *apiError) {
	if _, err := s.organization(r); err != nil {
		return nil, err
	}
	return r.jsonAnswer(map[string]any{"Organization": map[string]any{
		"Id": s.organizationID(), "Arn": s.arn("organizations", s.management.ID, "organization/"+s.organizationID()),
		"FeatureSet": "ALL", "MasterAccountId": s.management.ID, "MasterAccountEmail": s.management.Email,
		"MasterAccountArn": s.orgARN("account", s.management.ID),
	}}), nil
}

// listRegions is the one operation of the Account service.
func (s *Server) listRegions(r *request) (*answer, *apiError) {
	var in struct {
		AccountId               string
		MaxResults              *int
		NextToken               string
		RegionOptStatusContains []string
	}
	if err := r.input(&in); err != nil {
		return nil, err
	}
	a := r.principal.account
	if in.AccountId != "" { // only the management account and delegated administrators may name another account
		other := s.byID[in.AccountId]
		switch {
		case other == nil, s.world.Organization == nil, a != s.management && !slices.Contains(s.delegated, a):
			return nil, denied(r, "iam")
		case other == s.management:
			return nil, fail(400, "ValidationException", "The management account can only be managed using the standalone context from the management account.").
				blame("AccountId is that of the management account")
		}
		a = other
	}
	size := 50
	if in.MaxResults != nil {
		if size = *in.MaxResults; size < 1 || size > 50 {
			return nil, fail(400, "ValidationException", "maxResults must be between 1 and 50").blame("MaxResults is %d", size)
		}
	}
	var list []map[string]string
	for _, known := range s.regions {
		status := "ENABLED_BY_DEFAULT"
		if known.optIn {
			if status = "DISABLED"; a.enabled(known) {
				status = "ENABLED"
			}
		}
		if len(in.RegionOptStatusContains) == 0 || slices.Contains(in.RegionOptStatusContains, status) {
			list = append(list, map[string]string{"RegionName": known.name, "RegionOptStatus": status})
		}
	}
	p, ok := s.paged(r, Paging{}, len(list), size, in.NextToken, append(in.RegionOptStatusContains, a.ID)...)
	if !ok {
		return nil, fail(400, "ValidationException", "the NextToken is not of this list")
	}
	return jsonPage(r, p, "Regions", "NextToken", list, func(region map[string]string) any { return region }), nil
}
