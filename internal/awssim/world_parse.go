package awssim

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Duration is a time.Duration that JSON holds as "90m".
type Duration time.Duration

// MarshalText writes d as time.Duration does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads what time.ParseDuration reads.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = Duration(parsed)
	return err
}

func (d Duration) or(other time.Duration) time.Duration {
	if d == 0 {
		return other
	}
	return time.Duration(d)
}

// ParseWorld reads a world from JSON and checks it. The error names the place of the mistake.
func ParseWorld(data []byte) (*World, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	w := new(World)
	if err := dec.Decode(w); err != nil {
		var (
			offset int64 // 0 for an unknown key
			syntax *json.SyntaxError
			kind   *json.UnmarshalTypeError
		)
		switch {
		case errors.As(err, &syntax):
			offset = syntax.Offset
		case errors.As(err, &kind):
			offset = kind.Offset
		default:
			return nil, fmt.Errorf("world: %s", strings.TrimPrefix(err.Error(), "json: "))
		}
		line := 1 + bytes.Count(data[:min(int(offset), len(data))], []byte("\n"))
		return nil, fmt.Errorf("world: line %d: %s", line, strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("world: more than one JSON value")
	}
	if _, err := compile(w); err != nil {
		return nil, err
	}
	return w, nil
}

//go:embed default.json
var defaultWorld []byte

// DefaultWorld returns the organization of `muster --demo`, default.json.
func DefaultWorld() *World {
	w, err := ParseWorld(defaultWorld)
	if err != nil {
		panic(err) // a test parses it
	}
	return w
}
