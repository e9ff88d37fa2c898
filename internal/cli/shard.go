package cli

import (
	"strconv"
	"strings"

	"muster/internal/account"
)

// shard says which part of the accounts this run takes: by --shard or its
// variable, else as one of the pods of an indexed Kubernetes job or of the
// children of an AWS Batch array job.
func (s *Selection) shard(app *App) (account.Shard, error) {
	if s.Shard != "" {
		index, of, ok := strings.Cut(s.Shard, "/")
		if !ok {
			return account.Shard{}, usage("--shard %s: expected I/N, such as 0/8 for the first of eight", s.Shard)
		}
		return parseShard("--shard "+s.Shard, index, of)
	}
	shards := app.env["MUSTER_SHARDS"]
	for _, job := range []struct{ index, size string }{
		{"JOB_COMPLETION_INDEX", ""}, // Kubernetes tells a pod its number, but not of how many
		{"AWS_BATCH_JOB_ARRAY_INDEX", "AWS_BATCH_JOB_ARRAY_SIZE"},
	} {
		index, ok := app.env[job.index]
		if !ok {
			continue
		}
		of, from := shards, "MUSTER_SHARDS"
		if of == "" {
			of, from = app.env[job.size], job.size
		}
		if of == "" {
			continue
		}
		shard, err := parseShard(job.index+"="+index+" "+from+"="+of, index, of)
		if err == nil {
			app.note("shard %d/%d, from %s and %s", shard.Index, shard.Count, job.index, from)
		}
		return shard, err
	}
	if shards != "" {
		return account.Shard{}, usage("MUSTER_SHARDS is %s, but the number of this shard is missing: set --shard, JOB_COMPLETION_INDEX or AWS_BATCH_JOB_ARRAY_INDEX", shards)
	}
	return account.Shard{}, nil
}

func parseShard(what, index, of string) (account.Shard, error) {
	i, errI := strconv.Atoi(index)
	n, errN := strconv.Atoi(of)
	switch {
	case errI != nil || errN != nil || n < 1:
		return account.Shard{}, usage("%s: expected I/N, such as 0/8 for the first of eight", what)
	case i < 0 || i >= n:
		return account.Shard{}, usage("%s: shards of %d have the numbers 0 to %d", what, n, n-1)
	}
	return account.Shard{Index: i, Count: n}, nil
}
