package safe

import "testing"

func TestText(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"plain ASCII ~":       "plain ASCII ~",
		"Zürich 日本 🐘 e\u0301": "Zürich 日本 🐘 e\u0301",
		"a\nb\tc\rd":          `a\nb\tc\rd`,
		"\x00\x1b[31m\x7f":    `\x00\x1b[31m\x7f`,
		"\u0085\u009b31m":     `\u0085\u009b31m`,
		"\u202e\u202a\u2066\u2069\u200e\u200f\u061c": `\u202e\u202a\u2066\u2069\u200e\u200f\u061c`,
		"a\u200b\u200d\ufeff\u2060b":                 `a\u200b\u200d\ufeff\u2060b`,
		"\u2028\u2029":                               `\u2028\u2029`,
		"\U000e0041\u3164\u00ad":                     `\U000e0041\u3164\u00ad`,
		"\xff\xc3(\xed\xa0\x80":                      `\xff\xc3(\xed\xa0\x80`,
		"\ufffd":                                     "\ufffd",
	} {
		if got := Text(s); got != want {
			t.Errorf("Text(%q) = %s, want %s", s, got, want)
		}
	}
}
