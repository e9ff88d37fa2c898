package awssim

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
)

// consoleSAML is the console's page to which a browser posts an assertion. It lists the roles by account. With one role,
// AWS does not ask.
func (s *Server) consoleSAML(r *request) (*answer, *apiError) {
	form, err := url.ParseQuery(string(r.body))
	invalid := fail(http.StatusForbidden, "Amazon Web Services Sign-In", "Your request included an invalid SAML response. To logout, click here")
	if err != nil {
		return nil, invalid.blame("the body is no form")
	}
	a, refusal := s.readAssertion(form.Get("SAMLResponse"))
	if refusal != nil {
		return nil, invalid
	}
	if !s.time().Before(a.Conditions.NotOnOrAfter) {
		return nil, fail(http.StatusBadRequest, "Amazon Web Services Sign-In", "Response has expired (Service: AWSSecurityTokenService; Status Code: 400; Error Code: ExpiredTokenException; Request ID: %s)", requestID)
	}
	byAccount := map[string][]*role{}
	var accounts []string
	total := 0
	for _, pair := range a.values("Role") {
		arn, provider, _ := strings.Cut(pair, ",")
		if strings.Contains(arn, ":saml-provider/") {
			arn, provider = provider, arn
		}
		role := s.role(arn)
		if role == nil || role.saml != provider {
			continue
		}
		if byAccount[role.account.ID] == nil {
			accounts = append(accounts, role.account.ID)
		}
		byAccount[role.account.ID] = append(byAccount[role.account.ID], role)
		total++
	}
	switch total {
	case 0:
		return nil, fail(http.StatusForbidden, "Amazon Web Services Sign-In", "Your request included an invalid SAML response. To logout, click here")
	case 1:
		return redirection("https://console." + s.web + "/"), nil
	}
	var b strings.Builder
	b.WriteString("<!DOCTYPE html>\n<html>\n<head><title>Amazon Web Services Sign-In</title></head>\n<body>\n<div id=\"container\">\n" +
		"<h1 class=\"background\">Amazon Web Services Login</h1>\n<div id=\"content\">\n<div id=\"main_error\"></div>\n" +
		"<form id=\"saml_form\" name=\"saml_form\" action=\"/saml\" method=\"post\">\n<input type=\"hidden\" name=\"RelayState\" value=\"\" />\n")
	fmt.Fprintf(&b, "<input type=\"hidden\" name=\"SAMLResponse\" value=\"%s\" />\n<input type=\"hidden\" name=\"name\" value=\"\" />\n", html.EscapeString(form.Get("SAMLResponse")))
	b.WriteString("<p style=\"font-size: 16px; padding-left: 20px;\">Select a role:</p>\n<fieldset>\n")
	n := 0
	for _, id := range accounts {
		name := id
		if alias := s.byID[id].Alias; alias != "" {
			name = alias + " (" + id + ")"
		}
		fmt.Fprintf(&b, "<div  class=\"saml-account\"> <div onClick=\"expandCollapse(%d);\">\n<img id=\"image%[1]d\" src=\"/static/image/down.png\" valign=\"middle\"></img>\n"+
			"<div class=\"saml-account-name\">Account: %s</div>\n</div>\n<hr style=\"border: 1px solid #ddd;\">\n", n, html.EscapeString(name))
		for _, role := range byAccount[id] {
			fmt.Fprintf(&b, "<div id=\"%d\" class=\"saml-account\" >\n<div class=\"saml-role\" onClick=\"checkRadio(this);\">\n"+
				"<input type=\"radio\" name=\"roleIndex\" value=\"%[2]s\" class=\"saml-radio\" id=\"%[2]s\" />\n"+
				"<label for=\"%[2]s\" class=\"saml-role-description\">%[3]s</label>\n<span style=\"clear: both;\"></span>\n</div>\n</div>\n",
				n, html.EscapeString(role.arn), html.EscapeString(role.Name))
			n++
		}
		b.WriteString("</div>\n")
	}
	b.WriteString("</fieldset>\n<br>\n<div class=\"buttoninput\" id=\"input_signin_button\">\n" +
		"<a id=\"signin_button\" class=\"css3button\" href=\"#\" alt=\"Continue\" value=\"Continue\">Sign In</a>\n</div>\n</form>\n</div>\n</div>\n</body>\n</html>\n")
	return &answer{status: http.StatusOK, contentType: contentHTML, body: []byte(b.String())}, nil
}
