package style

import (
	"strings"
	"testing"

	"berth/themes"

	"github.com/charmbracelet/x/ansi"
)

// A style that was written out draws as Lip Gloss does, which writes underlined text
// letter by letter, and something for no text at all.
func TestWrittenStylesDrawAsLipGlossDoes(t *testing.T) {
	for _, o := range []Options{{}, {NoColor: true}} {
		s := New(themes.Builtin()[0], o)
		for name, st := range map[string]Style{
			"text": s.Text, "strong": s.Strong, "selected": s.Selected, "faint": s.Faint, "danger": s.Danger, "idle": s.SelectedIdle, "match": s.Match,
			"tab": s.Muted.Bold(true).Italic(true), "cursor": s.Accent.On(s.Selected), "active": s.Strong.Underline(true),
		} {
			if st.Render("") != "" {
				t.Errorf("%s of nothing is %q", name, st.Render(""))
			}
			for _, text := range []string{"word", "two words", "─▁⣿ é 漢", "a\nb", "tab\tstop"} {
				got, want := st.Render(text), st.Style.Render(text)
				if st.GetUnderline() {
					if ansi.Strip(got) != ansi.Strip(want) || !strings.HasPrefix(want, st.before) {
						t.Errorf("%s of %q is %q, Lip Gloss makes %q", name, text, got, want)
					}
				} else if got != want {
					t.Errorf("%s of %q is %q, Lip Gloss makes %q", name, text, got, want)
				}
			}
		}
	}
}
