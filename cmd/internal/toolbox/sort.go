package toolbox

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

func runSort(c *call) error {
	f := c.flags()
	numeric, reverse, unique := f.BoolP("numeric-sort", "n", false, ""), f.BoolP("reverse", "r", false, ""), f.BoolP("unique", "u", false, "")
	human, fold := f.BoolP("human-numeric-sort", "h", false, ""), f.BoolP("ignore-case", "f", false, "")
	key, separator := f.StringP("key", "k", "", ""), f.StringP("field-separator", "t", "", "")
	if err := c.parse(f); err != nil {
		return err
	}
	field := 0
	if *key != "" {
		number := strings.TrimRight(strings.SplitN(*key, ",", 2)[0], "nrh")
		*numeric = *numeric || strings.Contains(*key, "n")
		*reverse = *reverse || strings.Contains(*key, "r")
		*human = *human || strings.Contains(*key, "h")
		var err error
		if field, err = strconv.Atoi(number); err != nil || field < 1 {
			return c.misuse("%q is no field", *key)
		}
	}
	var all []string
	err := c.each(func(_ string, r io.Reader) error {
		return lines(r, func(line string) error { all = append(all, line); return nil })
	})
	if err != nil {
		return err
	}
	part := func(line string) string {
		if field == 0 {
			return line
		}
		// From the field to the end of the line, as POSIX has it; a comma ends it at that field.
		rest := fieldsFrom(line, field, *separator)
		if strings.Contains(*key, ",") {
			rest = firstField(rest, *separator)
		}
		return rest
	}
	order := func(a, b string) int {
		x, y := part(a), part(b)
		switch {
		case *human:
			return cmp.Compare(leadingNumber(x, true), leadingNumber(y, true))
		case *numeric:
			return cmp.Compare(leadingNumber(x, false), leadingNumber(y, false))
		case *fold:
			return cmp.Compare(strings.ToUpper(x), strings.ToUpper(y))
		}
		return cmp.Compare(x, y)
	}
	slices.SortStableFunc(all, func(a, b string) int {
		n := order(a, b)
		if n == 0 && !*unique {
			n = cmp.Compare(a, b)
		}
		if *reverse {
			return -n
		}
		return n
	})
	for i, line := range all {
		if *unique && i > 0 && order(all[i-1], line) == 0 {
			continue
		}
		fmt.Fprintln(c.out, line)
	}
	return nil
}

// fieldsFrom returns a line from its nth field on. Without a separator fields are divided by blanks.
func fieldsFrom(line string, n int, separator string) string {
	for ; n > 1; n-- {
		if separator == "" {
			line = strings.TrimLeft(line, " \t")
			if at := strings.IndexAny(line, " \t"); at >= 0 {
				line = line[at:]
				continue
			}
			return ""
		}
		_, rest, ok := strings.Cut(line, separator)
		if !ok {
			return ""
		}
		line = rest
	}
	if separator == "" {
		line = strings.TrimLeft(line, " \t")
	}
	return line
}

func firstField(s, separator string) string {
	if separator == "" {
		separator = " "
	}
	first, _, _ := strings.Cut(s, separator)
	return first
}

// leadingNumber reads the number at a text's beginning, 0 if there is none; human ones may end in K, M, G or T.
func leadingNumber(s string, human bool) float64 {
	s = strings.TrimLeft(s, " \t")
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || s[end] == '.' || end == 0 && (s[end] == '-' || s[end] == '+')) {
		end++
	}
	n, _ := strconv.ParseFloat(s[:end], 64)
	if human && end < len(s) {
		if power := strings.IndexByte("KMGTP", s[end]&^0x20); power >= 0 {
			n *= float64(int64(1) << (10 * (power + 1)))
		}
	}
	return n
}

func runUniq(c *call) error {
	f := c.flags()
	count, repeated, once := f.BoolP("count", "c", false, ""), f.BoolP("repeated", "d", false, ""), f.BoolP("unique", "u", false, "")
	if err := c.parse(f); err != nil {
		return err
	}
	if len(c.args) > 1 {
		return c.misuse("one file at most")
	}
	previous, n := "", 0
	print := func() {
		if n == 0 || *repeated && n == 1 || *once && n > 1 {
			return
		}
		if *count {
			fmt.Fprintf(c.out, "%7d ", n)
		}
		fmt.Fprintln(c.out, previous)
	}
	err := c.each(func(_ string, r io.Reader) error {
		return lines(r, func(line string) error {
			if n > 0 && line == previous {
				n++
				return nil
			}
			print()
			previous, n = line, 1
			return nil
		})
	})
	print()
	return err
}

func runCut(c *call) error {
	f := c.flags()
	fieldList, charList, byteList := f.StringP("fields", "f", "", ""), f.StringP("characters", "c", "", ""), f.StringP("bytes", "b", "", "")
	delimiter, onlyDelimited := f.StringP("delimiter", "d", "\t", ""), f.BoolP("only-delimited", "s", false, "")
	if err := c.parse(f); err != nil {
		return err
	}
	list := *fieldList + *charList + *byteList
	chosen, err := parseRanges(list)
	if err != nil || *delimiter == "" || (*fieldList != "") && (*charList+*byteList != "") {
		return c.misuse("one list of fields or characters is needed, such as 1,3-5")
	}
	return c.each(func(_ string, r io.Reader) error {
		return lines(r, func(line string) error {
			var parts []string
			joint := ""
			switch {
			case *fieldList != "":
				if !strings.Contains(line, *delimiter) {
					if !*onlyDelimited {
						fmt.Fprintln(c.out, line)
					}
					return nil
				}
				parts, joint = strings.Split(line, *delimiter), *delimiter
			case *charList != "":
				parts = strings.Split(line, "")
			default:
				for i := range len(line) {
					parts = append(parts, line[i:i+1])
				}
			}
			var kept []string
			for i, part := range parts {
				if chosen(i + 1) {
					kept = append(kept, part)
				}
			}
			fmt.Fprintln(c.out, strings.Join(kept, joint))
			return nil
		})
	})
}

// parseRanges reads a list like "1,3-5,7-" and returns whether a number is in it.
func parseRanges(list string) (func(int) bool, error) {
	type span struct{ from, to int }
	var spans []span
	for part := range strings.SplitSeq(list, ",") {
		first, last, dash := strings.Cut(part, "-")
		s := span{1, 1 << 30}
		var err error
		if first != "" {
			if s.from, err = strconv.Atoi(first); err != nil {
				return nil, err
			}
		}
		switch {
		case !dash && first != "":
			s.to = s.from
		case last != "":
			if s.to, err = strconv.Atoi(last); err != nil {
				return nil, err
			}
		}
		if s.from < 1 || s.to < s.from || part == "" || part == "-" {
			return nil, fmt.Errorf("invalid list %q", list)
		}
		spans = append(spans, s)
	}
	return func(n int) bool {
		return slices.ContainsFunc(spans, func(s span) bool { return s.from <= n && n <= s.to })
	}, nil
}
