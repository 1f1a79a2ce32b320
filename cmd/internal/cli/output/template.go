package output

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/template"

	"berth/engine"
)

// functions are those that Docker's --format offers.
var functions = template.FuncMap{
	"json":     toJSON,
	"split":    strings.Split,
	"join":     join,
	"title":    titleCase,
	"lower":    strings.ToLower,
	"upper":    strings.ToUpper,
	"pad":      pad,
	"truncate": truncate,
	"println":  fmt.Sprintln,
}

// headingFunctions replace them while a table's headings are made: a heading stays as it is.
var headingFunctions = template.FuncMap{
	"json":     func(v any) string { return fmt.Sprint(v) },
	"split":    func(v any, _ string) string { return fmt.Sprint(v) },
	"join":     func(v any, _ string) string { return fmt.Sprint(v) },
	"title":    func(v any) string { return fmt.Sprint(v) },
	"lower":    func(v any) string { return fmt.Sprint(v) },
	"upper":    func(v any) string { return fmt.Sprint(v) },
	"truncate": func(v any, _ int) string { return fmt.Sprint(v) },
}

func toJSON(v any) (string, error) {
	var b strings.Builder
	err := JSON(&b, v, "")
	return strings.TrimSpace(b.String()), err
}

func join(v any, sep string) string {
	switch v := v.(type) {
	case []string:
		return strings.Join(v, sep)
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = fmt.Sprint(e)
		}
		return strings.Join(parts, sep)
	}
	return fmt.Sprint(v)
}

func titleCase(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func pad(s string, before, after int) string {
	if s == "" {
		return ""
	}
	return strings.Repeat(" ", max(before, 0)) + s + strings.Repeat(" ", max(after, 0))
}

func truncate(s string, n int) string {
	r := []rune(s)
	if n >= 0 && len(r) > n {
		return string(r[:n])
	}
	return s
}

// escapes lets a shell's single quotes carry tabs and newlines.
var escapes = strings.NewReplacer(`\t`, "\t", `\n`, "\n")

// unescape replaces the escapes of a list's template, but for those between {{ and }},
// which are Go's own strings.
func unescape(text string) string {
	var b strings.Builder
	for {
		plain, rest, found := strings.Cut(text, "{{")
		b.WriteString(escapes.Replace(plain))
		if !found {
			return b.String()
		}
		action, after, closed := strings.Cut(rest, "}}")
		b.WriteString("{{" + action)
		if !closed {
			return b.String()
		}
		b.WriteString("}}")
		text = after
	}
}

// Parse reads the --format template of one object. A mistake in it is ClassInvalid.
// Unlike that of a list it is taken as it is: Docker prints \t there.
func Parse(text string) (*template.Template, error) {
	t, err := template.New("").Option("missingkey=error").Funcs(functions).Parse(text)
	if err != nil {
		return nil, engine.Errorf(engine.ClassInvalid, "parse --format: %s", plain(err))
	}
	return t, nil
}

// plain strips text/template's own preamble from an error.
func plain(err error) string {
	s := strings.TrimPrefix(err.Error(), "template: ")
	if _, rest, ok := strings.Cut(s, ": "); ok && strings.HasPrefix(s, ":") {
		s = rest
	}
	return strings.TrimPrefix(s, `executing "" at `)
}

func (l List) execute(t *template.Template, w io.Writer, data any) error {
	err := t.Execute(w, data)
	if err == nil {
		return nil
	}
	e := engine.Errorf(engine.ClassInvalid, "execute --format: %s", plain(err))
	if len(l.Fields) > 0 {
		names := make([]string, len(l.Fields))
		for i, f := range l.Fields {
			names[i] = f.Name
		}
		return e.WithHint("The fields are %s.", strings.Join(names, ", "))
	}
	return e
}

func (l List) templateLines(w io.Writer, text string, rows []Row) error {
	t, err := Parse(unescape(text))
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := l.execute(t, w, r); err != nil {
			return err
		}
		io.WriteString(w, "\n")
	}
	return nil
}

// headings stands in for a row while the table's first line is made.
type headings map[string]any

// Label heads a column of label values with what stands behind the label's last dot, as Docker does.
func (headings) Label(name string) string {
	return strings.NewReplacer("-", " ", "_", " ").Replace(name[strings.LastIndexByte(name, '.')+1:])
}

func (l List) templateTable(w io.Writer, text string, rows []Row) error {
	text = unescape(text)
	t, err := Parse(text)
	if err != nil {
		return err
	}
	head := headings{}
	for _, f := range l.Fields {
		head[f.Name] = f.Heading
	}
	first, err := template.Must(t.Clone()).Funcs(headingFunctions).Parse(text)
	if err != nil {
		return engine.Errorf(engine.ClassInvalid, "parse --format: %s", plain(err))
	}
	tabs := newTabs(w)
	if err := l.execute(first, tabs, head); err != nil {
		return err
	}
	io.WriteString(tabs, "\n")
	for _, r := range rows {
		var line bytes.Buffer
		if err := l.execute(t, &line, r); err != nil {
			return err
		}
		io.WriteString(tabs, line.String()+"\n")
	}
	return tabs.Flush()
}

// Document prints one value through a template, as `docker inspect --format`
// does: first with Go's field names, then with the keys of its JSON.
func Document(w io.Writer, t *template.Template, v any) error {
	var b bytes.Buffer
	first := t.Execute(&b, v)
	if first != nil {
		b.Reset()
		raw, err := json.Marshal(v)
		if err != nil {
			return err
		}
		dec := json.NewDecoder(bytes.NewReader(raw))
		dec.UseNumber()
		var generic any
		if err := dec.Decode(&generic); err != nil {
			return err
		}
		if err := t.Execute(&b, generic); err != nil {
			return engine.Errorf(engine.ClassInvalid, "execute --format: %s", plain(err))
		}
	}
	b.WriteByte('\n')
	_, err := w.Write(b.Bytes())
	return err
}
