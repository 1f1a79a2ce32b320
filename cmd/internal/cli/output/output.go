// Package output prints lists the way Docker's command line does: as a table with
// aligned columns, as one JSON object a line, or through a Go template. It knows
// rows and columns; what they mean is the business of the commands.
//
// It runs in berth only. The default table never touches text/template, because
// `berth ps` must be done in a few milliseconds.
package output

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// A Field is one value of a row: its name in templates and JSON, and its heading.
type Field struct {
	Name, Heading string
}

// A List describes what a command can print of each object.
type List struct {
	Fields []Field
	// Default names the fields of the plain table, in order.
	Default []string
	// Raw are the lines that the format "raw" prints of each object; nil if it has none.
	Raw []Field
}

// A Row holds one object's values by field name.
type Row map[string]any

// Label returns the value of one label, for templates.
func (r Row) Label(name string) string {
	l, _ := r["Labels"].(Labels)
	return l[name]
}

// Labels print as Docker prints them: "a=1,b=2", sorted.
type Labels map[string]string

// String returns all labels in one line.
func (l Labels) String() string {
	pairs := make([]string, 0, len(l))
	for k, v := range l {
		pairs = append(pairs, k+"="+v)
	}
	slices.Sort(pairs)
	return strings.Join(pairs, ",")
}

// MarshalJSON encodes the labels as one string, as `docker ps --format json` does.
func (l Labels) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	err := JSON(&b, l.String(), "")
	return b.Bytes(), err
}

// Print writes rows in the given format: "" or "table" for the default table,
// "table TEMPLATE", "json", "raw" where the list has it, or "TEMPLATE". It returns an error when the template
// can't be parsed or names an unknown field; nothing has been written then.
func (l List) Print(w io.Writer, format string, rows []Row) error {
	var b bytes.Buffer
	var err error
	switch tmpl, isTable := tableTemplate(format); {
	case isTable && tmpl == "":
		l.table(&b, rows)
	case isTable:
		err = l.templateTable(&b, tmpl, rows)
	case format == "json":
		err = jsonLines(&b, rows)
	case format == "raw" && l.Raw != nil:
		l.raw(&b, rows)
	default:
		err = l.templateLines(&b, format, rows)
	}
	if err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

// tableTemplate splits off the directive "table".
func tableTemplate(format string) (tmpl string, isTable bool) {
	if format == "" || format == "table" {
		return "", true
	}
	if rest, ok := strings.CutPrefix(format, "table "); ok {
		return strings.TrimSpace(rest), true
	}
	return "", false
}

func (l List) heading(name string) string {
	for _, f := range l.Fields {
		if f.Name == name {
			return f.Heading
		}
	}
	return strings.ToUpper(name)
}

// newTabs aligns columns as Docker does: at least ten wide, three blanks between.
func newTabs(w io.Writer) *tabwriter.Writer { return tabwriter.NewWriter(w, 10, 1, 3, ' ', 0) }

func (l List) table(w io.Writer, rows []Row) {
	t := newTabs(w)
	line := make([]string, len(l.Default))
	for i, name := range l.Default {
		line[i] = l.heading(name)
	}
	io.WriteString(t, strings.Join(line, "\t")+"\n")
	for _, r := range rows {
		for i, name := range l.Default {
			line[i] = Escape(text(r[name]))
		}
		io.WriteString(t, strings.Join(line, "\t")+"\n")
	}
	t.Flush()
}

// raw writes "heading: value" lines, and an empty one behind each object.
func (l List) raw(w io.Writer, rows []Row) {
	for _, r := range rows {
		for _, f := range l.Raw {
			io.WriteString(w, f.Heading+": "+Escape(text(r[f.Name]))+"\n")
		}
		io.WriteString(w, "\n")
	}
}

func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case Labels:
		return v.String()
	}
	data, _ := json.Marshal(v)
	return string(data)
}

func jsonLines(w io.Writer, rows []Row) error {
	for _, r := range rows {
		if err := JSON(w, r, ""); err != nil {
			return err
		}
	}
	return nil
}

// JSON writes v and a newline, without HTML's escapes, as Docker does.
func JSON(w io.Writer, v any, indent string) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	return enc.Encode(v)
}
