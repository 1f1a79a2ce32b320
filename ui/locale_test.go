package ui

import "testing"

// Characters beyond ASCII are drawn unless the environment names a locale without them.
func TestLocaleDecidesTheCharacters(t *testing.T) {
	for _, c := range []struct {
		env   []string
		ascii bool
	}{
		{nil, false},
		{[]string{"LANG="}, false},
		{[]string{"LANG=de_DE.UTF-8"}, false},
		{[]string{"LANG=C.utf8"}, false},
		{[]string{"LANG=C"}, true},
		{[]string{"LANG=POSIX"}, true},
		{[]string{"LANG=de_DE.ISO-8859-1"}, true},
		{[]string{"LANG=de_DE.UTF-8", "LC_ALL=C"}, true},
		{[]string{"LC_ALL=C", "LANG=de_DE.UTF-8"}, true},
		{[]string{"LC_ALL=", "LC_CTYPE=C.UTF-8", "LANG=C"}, false},
	} {
		opts := Options{In: noTerminal{}, Out: noTerminal{}, Environ: append(c.env, "TERM=xterm")}
		if err := usable(&opts); err != nil || opts.ASCII != c.ascii {
			t.Errorf("%q: ASCII %v, %v", c.env, opts.ASCII, err)
		}
	}
}

// noTerminal stands for a terminal that is not looked at.
type noTerminal struct{}

func (noTerminal) Read([]byte) (int, error)    { return 0, nil }
func (noTerminal) Write(p []byte) (int, error) { return len(p), nil }
