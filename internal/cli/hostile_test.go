package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"muster/internal/awssim"
	"muster/internal/sweep"
)

const portal = `<!DOCTYPE html><html><head><title>Sign in</title></head><body><form action="/login"></form></body></html>`

// hostileAnswers are answers that muster must not accept as answers of AWS.
var hostileAnswers = map[string]spoiler{
	// the status
	"500 without a body":    status("500 Internal Server Error", ""),
	"502 page":              status("502 Bad Gateway", portal),
	"503 empty":             status("503 Service Unavailable", ""),
	"504 text":              status("504 Gateway Timeout", "upstream timed out"),
	"404 page":              status("404 Not Found", portal),
	"407 proxy":             status("407 Proxy Authentication Required", portal, `Proxy-Authenticate: Basic realm="x"`),
	"418":                   status("418 I'm a teapot", "short and stout"),
	"511 portal":            status("511 Network Authentication Required", portal),
	"status 999":            status("999 Something", "{}"),
	"301 elsewhere":         status("301 Moved Permanently", "", "Location: http://127.0.0.1:9/"),
	"302 to the portal":     status("302 Found", portal, "Location: http://127.0.0.1:9/login"),
	"307 elsewhere":         status("307 Temporary Redirect", "", "Location: http://127.0.0.1:9/"),
	"308 to itself":         status("308 Permanent Redirect", "", "Location: /"),
	"204 no content":        raw("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"),
	"205 reset content":     status("205 Reset Content", ""),
	"304 not modified":      raw("HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"),
	"101 other protocol":    raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: tls\r\nConnection: Upgrade\r\n\r\n"),
	"negative status":       raw("HTTP/1.1 -200 OK\r\n\r\n"),
	"status of letters":     raw("HTTP/1.1 abc OK\r\n\r\n"),
	"many 1xx, and then no": raw(strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", 50)),

	// the headers
	"not HTTP":                 raw("SSH-2.0-OpenSSH_9.6\r\n"),
	"HTTP of version 9":        raw("HTTP/9.9 200 OK\r\n\r\n"),
	"bytes":                    raw("\x16\x03\x01\x00\x00\xff\xfe\x00"),
	"a header without a colon": raw("HTTP/1.1 200 OK\r\nnonsense\r\n\r\n"),
	"headers without end":      endlessly("HTTP/1.1 200 OK\r\n", "X-Header: abcdefgh\r\n"),
	"a header without end":     endlessly("HTTP/1.1 200 OK\r\nX-Header: ", "abcdefgh"),
	"negative length":          raw("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"),
	"length of letters":        raw("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"),
	"two lengths":              raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
	"length beyond all":        raw("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n"),
	"unknown coding":           raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: zip\r\n\r\n{}"),
	"chunks of nonsense":       raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"),
	"a chunk that is cut":      raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{\"a\":"),
	"a chunk beyond all":       raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}"),

	// the connection
	"closed at once":     raw(""),
	"cut status":         raw("HTTP/1.1 20"),
	"cut headers":        raw("HTTP/1.1 200 OK\r\nContent-Ty"),
	"reset":              reset,
	"half closed":        halfClosed,
	"cut before":         cutAt(func(int) int { return 0 }),
	"cut after a byte":   cutAt(func(int) int { return 1 }),
	"cut in the middle":  cutAt(func(n int) int { return n / 2 }),
	"cut before the end": cutAt(func(n int) int { return n - 1 }),

	// the body
	"empty":                           says(""),
	"blanks":                          says(" \n\t\n "),
	"a portal":                        says(portal),
	"a well-formed page":              says(`<html xmlns="http://www.w3.org/1999/xhtml"><body/></html>`),
	"text":                            says("OK"),
	"null":                            says("null"),
	"an empty object":                 says("{}"),
	"an empty list":                   says("[]"),
	"a number":                        says("17"),
	"true":                            says("true"),
	"a string":                        says(`"x"`),
	"another root":                    says(`<ListBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Buckets/></ListBucketsResult>`),
	"invalid UTF-8":                   says("{\"\xff\xfe\": \"\xc3\x28\"}"),
	"UTF-16":                          says("\xff\xfe{\x00}\x00"),
	"zeros":                           says(strings.Repeat("\x00", 5000)),
	"deep lists":                      says(strings.Repeat("[", 100_000)),
	"deep objects":                    says(strings.Repeat(`{"a":`, 100_000)),
	"deep elements":                   says(strings.Repeat("<a>", 100_000)),
	"entities of entities":            says(`<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;</a>`),
	"an entity of a file":             says(`<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>`),
	"half of it, as if that were all": changed(func(good string) string { return good[:len(good)/2] }),
	"without its end":                 changed(func(good string) string { return strings.TrimSpace(good)[:len(strings.TrimSpace(good))-1] }),
	"other names":                     changed(renamed),
	"lists that are numbers": changed(func(string) string {
		return `{"Accounts": 5, "accountList": 5, "roleList": 5, "Roots": 5, "Tags": 5, "Regions": 5, "OrganizationalUnits": 5, "roleCredentials": 5, "accessToken": 5, "SigninToken": 5}`
	}),
	"null members": changed(func(string) string {
		return `{"Accounts": null, "accountList": null, "roleList": null, "Roots": null, "Tags": null, "Regions": null, "OrganizationalUnits": null, "roleCredentials": null, "accessToken": null, "SigninToken": null}`
	}),
	"items without ids": changed(func(string) string {
		return `{"Accounts": [{}], "accountList": [{}], "roleList": [{}], "Roots": [{}], "Tags": [{}], "Regions": [{}], "OrganizationalUnits": [{}], "roleCredentials": {}}`
	}),

	// packed
	"packed, it says": status("200 OK", "{}", "Content-Encoding: gzip"),
	"packed and cut":  packs(strings.NewReader(`{"Accounts": []}`), 15),
	"packed zeros":    packs(zeros(80<<20), 0),
	"packed nothing":  packs(strings.NewReader(""), 0),
}

// silentAnswers leave muster waiting.
var silentAnswers = map[string]spoiler{
	"no answer":           drips("", ""),
	"half the headers":    drips("HTTP/1.1 200 OK\r\nContent-Ty", ""),
	"headers only":        drips("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", ""),
	"headers in drops":    drips("HTTP/1.1 200 OK\r\nX-", strings.Repeat("a", 100)),
	"a body of two bytes": drips("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", "{"),
}

// renamed changes the beginning of all names in a document.
func renamed(good string) string {
	return strings.NewReplacer("</", "</x", "<", "<x", `":`, `_":`).Replace(good)
}

// hostileCalls are the calls that muster makes, each with a command that needs it, and
// the place of the spoiled answer.
var hostileCalls = map[string]struct {
	operation string
	meant     []string // parts of the request's text; none: every call
	args      string
	code      int
	gap       string // of the place, on stderr
	lost      string // what the rows that may be missing have in them; "" for none
	home      func(*testing.T, string)
}{
	"DescribeInstances": {
		"DescribeInstances", []string{"/eu-west-1/"}, "instances --org --role Ops --region us-east-1,eu-west-1", exitPartial, "eu-west-1", "eu-west-1", nil,
	},
	"DescribeInstances, full": {
		"DescribeInstances", []string{"/eu-west-1/"}, "instances --full --org --role Ops --region us-east-1,eu-west-1", exitPartial, "eu-west-1", "eu-west-1", nil,
	},
	"DescribeRegions":                  {"DescribeRegions", []string{"/us-east-1/"}, "instances --org --role Ops", exitOK, "", "", nil},
	"DescribeNetworkInterfaces":        {"DescribeNetworkInterfaces", []string{"/eu-west-1/"}, "find 10.0.0.0/8 --org --role Ops --region us-east-1,eu-west-1", exitPartial, "eu-west-1", "eu-west-1", nil},
	"DescribeAddresses":                {"DescribeAddresses", []string{"/eu-west-1/"}, "find 54.171.20.40 34.250.17.93 --org --role Ops --region us-east-1,eu-west-1", exitPartial, "DescribeAddresses", "eu-west-1", nil},
	"AssumeRole":                       {"AssumeRole", []string{"010000000002"}, "instances --org --role Ops --region us-east-1,eu-west-1", exitPartial, "010000000002", "010000000002", nil},
	"GetCallerIdentity":                {"GetCallerIdentity", nil, "whoami", exitNothing, "", "*", nil},
	"GetSessionToken":                  {"GetSessionToken", nil, "session-token", exitNothing, "", "*", nil},
	"org ListAccounts":                 {"ListAccounts", nil, "instances --org --role Ops --region us-east-1", exitNothing, "", "*", nil},
	"ListRoots":                        {"ListRoots", nil, "accounts --org --role Ops --ou Workloads", exitNothing, "", "*", nil},
	"ListOrganizationalUnitsForParent": {"ListOrganizationalUnitsForParent", nil, "accounts --org --role Ops --ou Workloads", exitNothing, "", "*", nil},
	"ListTagsForResource":              {"ListTagsForResource", []string{"010000000003"}, "accounts --org --role Ops --account-tag env", exitPartial, "ListTagsForResource", "010000000003", nil},
	"sso ListAccounts":                 {"sso:ListAccounts", nil, "instances --sso-session corp --region us-east-1", exitNothing, "", "*", nil},
	"ListAccountRoles":                 {"ListAccountRoles", []string{"010000000002"}, "instances --sso-session corp --region us-east-1", exitPartial, "010000000002", "010000000002", nil},
	"GetRoleCredentials":               {"GetRoleCredentials", []string{"010000000002"}, "instances --sso-session corp --region us-east-1", exitPartial, "010000000002", "010000000002", nil},
	"CreateToken":                      {"CreateToken", nil, "instances --sso-session corp --region us-east-1", exitNothing, "", "*", expireToken},
	"GetSigninToken":                   {"GetSigninToken", nil, "console --org --role Ops --account shop", exitNothing, "", "*", nil},
}

func hostileWorld() *awssim.World {
	return &awssim.World{
		Regions:      []string{"us-east-1", "us-west-2", "eu-west-1"},
		Organization: &awssim.Organization{NoPaths: true, OUs: []awssim.OU{{Name: "Workloads"}}, Paging: awssim.Paging{PageSize: 2}},
		Accounts: []awssim.Account{
			{ID: "100000000001", Name: "main", Tags: map[string]string{"env": "x"}},
			{ID: "010000000002", Name: "shop", OU: "Workloads", Tags: map[string]string{"env": "x"}},
			{ID: "010000000003", Name: "lab", Tags: map[string]string{"env": "x"}},
		},
		Users: []awssim.User{{Account: "main", Name: "admin"}},
		Roles: []awssim.Role{{Name: "Ops"}},
		SSO: []awssim.SSOSession{{
			Name: "corp", StartURL: "https://corp.awsapps.com/start", Region: "us-east-1", Assignments: map[string][]string{"*": {"ReadOnly"}},
			Tokens: []awssim.SSOToken{{AccessToken: "the-access-token-of-the-session", RefreshToken: "the-refresh-token-of-the-session", ClientID: "c", ClientSecret: "the-client-secret"}},
		}},
		EC2: awssim.Paging{PageSize: 5},
		Instances: []awssim.Instance{
			{Account: "*", Region: "us-east-1", Name: "web", Count: 7, PublicIPs: []string{"auto"}},
			{Account: "*", Region: "eu-west-1", Name: "api", Count: 2},
		},
		Addresses: []awssim.ElasticIP{{Account: "shop", Region: "us-east-1", Public: "34.250.17.93"}},
		Home:      awssim.Home{Profile: "admin"},
	}
}

// expireToken makes the cached token of the session expire, so that muster refreshes it.
func expireToken(t *testing.T, home string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(home, ".aws", "sso", "cache", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var token map[string]any
		if err := json.Unmarshal(data, &token); err != nil {
			t.Fatal(err)
		}
		token["expiresAt"] = "2020-01-01T00:00:00Z"
		data, _ = json.Marshal(token)
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestHostileServers: one call gets a spoiled answer. muster prints every row of the
// other places and invents none, names the place, exits with the right code, and takes
// neither long nor much memory. If the next answer is good, a retry succeeds.
func TestHostileServers(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long")
	}
	for call, c := range hostileCalls {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			sim, environ := simulated(t, hostileWorld(), false)
			server := startHostile(t, sim.URL())
			home := strings.TrimPrefix(environ[0], "HOME=")
			environ = slices.DeleteFunc(environ, func(pair string) bool { return strings.HasPrefix(pair, "AWS_ENDPOINT_URL=") })
			environ = append(environ, "AWS_ENDPOINT_URL="+server.url, "AWS_MAX_ATTEMPTS=2")
			meant := func(a ask) bool {
				return a.operation == c.operation && !slices.ContainsFunc(c.meant, func(part string) bool { return !strings.Contains(a.text, part) })
			}
			report := filepath.Join(t.TempDir(), "report.json")
			args := append(strings.Fields(c.args), "--no-cache")
			lines := strings.HasPrefix(c.args, "instances") || strings.HasPrefix(c.args, "find") || strings.HasPrefix(c.args, "accounts")
			if lines {
				args = append(args, "-o", "ndjson", "--report", report)
			}
			run := func(more ...string) result {
				if c.home != nil {
					c.home(t, home)
				}
				return muster(t, environ, slices.Concat(args, more)...)
			}
			server.aim(nil, nil)
			truth := run()
			if truth.code != exitOK {
				t.Fatalf("without a hostile answer: %d, %s", truth.code, truth.stderr)
			}
			once := false
			server.aim(func(a ask) bool { first := meant(a) && !once; once = once || first; return first }, says(""))
			if got := run(); got.code != exitOK || len(rowsWithout(got.stdout, "")) != len(rowsWithout(truth.stdout, "")) {
				t.Errorf("after one bad answer: exit code %d, %s", got.code, got.stderr)
			}
			healthy := rowsWithout(truth.stdout, c.lost)
			// check returns what is wrong and may be right with more time.
			check := func(name string, got result, took time.Duration) (faults []string) {
				t.Helper()
				fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
				if server.spoilt == 0 {
					return []string{c.operation + " was not asked for"}
				}
				if got.code != c.code || !strings.Contains(got.stderr, c.gap) {
					fault("exit code %d, want %d and a gap of %q: %s", got.code, c.code, c.gap, got.stderr)
				}
				rows := rowsWithout(got.stdout, "")
				if c.lost != "*" && !slices.Equal(rowsWithout(got.stdout, c.lost), healthy) || len(rows) > 0 && c.lost == "*" {
					fault("%d rows, want %d: lacking %.300q, more %.300q; stderr %s", len(rowsWithout(got.stdout, c.lost)), len(healthy), without(healthy, rows), without(rows, healthy), got.stderr)
				}
				for _, row := range rows {
					if lines && !strings.Contains(truth.stdout, row) {
						t.Errorf("%s: %s is invented", name, row)
					}
				}
				for _, secret := range []string{"the-access-token", "the-refresh-token", "the-client-secret"} {
					if strings.Contains(got.stderr, secret) {
						t.Errorf("%s: stderr has %s: %s", name, secret, got.stderr)
					}
				}
				if took > time.Minute {
					fault("took %v", took)
				}
				if lines && c.code == exitPartial {
					faults = append(faults, reportFaults(t, report)...)
				}
				return faults
			}
			for _, name := range slices.Sorted(maps.Keys(hostileAnswers)) {
				server.aim(meant, hostileAnswers[name])
				start := time.Now()
				for _, fault := range check(name, run(), time.Since(start)) {
					t.Errorf("%s: %s", name, fault)
				}
			}
			for _, name := range slices.Sorted(maps.Keys(silentAnswers)) {
				server.aim(meant, silentAnswers[name])
				withMoreTime(func(limit time.Duration, last bool) bool {
					start := time.Now()
					faults := check(name, run("--cli-read-timeout", fmt.Sprint(limit.Seconds())), time.Since(start))
					if len(faults) > 0 && !last {
						return false // the other answers may need more time
					}
					for _, fault := range faults {
						t.Errorf("%s, --cli-read-timeout %s: %s", name, limit, fault)
					}
					return true
				})
			}
		})
	}
}

// without returns the rows that others lack.
func without(rows, others []string) []string {
	return slices.DeleteFunc(slices.Clone(rows), func(row string) bool { return slices.Contains(others, row) })
}

// rowsWithout returns the sorted lines of an output that do not contain a text.
func rowsWithout(output, text string) []string {
	rows := strings.FieldsFunc(output, func(r rune) bool { return r == '\n' })
	rows = slices.DeleteFunc(rows, func(row string) bool { return text != "" && strings.Contains(row, text) })
	slices.Sort(rows)
	return rows
}

// reportFaults returns what is wrong with a report: each gap is broken or unreachable, and
// none expired or denied, as AWS did not answer.
func reportFaults(t *testing.T, file string) (faults []string) {
	t.Helper()
	var entries []sweep.Entry
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, &entries)
	}
	if err != nil {
		t.Fatal(err)
	}
	gaps := 0
	for _, e := range entries {
		if !e.Gap() {
			continue
		}
		gaps++
		if fmt.Sprint(e.Status) != "broken" && fmt.Sprint(e.Status) != "unreachable" {
			faults = append(faults, fmt.Sprintf("%+v", e))
		}
	}
	if gaps == 0 {
		faults = append(faults, "the report has no gap")
	}
	return faults
}
