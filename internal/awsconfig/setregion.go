package awsconfig

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// SetRegion changes the region of a session in the config file, and nothing else.
func SetRegion(ctx context.Context, f Files, s *Session, region string) error {
	_, err := edit(ctx, f, func(before []byte) ([]byte, error) {
		sections, err := parse(f.Config, before)
		if err != nil {
			return nil, err
		}
		for _, there := range sections {
			entry := there.keys["sso_region"]
			if there.line != s.Line || entry == nil {
				continue
			}
			for number, l := range linesOf(before) {
				if number != entry.line {
					continue
				}
				line := string(before[l.start:l.end])
				key := strings.TrimRight(line[:max(strings.IndexAny(line, "=:"), 0)], " \t")
				return slices.Concat(before[:l.start], []byte(key+" = "+region), before[l.end:]), nil
			}
		}
		return nil, errors.New("the file has been changed in the meantime")
	})
	return err
}
