package awsapi

import (
	"strings"
	"testing"
)

// TestErrorsOfProtocols: each protocol has its own forms of an error. Its code and message
// reach the ledger, and the code gives the kind.
func TestErrorsOfProtocols(t *testing.T) {
	t.Parallel()
	a := New(Settings{})
	type form struct {
		name, body string
		headers    []string
	}
	for _, protocol := range []struct {
		service, operation string
		forms              []form // see formatted
	}{
		{"ec2", "describe-volumes", []form{
			{"ec2", "<Response><Errors><Error><Code>CODE</Code><Message>the message</Message></Error></Errors><RequestID>x</RequestID></Response>", nil},
		}},
		{"iam", "list-users", []form{
			{"query", `<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>CODE</Code><Message>the message</Message></Error></ErrorResponse>`, nil},
		}},
		{"dynamodb", "list-tables", []form{
			{"json 1.0 with namespace", `{"__type":"com.amazonaws.dynamodb.v20120810#CODE","message":"the message"}`, nil},
			{"json 1.0", `{"__type":"CODE","Message":"the message"}`, nil},
		}},
		{"organizations", "list-accounts", []form{
			{"json 1.1", `{"__type":"CODE","message":"the message"}`, nil},
			{"json 1.1 with namespace", `{"__type":"com.amazonaws.organizations#CODE","Message":"the message"}`, nil},
			{"json 1.1 header", `{"message":"the message"}`, []string{"X-Amzn-Errortype: CODE"}},
		}},
		{"lambda", "list-functions", []form{
			{"rest-json header", `{"message":"the message"}`, []string{"X-Amzn-Errortype: CODE"}},
			{"rest-json header with URI", `{"Message":"the message"}`, []string{"X-Amzn-Errortype: CODE:http://internal.amazon.com/coral/com.amazon.coral.service/"}},
			{"rest-json code", `{"code":"CODE","message":"the message"}`, nil},
			{"rest-json __type", `{"__type":"com.amazonaws.lambda#CODE","message":"the message"}`, nil},
		}},
		{"s3api", "list-buckets", []form{
			{"s3", "<?xml version=\"1.0\"?>\n<Error><Code>CODE</Code><Message>the message</Message><RequestId>x</RequestId></Error>", nil},
		}},
		{"route53", "list-hosted-zones", []form{
			{"rest-xml", `<ErrorResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Error><Type>Sender</Type><Code>CODE</Code><Message>the message</Message></Error></ErrorResponse>`, nil},
		}},
		{"cloudwatch over cbor", "describe-alarms", []form{
			{"cbor", "\xa2\x66__typeCBOR\x67message\x6bthe message", []string{"Smithy-Protocol: rpc-v2-cbor"}},
			{"cbor with namespace", "\xa2\x66__typeCBOR#\x67Message\x6bthe message", []string{"Smithy-Protocol: rpc-v2-cbor"}},
		}},
	} {
		o := overProtocol(t, a, protocol.service, protocol.operation)
		for _, form := range protocol.forms {
			for code, want := range map[string]Kind{
				"AccessDenied": Denied, "AccessDeniedException": Denied, "UnauthorizedOperation": Denied, "UnrecognizedClientException": Denied,
				"Throttling": Throttled, "ThrottlingException": Throttled, "RequestLimitExceeded": Throttled, "TooManyRequestsException": Throttled,
				"ExpiredToken": Expired, "ExpiredTokenException": Expired, "InternalFailure": Unreachable, "ServiceUnavailable": Unreachable,
				"SubscriptionRequiredException": NotSubscribed, "ValidationException": Broken,
			} {
				var headers []string
				for _, header := range form.headers {
					headers = append(headers, formatted(header, code))
				}
				got, err := explained(t, o, received(400, formatted(form.body, code), headers...))
				if err == nil || got.Kind != want || got.Code != code || got.Message != "the message" || !got.Answered {
					t.Errorf("%s %s: %+v, want %s (%v)", form.name, code, got, want, err)
				}
			}
		}
	}
}

// formatted puts a code into a form: CODE is the code, and CBOR or CBOR# the same as a
// text of CBOR, without and with a namespace.
func formatted(form, code string) string {
	text := func(s string) string { return "\x78" + string([]byte{byte(len(s))}) + s }
	return strings.NewReplacer("CBOR#", text("com.amazonaws.cloudwatch#"+code), "CBOR", text(code), "CODE", code).Replace(form)
}

// TestErrorsWithoutBody: an answer to HEAD has no body, so that the status is all there
// is.
func TestErrorsWithoutBody(t *testing.T) {
	t.Parallel()
	a := New(Settings{})
	for _, service := range []string{"s3api head-bucket", "s3api head-object", "lambda list-functions", "dynamodb list-tables", "ec2 describe-volumes", "iam list-users"} {
		service, operation, _ := strings.Cut(service, " ")
		o := operationOf(t, a, service, operation)
		for status, want := range map[int]Kind{403: Denied, 404: Broken, 429: Throttled, 500: Unreachable, 503: Unreachable} {
			if status == 403 && service != "s3api" {
				want = Broken // AWS has a document for it; a proxy has none
			}
			if got, err := explained(t, o, received(status, "")); err == nil || got.Kind != want {
				t.Errorf("%s %d: %+v, want %s (%v)", operation, status, got, want, err)
			}
		}
	}
}

// TestUnusedServices: the account does not use the service, as its services say so. EC2
// says OptInRequired of a region.
func TestUnusedServices(t *testing.T) {
	t.Parallel()
	a := New(Settings{})
	xml := func(code, message string) string {
		return "<ErrorResponse><Error><Code>" + code + "</Code><Message>" + message + "</Message></Error></ErrorResponse>"
	}
	json := func(code, message string) string { return `{"__type":"` + code + `","message":"` + message + `"}` }
	for _, test := range []struct {
		service, operation, body string
		want                     Kind
	}{
		{"ec2", "describe-volumes", "<Response><Errors><Error><Code>OptInRequired</Code><Message>You are not subscribed to this service.</Message></Error></Errors></Response>", NotOptedIn},
		{"elasticache", "describe-cache-clusters", xml("OptInRequired", "The AWS Access Key Id needs a subscription for the service"), NotSubscribed},
		{"dynamodb", "list-tables", json("SubscriptionRequiredException", "The AWS Access Key Id needs a subscription for the service"), NotSubscribed},
		{"shield", "list-protections", json("ResourceNotFoundException", "The subscription does not exist."), NotSubscribed},
		{"securityhub", "get-findings", json("InvalidAccessException", "Account 100000000001 is not subscribed to AWS Security Hub"), NotSubscribed},
		{"macie2", "list-findings", json("AccessDeniedException", "Macie is not enabled"), NotSubscribed},
		{"guardduty", "list-members", json("BadRequestException", "The request is rejected because the current account is not a member account."), NotSubscribed},
		{"detective", "list-members", json("AccessDeniedException", "User is not authorized to perform: detective:ListMembers"), Denied},
		{"macie2", "list-findings", json("AccessDeniedException", "User: arn:aws:iam::100000000001:user/not enabled is not authorized to perform: macie2:ListFindings"), Denied},
	} {
		got, err := explained(t, operationOf(t, a, test.service, test.operation), received(400, test.body))
		if err == nil || got.Kind != test.want {
			t.Errorf("%s: %+v, want %s (%v)", test.body, got, test.want, err)
		}
	}
}
