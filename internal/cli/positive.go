package cli

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/alecthomas/kong"
)

// positive is the value of a flag that limits something: a number from 1 on.
type positive int

// Decode implements kong.MapperValue. It takes -1 for a value, which the parser would
// take for a flag.
func (p *positive) Decode(line *kong.DecodeContext) error {
	token := line.Scan.Peek()
	if token.IsEOL() {
		return errors.New("expected a number from 1 on")
	}
	text := fmt.Sprint(line.Scan.Pop().Value)
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return fmt.Errorf("expected a number from 1 on, not %q", text)
	}
	*p = positive(n)
	return nil
}
