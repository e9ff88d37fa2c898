package awssim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// trustStatement is the statement of a trust policy.
type trustStatement struct {
	Sid       string
	Effect    string
	Principal struct{ AWS oneOrMany }
	Action    oneOrMany
	Condition map[string]map[string]oneOrMany
}

// decodeStrictly rejects members that the value does not have.
func decodeStrictly(text []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	return dec.Decode(v)
}

// readTrust sets the principals that may assume the role, and the conditions.
func (s *Server) readTrust(r *role, document json.RawMessage) error {
	var trust struct {
		Version   string
		Statement []trustStatement
	}
	if err := decodeStrictly(document, &trust); err != nil {
		return awsError("This policy contains invalid Json: %v", err)
	}
	if trust.Version != "2012-10-17" || len(trust.Statement) != 1 {
		return errors.New("this simulator knows only trust policies of the version 2012-10-17 with one statement")
	}
	st := trust.Statement[0]
	if st.Effect != "Allow" || !slices.Equal(st.Action, oneOrMany{"sts:AssumeRole"}) || len(st.Principal.AWS) == 0 {
		return awsError("AssumeRole policy may only specify STS AssumeRole actions.")
	}
	for _, who := range st.Principal.AWS {
		if !s.isPrincipal(who) {
			return awsError("Invalid principal in policy: \"AWS\":\"%s\"", who)
		}
		r.trust = append(r.trust, who)
	}
	for operator, keys := range st.Condition {
		for key, values := range keys {
			switch {
			case operator == "StringEquals" && key == "sts:ExternalId" && len(values) == 1:
				r.ExternalID = values[0]
			case operator == "Bool" && key == "aws:MultiFactorAuthPresent" && slices.Equal(values, oneOrMany{"true"}):
				r.RequireMFA = true
			default:
				return fmt.Errorf("this simulator knows no condition %s of %s", operator, key)
			}
		}
	}
	return nil
}

// isPrincipal reports whether IAM accepts a principal. It knows the users and roles of this world's accounts. The caller
// holds mu.
func (s *Server) isPrincipal(who string) bool {
	if accountID().MatchString(who) {
		return true
	}
	account := accountOfARN(who)
	prefix := s.arn("iam", account, "")
	switch {
	case !accountID().MatchString(account) || !strings.HasPrefix(who, prefix):
		return false
	case who == prefix+"root":
		return true
	case s.byID[account] == nil:
		return strings.HasPrefix(who, prefix+"user/") || strings.HasPrefix(who, prefix+"role/")
	}
	return s.roles[who] != nil || s.deployed[who] != nil || slices.ContainsFunc(s.users, func(u *user) bool { return u.arn == who })
}
