package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"muster/internal/awssim"
)

// duckDB returns a function that runs queries in DuckDB and returns the rows of each as
// JSON.
func duckDB(t *testing.T) func(t *testing.T, queries ...string) []string {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not on PATH")
	}
	if exec.Command(node, "-e", "require.resolve('@duckdb/node-api')").Run() != nil {
		t.Skip("node has no @duckdb/node-api: install it with npm, and set NODE_PATH to its node_modules")
	}
	return func(t *testing.T, queries ...string) []string {
		t.Helper()
		output, err := exec.Command(node, append([]string{filepath.Join("testdata", "duckdb.js")}, queries...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
		return strings.Split(strings.TrimSpace(string(output)), "\n")
	}
}

// TestDuckDBReadsParquet: DuckDB finds the same in Parquet files, whole, in shards and
// partitioned, as in ndjson.
func TestDuckDBReadsParquet(t *testing.T) {
	t.Parallel()
	duckdb := duckDB(t)
	_, environ := simulated(t, awssim.DefaultWorld(), false)
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, args := range [][]string{
		{"-o", "ndjson", "--out", at("all.ndjson")},
		{"-o", "parquet", "--out", at("all.parquet")},
		{"-o", "parquet", "--shard", "0/2", "--out", at("shard-0.parquet")},
		{"-o", "parquet", "--shard", "1/2", "--out", at("shard-1.parquet")},
		{"-o", "parquet", "--partition-by", "AccountId,Region", "--out", at("hive")},
		{"-o", "parquet", "--partition-by", "State", "--shard", "0/2", "--out", at("parts")},
		{"-o", "parquet", "--partition-by", "State", "--shard", "1/2", "--out", at("parts")},
	} {
		if got := muster(t, environ, append([]string{"instances", "--all-profiles"}, args...)...); got.code != 0 || got.stdout != "" {
			t.Fatalf("%v: %+v", args, got)
		}
	}
	queries := func(from string) []string {
		return []string{
			"SELECT count(*) AS n FROM " + from,
			"SELECT AccountId, Region, count(*) AS n FROM " + from + " GROUP BY ALL ORDER BY ALL",
			"SELECT InstanceId, Name FROM " + from + " WHERE list_contains(PublicIPs, '18.198.43.157')",
			"SELECT i.InstanceId, n.NetworkInterfaceId, p.PrivateIP, p.Primary FROM " + from +
				" i, UNNEST(i.NetworkInterfaces) AS _(n), UNNEST(n.PrivateIPs) AS __(p) ORDER BY ALL",
			"SELECT InstanceId, LaunchTime::TIMESTAMPTZ::VARCHAR AS at FROM " + from + " ORDER BY ALL",
			"SELECT AccountId, AccountName, Region, AvailabilityZone, InstanceId, Name, InstanceType, State, PrivateIPs::VARCHAR AS a, PublicIPs::VARCHAR AS b, IPv6s::VARCHAR AS c, " +
				"VpcId, SubnetId, ImageId, KeyName, Architecture, Platform, Lifecycle, IamInstanceProfile, ReservationId, SecurityGroups::VARCHAR AS d, Profile, Role FROM " + from + " ORDER BY ALL",
		}
	}
	want := duckdb(t, queries("read_ndjson_auto('"+at("all.ndjson")+"')")...)
	if !strings.Contains(want[0], "13") {
		t.Fatalf("%s instances in ndjson, want 13", want[0])
	}
	for _, from := range []string{
		"read_parquet('" + at("all.parquet") + "')",
		"read_parquet('" + at("shard-*.parquet") + "')",
		"read_parquet('" + at("hive/*/*/*.parquet") + "', hive_partitioning = true, hive_types_autocast = false)",
		"read_parquet('" + at("parts/*/*.parquet") + "', hive_partitioning = true)",
	} {
		for i, got := range duckdb(t, queries(from)...) {
			if got != want[i] {
				t.Errorf("%s:\n got %s\nwant %s", queries(from)[i], got, want[i])
			}
		}
	}
}

// TestHostilePartitions: DuckDB finds the values of a field in the names of folders, whatever
// they are, and no value leads out of the folder.
func TestHostilePartitions(t *testing.T) {
	t.Parallel()
	duckdb := duckDB(t)
	world := awssim.DefaultWorld()
	names := []string{"..", ".", "../../x", "/etc/passwd", "a=b", "100%", "%2F", "ü 日本 🐘", "'", "\"", "a\\b", "*", "~", "-", "line\nbreak", "\u202e", "Web", "web"}
	for i := range world.Instances {
		world.Instances[i].Name = names[i%len(names)]
	}
	for i, name := range names { // more than the world has
		instance := world.Instances[0]
		instance.ID, instance.Name = fmt.Sprintf("i-0%016x", i), name
		world.Instances = append(world.Instances, instance)
	}
	_, environ := simulated(t, world, false)
	dir := t.TempDir()
	for _, args := range [][]string{
		{"-o", "ndjson", "--out", filepath.Join(dir, "all.ndjson")},
		{"-o", "parquet", "--partition-by", "Name", "--out", filepath.Join(dir, "hive")},
	} {
		if got := muster(t, environ, append([]string{"instances", "--all-profiles"}, args...)...); got.code != 0 {
			t.Fatalf("%v: %+v", args, got)
		}
	}
	query := "SELECT Name, InstanceId FROM %s ORDER BY ALL"
	results := duckdb(t,
		fmt.Sprintf(query, "read_ndjson_auto('"+filepath.Join(dir, "all.ndjson")+"')"),
		fmt.Sprintf(query, "read_parquet('"+filepath.Join(dir, "hive", "*", "*.parquet")+"', hive_partitioning = true, hive_types_autocast = false)"))
	if results[0] != results[1] || !strings.Contains(results[0], "passwd") {
		t.Errorf("in folders: %s\nin ndjson: %s", results[1], results[0])
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("files outside of the folder: %v, %v", entries, err)
	}
}

// TestDuckDBQueriesOfHelp: the queries in 'muster help parquet' run.
func TestDuckDBQueriesOfHelp(t *testing.T) {
	t.Parallel()
	duckdb := duckDB(t)
	_, environ := simulated(t, awssim.DefaultWorld(), false)
	dir := t.TempDir()
	for _, args := range [][]string{
		{"-o", "ndjson", "--out", filepath.Join(dir, "0.ndjson")},
		{"-o", "parquet", "--out", filepath.Join(dir, "0.parquet")},
		{"-o", "parquet", "--partition-by", "AccountId,Region", "--out", filepath.Join(dir, "instances")},
	} {
		if got := muster(t, environ, append([]string{"instances", "--all-profiles"}, args...)...); got.code != 0 {
			t.Fatalf("%v: %+v", args, got)
		}
	}
	ran := 0
	for _, topic := range []string{"sharding", "parquet"} {
		text, err := os.ReadFile(filepath.Join("manual", "topics", topic+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range regexp.MustCompile(`(?m)^  SELECT (?:.+\n)+?(?:\n|\z)`).FindAllString(string(text)+"\n", -1) {
			if strings.Contains(block, "CROSS JOIN UNNEST") { // Athena's dialect
				continue
			}
			query := strings.NewReplacer("s3://BUCKET/i/*.", dir+"/*.", "s3://BUCKET/instances", dir+"/instances").Replace(block)
			if rows := duckdb(t, query); rows[0] == "[]" {
				t.Errorf("no rows from\n%s", query)
			}
			ran++
		}
	}
	if ran < 3 {
		t.Errorf("%d queries found, want 3 or more", ran)
	}
}
