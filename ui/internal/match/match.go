// Package match is the one way in which the user interface searches: an incremental
// regular expression, inverted by a leading "!", that ignores case unless it has a
// capital letter.
package match

import (
	"regexp"
	"strings"
	"unicode"
)

// A Pattern is what was typed behind "/". The zero Pattern matches everything.
type Pattern struct {
	Text   string
	Invert bool
	Err    error // the expression is not complete, or wrong: Text is searched as it stands
	re     *regexp.Regexp
}

// Parse reads what was typed. It never fails: an expression that does not compile,
// as most do while they are typed, is searched literally.
func Parse(text string) Pattern {
	p := Pattern{Text: text}
	body, invert := strings.CutPrefix(text, "!")
	if body == "" {
		return p
	}
	p.Invert = invert
	flags := "(?i)"
	if strings.ContainsFunc(body, unicode.IsUpper) {
		flags = ""
	}
	p.re, p.Err = regexp.Compile(flags + body)
	if p.Err != nil {
		p.re = regexp.MustCompile(flags + regexp.QuoteMeta(body))
	}
	return p
}

// Empty reports whether the pattern matches everything.
func (p Pattern) Empty() bool { return p.re == nil }

// Match reports whether s is wanted.
func (p Pattern) Match(s string) bool {
	return p.re == nil || p.re.MatchString(s) != p.Invert
}

// Spans returns the byte ranges of s to highlight, none when inverted.
func (p Pattern) Spans(s string) [][]int {
	if p.re == nil || p.Invert {
		return nil
	}
	spans := p.re.FindAllStringIndex(s, 64)
	kept := spans[:0]
	for _, sp := range spans {
		if sp[1] > sp[0] {
			kept = append(kept, sp)
		}
	}
	return kept
}
