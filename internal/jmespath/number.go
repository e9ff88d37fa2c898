package jmespath

import (
	"cmp"
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode"
)

func isNumber(x any) bool {
	switch x.(type) {
	case int, *big.Int, float64:
		return true
	}
	return false
}

// bigInt returns an int or a *big.Int as a *big.Int, and nil for a float64.
func bigInt(x any) *big.Int {
	switch x := x.(type) {
	case int:
		return big.NewInt(int64(x))
	case *big.Int:
		return x
	}
	return nil
}

// normalize returns an int if the number fits into one.
func normalize(n *big.Int) any {
	if n.IsInt64() {
		return int(n.Int64())
	}
	return n
}

func compareNumbers(x, y any) (order int, ordered bool) {
	a, isInt := x.(int)
	b, isIntToo := y.(int)
	if isInt && isIntToo {
		return cmp.Compare(a, b), true
	}
	c, d := bigFloat(x), bigFloat(y)
	if c == nil || d == nil {
		return 0, false
	}
	return c.Cmp(d), true
}

// bigFloat returns a number without loss, and nil for NaN.
func bigFloat(x any) *big.Float {
	if f, ok := x.(float64); ok {
		if math.IsNaN(f) {
			return nil
		}
		return new(big.Float).SetFloat64(f)
	}
	return new(big.Float).SetInt(bigInt(x))
}

var errTooLarge = errors.New("a whole number is too large to calculate with fractions")

// toFloat returns a number as a float64. It fails for whole numbers that are too large.
func toFloat(x any) (float64, error) {
	if f, ok := x.(float64); ok {
		return f, nil
	}
	f, _ := new(big.Float).SetInt(bigInt(x)).Float64()
	if math.IsInf(f, 0) {
		return 0, errTooLarge
	}
	return f, nil
}

// sum adds numbers exactly up to the first float64, and then as float64.
func sum(list []any) (any, error) {
	total := new(big.Int)
	for i, x := range list {
		if n := bigInt(x); n != nil {
			total.Add(total, n)
			continue
		}
		f, err := toFloat(total)
		for _, x := range list[i:] {
			next, wrong := toFloat(x)
			f += next
			err = cmp.Or(err, wrong)
		}
		return f, err
	}
	return normalize(total), nil
}

func average(list []any) (any, error) {
	total, err := sum(list)
	if err != nil {
		return nil, err
	}
	if f, ok := total.(float64); ok {
		return f / float64(len(list)), nil
	}
	f, _ := new(big.Rat).SetFrac(bigInt(total), big.NewInt(int64(len(list)))).Float64()
	if math.IsInf(f, 0) {
		return nil, errTooLarge
	}
	return f, nil
}

// round applies math.Ceil or math.Floor and returns a whole number.
func round(x any, to func(float64) float64) (any, error) {
	f, ok := x.(float64)
	if !ok {
		return x, nil
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, errors.New(FormatFloat(f) + " cannot be rounded")
	}
	n, _ := big.NewFloat(to(f)).Int(nil)
	return normalize(n), nil
}

func absolute(x any) any {
	if f, ok := x.(float64); ok {
		return math.Abs(f)
	}
	return normalize(new(big.Int).Abs(bigInt(x)))
}

// maxDigits is the largest number of digits that Python accepts in a whole number.
const maxDigits = 4300

// parseNumber is to_number of a string: int() of Python, or else toFloat(), or else nil.
func parseNumber(text string) any {
	text = strings.Map(asciiDigit, strings.TrimFunc(text, isSpace))
	plain := strings.ReplaceAll(text, "_", "")
	for i := range len(text) { // an underscore must be between digits
		if text[i] == '_' && (i == 0 || i == len(text)-1 || !isDigit(text[i-1]) || !isDigit(text[i+1])) {
			return nil
		}
	}
	digits := strings.TrimLeft(plain, "+-")
	if len(plain)-len(digits) > 1 || digits == "" {
		return nil
	}
	if span(digits, isDigit) == len(digits) && len(digits) <= maxDigits {
		n, _ := new(big.Int).SetString(plain, 10)
		return normalize(n)
	}
	if strings.ContainsAny(plain, "xXpP") {
		return nil
	}
	f, err := strconv.ParseFloat(plain, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return nil
	}
	return f
}

// asciiDigit maps the decimal digits of all scripts to 0 to 9.
func asciiDigit(r rune) rune {
	if r < unicode.MaxASCII || !unicode.IsDigit(r) {
		return r
	}
	zero := r // the digits of a script follow one another, 0 first
	for zero > r-9 && unicode.IsDigit(zero-1) {
		zero--
	}
	return '0' + (r - zero)
}

// FormatFloat formats a float64 as Python does: with a point or an exponent, to distinguish
// it from a whole number.
func FormatFloat(f float64) string {
	switch {
	case math.IsNaN(f):
		return "nan"
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	}
	if size := math.Abs(f); size != 0 && (size < 1e-4 || size >= 1e16) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	text := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}
