package cli

import "slices"

// topic explains what several commands have in common.
type topic struct{ name, title, text string }

// topics are each at most a screen long. Paragraphs are wrapped; indented lines are not.
var topics = []topic{
	{"accounts", "ACCOUNTS", `
These flags choose the accounts that a command visits:

  (none)                      the current identity's: environment, AWS_PROFILE,
                              default profile, container or instance role
  --profile NAME[,NAME...]    the account of each profile; globs: 'prod-*'
  --all-profiles              the accounts of all profiles that give
                              credentials; each account once
  --sso-session NAME          every account assigned in IAM Identity Center;
                              --role chooses the permission set
  --organization --role R     every active account of the organization, by
                              assuming R in each; --profile lists them

--role A,B uses the first role that works in each account. The organization's base account often lacks the role; muster then uses the base's own credentials.

--account and --exclude-account take ids, names and globs. --ou takes names, paths and ids, and includes all OUs below. --account-tag takes KEY=VALUE. Every enabled region of each account is visited, unless --region or --exclude-region (globs) narrow them.

In globs, * stands for any characters, ? for one, [a-c] for one of these, [^a-c] for any other one, {a,b} for either, and \ takes the next character as it is. A selection that matches no account or no region is an error. 'exec', 'console' and 'credentials' also refuse an exclusion that matches nothing; other commands warn.

'muster accounts' lists the accounts with Role, Roles and Access. With --sso-session and no --role it lists the permission sets without asking for credentials; --check asks.

'muster profiles' lists the profiles and their problems, and 'muster regions' the regions of each account.

Without any of these flags, --demo visits the simulated organization. For the command named accounts, see 'muster accounts --help'.`},

	{"filters", "FILTERS", `
'instances' and 'find' take any number of arguments, and print a record that matches one of them:

  52.59.78.34, 2a05:d018::11    an address: private, public, IPv6, carrier,
                                customer-owned, or of a secondary network
  10.20.0.0/16                  a CIDR block
  i-03046200b400761b0           an id; find takes ids of other kinds, too
  'shop*'                       a name, or a glob

'find' also takes DNS names, MAC addresses, and addresses or ids inside a URL or an ARN, with a port or quotes. Where nobody has an address, its exit code is 0.

These flags narrow 'instances'; a record must match all of them:

  --state running,stopped       one of these states
  --type 't3.*,m5.large'        one of these types, globs allowed
  --tag env                     a tag with this key
  --tag 'env=prod,st*'          its value is one of these, globs allowed
  --tag '!env'                  no tag with this key
  --tag 'env!=prod'             another value, or no tag with this key
  --filter Name=N,Values=V      EC2's own filters, as the AWS CLI takes them

--filters is the same as --filter. Several filters may follow it, as shorthand, JSON or file://PATH:

  muster instances --all-profiles --filters Name=instance-type,Values=t2.*

EC2 narrows its answers by all of this as far as its own filters can, so little is sent. Quote *, ! and brackets from the shell.`},

	{"output", "OUTPUT", `
-o FORMAT, --output=FORMAT chooses how records are printed:

  table (default), wide    aligned, for people; control characters as escapes
  tree                     the same below accounts and regions
  json, yaml               one list; keys are always there, lists never null
  ndjson                   a record a line
  csv, text                with a header, or tab-separated without one
  name                     the ids alone, for xargs
  template=TEXT            a Go template a record: see 'muster help templates'
  template-file=FILE       the same from a file

--jq EXPR prints the results of a jq filter for each record, strings raw. With --slurp the filter gets one list of all records. --query takes JMESPath and gives the same result or error as in the AWS CLI.

--columns A,B,Tags.env picks columns, --sort-by F,-G sorts, --no-headers omits the header. Unknown fields are an error before AWS is asked.

--count-by F,G counts records by these fields: a table with bars, biggest first, or records with the field Count in every other format. A list counts for each of its items; a record without the field counts under "".

table, wide, tree, json and yaml are sorted and printed at the end. ndjson, csv, text, name, templates and jq print each record as it arrives; --sort-by makes them wait.

On a terminal, a table is fitted to the window: a list takes a line for each item, the least important columns are left out (one line on stderr names them), then names are shortened. Ids and addresses are never shortened.

Control characters in csv, text, templates, jq and --query are escapes on a terminal, and raw in a pipe. --csv-safe keeps spreadsheets from running cells of csv as formulas.

Only records go to stdout. Gaps, the summary and everything else go to stderr; --report FILE has an entry for every account and region.`},

	{"watch", "WATCH", `
-w or --watch[=INTERVAL] repeats a listing every 30 s, or at another interval: -w 5s, --watch=5m. It works with table, wide and tree, and with --count-by.

  +    new since the last round
  ~    changed
  -    gone
  ?    its account or region did not answer: it may still be there

  Every 30s: 3 instances in 1 account and 2 regions, 0.2 s; +1 ~1     14:02:31

     AccountName  Region     InstanceId           Name  State    PrivateIPs
     production   eu-west-1  i-0a000000000000003  mail  running  10.0.0.3
  ~  production   us-east-1  i-0a000000000000001  shop  stopped  10.0.0.1
  +  production   us-east-1  i-0a000000000000002  blog  running  10.0.0.2

On a terminal, the table is on the alternate screen, with the gaps below it. A round that fails does not end the watch. Ctrl-C does, with exit code 130; Ctrl-Z gives the terminal back until 'fg'.

In a pipe, the first round is printed whole, and then a line for each record that has changed, as with 'kubectl get -w', until the reader closes the pipe. The same holds on a terminal where muster runs in the background, where TERM is dumb or not set, and with --debug unless stderr goes elsewhere (2> log).

--watch is the only flag that no variable sets.`},

	{"templates", "TEMPLATES", `
-o 'template=TEXT' runs a Go template for each record and ends it with a newline. Delimiters are << and >>, so that braces need no quotes from the shell:

  muster instances --demo -o 'template=<<.InstanceId>> <<.PublicIPs>>'

A list prints as comma-joined text. 'Tags.env' is <<.Tags.env>>; a key with other characters is <<index .Tags "cost center">>. Go's own functions work (if, range, with, printf, len, index, eq and so on), and:

  join SEP LIST, pluck FIELD LIST     <<pluck "GroupName" .SecurityGroups>>
  truncate N TEXT, upper, lower       <<truncate 20 .Name>>
  default D VALUE, json VALUE         <<default "-" .Name>>
  timeago T, timefmt LAYOUT T         <<timefmt "2006-01-02" .LaunchTime>>
  contains, hasPrefix, hasSuffix, regexMatch
                                      <<if contains "1.2.3.4" .PublicIPs>>
  color STYLE TEXT, autocolor         <<autocolor "green+b" .State>>
  hyperlink URL TEXT                  <<hyperlink "https://x.org/" .Name>>
  tableheader, tablerow VALUE...      <<tablerow .Region .InstanceId .Name>>

'muster instances --template-help' lists every field of that command's records with its type, every function, and examples.

autocolor and hyperlink print plain text where stdout is no terminal. Rows are collected and printed at the end, or at tablerender, sorted as tables are.

  muster instances --demo -o 'template=<<range .PublicIPs>><<.>>;<<end>>'

A field or function that does not exist is an error before AWS is asked. The error names the nearest one.`},

	{"exit-codes", "EXIT STATUS", `
  0    complete: every account and region answered
  1    nothing could be done: no credentials, no such profile, no list of
       accounts, a selection that matches nothing, not one account reached; or
       the output could not be written
  2    the command line or the config file is wrong; nothing was asked of AWS
  3    partial: the records are printed, and some account or region is missing
  130  interrupted: the records that arrived are printed, the rest is listed as
       missing

Each account or region that did not answer is a gap. stderr lists the gaps with the operation, AWS's error and the remedy; gaps with the same cause share a line, and the summary comes last. "Nothing there" and "could not look" are never confused.

--allow-denied does not count gaps that AWS denied; they are still listed, or with -q counted. --fail-fast stops at the first gap. Accounts that are suspended and regions that are not opted in to are no gaps.

--report FILE writes an entry for every account and region, as JSON. --retry-gaps REPORT completes that run: it asks only where the report has gaps, and prints only the records that the run did not print, also of a place that failed half way. Use the flags of the first run: a place that they leave out stays a gap. With --report the new report covers both runs; it may be the same file.

With 'exec' in one account, the exit code is the command's own.`},

	{"environment", "ENVIRONMENT", `
Every flag but --watch has a variable: --sso-session is MUSTER_SSO_SESSION, --all-profiles MUSTER_ALL_PROFILES=true. The command line wins, and a source of accounts on it (--profile, --all-profiles, --sso-session, --organization) replaces the source that variables name.

The AWS CLI's variables hold:

  AWS_PROFILE, AWS_REGION, AWS_DEFAULT_REGION
  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
  AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE
  AWS_ROLE_ARN, AWS_WEB_IDENTITY_TOKEN_FILE
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, ..._FULL_URI
  AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_<SERVICE>
  AWS_CA_BUNDLE, AWS_MAX_ATTEMPTS
  AWS_EC2_METADATA_DISABLED, AWS_EC2_METADATA_SERVICE_ENDPOINT, ..._MODE
  AWS_EC2_METADATA_V1_DISABLED, AWS_METADATA_SERVICE_TIMEOUT, ..._NUM_ATTEMPTS
  AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT

A region in AWS_REGION does not apply to roles and SSO sessions of another partition. HTTPS_PROXY, HTTP_PROXY and NO_PROXY are for the network; NO_COLOR, TERM=dumb and no TERM at all turn colour off.

The command of 'exec' has AWS_ACCESS_KEY_ID and the rest, AWS_REGION, MUSTER_ACCOUNT_ID, MUSTER_ACCOUNT_NAME and MUSTER_ROLE in its environment. It has its profile's settings (endpoint URLs, CA bundle, FIPS, dual-stack) and none of the default profile's. Variables that would lead it to other credentials are removed.`},

	{"files", "FILES", `
muster shares the AWS CLI's files, so that neither tool makes you sign in twice:

  ~/.aws/config, credentials    read; AWS_CONFIG_FILE and
                                AWS_SHARED_CREDENTIALS_FILE name others
  ~/.aws/sso/cache              tokens of 'muster login' and 'aws sso login'
  ~/.aws/login/cache            tokens of 'aws login'
  ~/.aws/cli/cache              credentials of roles; --no-cache leaves it alone

'profiles --generate --write' and 'login' for a new session write the config file. 'config.muster.bak' is the file as it was before.

muster's own files are in ~/.cache/muster, or XDG_CACHE_HOME/muster. You can delete them at any time:

  *.tsv    names that earlier runs have found, for the TAB key, and nothing
           else; kept for a week, 5,000 of a kind at most
  locks    lock files, so that two processes do not write one file at a time;
           in XDG_RUNTIME_DIR/muster where the cache is not writable

Files with secrets and with names are readable by their owner alone.

--out FILE and --report FILE replace a file in one step. They follow a link, and write to a device or a pipe.

'exec' passes credentials in the environment, never in a file. If the default profile has other settings than the command's own profile, the command reads a copy of the config file with these settings in [default]; the copy is in a temporary folder, and is removed at the end.`},

	{"sharding", "SHARDING", `
--shard I/N visits part I of N of the accounts; the first part is 0. Each account is in exactly one part, and stays there when other accounts come and go. All parts together have the records of one run over all accounts.

Jobs number their parts themselves:

  Kubernetes    an indexed job sets JOB_COMPLETION_INDEX; set MUSTER_SHARDS to
                the number of pods
  AWS Batch     an array job sets AWS_BATCH_JOB_ARRAY_INDEX and ..._SIZE

In AWS Batch, with an image that has muster and the AWS CLI, the command is

  sh -c 'muster instances --org --role Audit -o ndjson > all.ndjson; code=$?;
    aws s3 cp all.ndjson s3://BUCKET/i/$AWS_BATCH_JOB_ARRAY_INDEX.ndjson &&
    exit $code'

DuckDB queries the files in place:

  SELECT AccountName, Region, count(*) AS n FROM
    read_ndjson_auto('s3://BUCKET/i/*.ndjson', union_by_name = true)
    GROUP BY ALL ORDER BY n DESC

So does Athena:

  CREATE EXTERNAL TABLE instances (accountname string, region string,
    instanceid string, privateips array<string>, publicips array<string>)
    ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
    WITH SERDEPROPERTIES ('case.insensitive' = 'true')
    LOCATION 's3://BUCKET/i/';
  SELECT accountname, instanceid FROM instances
    CROSS JOIN UNNEST(publicips) AS t (ip) WHERE ip = '18.198.43.157'`},
}

func topicNames() []string {
	var names []string
	for _, t := range topics {
		names = append(names, t.name)
	}
	return names
}

func findTopic(name string) *topic {
	i := slices.IndexFunc(topics, func(t topic) bool { return t.name == name })
	if i < 0 {
		return nil
	}
	return &topics[i]
}
