package cli

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// kindAnswers are answers with values of all kinds, by the target or the path of the call.
var kindAnswers = map[string]string{
	"Scan": `{"Items": [{"k": {"S": "a\tb\n\"c\"\u001b[31m"}, "b": {"B": "AP8="}, "l": {"L": [{"NULL": true}, {"L": [{"B": "AP8="}]}]}, "m": {"M": {"m": {"M": {}}}}}, {}]}`,
	"/prompts/": `{"name": "p", "variants": [{"name": "v", "templateType": "TEXT",
		"additionalModelRequestFields": {"big": 9007199254740993, "f": 1.5, "whole": 2.0, "null": null, "list": [[1], [null, "x"]]}}]}`,
	"/domains/":        `{"domainId": "d", "createdTime": "2026-01-02T03:04:05Z", "tags": {"a": null, "b": ""}}`,
	"ListCertificates": `{"CertificateSummaryList": [{"CertificateArn": "", "KeyUsages": ["A", "B"], "SubjectAlternativeNameSummaries": [], "InUse": false, "CreatedAt": 1767323045.25}]}`,
	"ListPublicKeys":   `{"PublicKeyList": [{"Value": "AP8=", "Fingerprint": "f"}]}`,
	"ListAssociations": `{"Associations": [{"Name": "n", "TargetMaps": [{"k": ["1", "2"]}, {}], "Targets": [{"Key": "a,b", "Values": ["x y", "z;"]}]}]}`,
}

func answerKinds(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("Action") == "GetCallerIdentity" {
		w.Header().Set("Content-Type", "text/xml")
		io.WriteString(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/u</Arn><UserId>U</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	for part, answer := range kindAnswers {
		if strings.Contains(r.Header.Get("X-Amz-Target")+r.URL.Path, part) {
			io.WriteString(w, answer)
		}
	}
}

// TestKindsOfValues prints values of each kind in the formats: maps of structures within
// themselves, documents, blobs, times, null, empty and absent members, and text that a
// terminal must not see.
func TestKindsOfValues(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(answerKinds))
	defer server.Close()
	environ := []string{"HOME=" + t.TempDir(), "AWS_ENDPOINT_URL=" + server.URL, "AWS_ACCESS_KEY_ID=AKIA", "AWS_SECRET_ACCESS_KEY=x"}
	const (
		scan     = "dynamodb scan --table-name t"
		prompt   = "bedrock-agent get-prompt --prompt-identifier ABCDEFGHIJ"
		domain   = "connectcases get-domain --domain-id d"
		item     = `{"b":{"B":"AP8="},"k":{"S":"a\tb\n\"c\"\u001b[31m"},"l":{"L":[{"NULL":true},{"L":[{"B":"AP8="}]}]},"m":{"M":{"m":{"M":{}}}}}`
		document = `{"big":9007199254740993,"f":1.5,"list":[[1],[null,"x"]],"null":null,"whole":2.0}`
	)
	for _, c := range []struct{ line, flags, want string }{
		{scan, "-o text", "123456789012\t\tus-east-1\t" + item + "\n123456789012\t\tus-east-1\t{}"},
		{scan, "-o csv --no-headers", `123456789012,,us-east-1,"` + strings.ReplaceAll(item, `"`, `""`) + "\"\n123456789012,,us-east-1,{}"},
		{scan, "--jq .Value", item + "\n{}"},
		{scan, "-o template=<<.Value>>;<<.Value.b.B>>", item + ";AP8=\n{};"},
		{scan, "-o json --query Items[].l.L[][].[NULL,L[0].B]", "[\n  [\n    true,\n    null\n  ],\n  [\n    null,\n    \"AP8=\"\n  ]\n]"},
		{scan, "-o yaml --query Items[0].m", "M:\n  m:\n    M: {}"},
		{prompt, "-o csv --no-headers --columns additionalModelRequestFields", `"` + strings.ReplaceAll(document, `"`, `""`) + `"`},
		{prompt, "--jq .additionalModelRequestFields.big,.additionalModelRequestFields.list", "9007199254740993\n" + `[[1],[null,"x"]]`},
		{prompt, "-o json --query variants[].additionalModelRequestFields.[big,whole,f] --no-headers", "[\n  [\n    9007199254740993,\n    2.0,\n    1.5\n  ]\n]"},
		{prompt, "-o template=<<.additionalModelRequestFields.big>>", "9007199254740993"},
		{domain, "--jq .tags", `{"a":null,"b":""}`},
		{domain, "-o yaml --query [0].tags", "a: null\nb: \"\""},
		{domain, "-o text --columns createdTime,tags.b,tags.none", "2026-01-02T03:04:05+00:00\t\t"},
		{"acm list-certificates", "--jq [.CertificateArn,.DomainName,.InUse,.Exported,.SubjectAlternativeNameSummaries]", `["",null,false,null,[]]`},
		{"acm list-certificates", "-o csv --columns KeyUsages,CreatedAt,InUse,Exported", "KeyUsages,CreatedAt,InUse,Exported\n\"A,B\",2026-01-02T03:04:05.250000+00:00,false,"},
		{"acm list-certificates", "-o ndjson --count-by KeyUsages,InUse", `{"KeyUsages":"A","InUse":false,"Count":1}` + "\n" + `{"KeyUsages":"B","InUse":false,"Count":1}`},
		{"cloudtrail list-public-keys", "-o markdown --columns Value,ValidityEndTime", "| Value | ValidityEndTime |\n|:------|:----------------|\n| AP8=  | -               |"},
		{"cloudtrail list-public-keys", "-o template=<<.Value>>|<<.ValidityEndTime>>", "AP8=|"},
		{"ssm list-associations", "-o csv --columns TargetMaps,TargetMaps.k --no-headers", `"[{""k"":[""1"",""2""]},{}]","1,2"`},
		{"ssm list-associations", "-o ndjson --jq .TargetMaps", `[{"k":["1","2"]},{}]`},
	} {
		args := append([]string{"aws", "--region", "us-east-1"}, strings.Fields(c.line+" "+c.flags)...)
		got := muster(t, environ, args...)
		if got.code != exitOK || strings.TrimSuffix(got.stdout, "\n") != c.want {
			t.Errorf("%s %s: exit code %d %s\n%s\nwant\n%s", c.line, c.flags, got.code, got.stderr, got.stdout, c.want)
		}
	}
	for _, format := range []string{"table", "wide", "tree", "markdown", "text", "csv", "yaml", "name"} {
		got := muster(t, environ, append([]string{"aws", "--region", "us-east-1", "-o", format}, strings.Fields(scan)...)...)
		if got.code != exitOK || strings.Contains(got.stdout, "\x1b") || !strings.Contains(got.stdout, "AP8=") {
			t.Errorf("%s: exit code %d: %q %s", format, got.code, got.stdout, got.stderr)
		}
	}
}
