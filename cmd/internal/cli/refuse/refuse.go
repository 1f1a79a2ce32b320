// Package refuse defines flags that Docker has and Berth does not have yet. They
// parse as Docker's do, so that the rest of the command line is read rightly, and
// then end the command with a sentence that names the flag and says what to do
// instead. A flag that is silently without effect would be worse than none.
package refuse

import (
	"slices"
	"strings"

	"berth/engine"

	"github.com/spf13/pflag"
)

// A Flag is one refused flag.
type Flag struct {
	Name, Short string
	Bool        bool
	// Harmless values ask for what Berth does anyway, so they are let through.
	Harmless []string
	// Remedy is a sentence.
	Remedy string
}

// Given collects the refused flags of one command line.
type Given struct{ errs []error }

// Err returns the refusal of the first one given, ClassUnsupported, or nil.
func (g *Given) Err() error {
	if len(g.errs) == 0 {
		return nil
	}
	return g.errs[0]
}

// Add defines the flags in fs, hidden.
func Add(fs *pflag.FlagSet, flags []Flag) *Given {
	g := &Given{}
	for i := range flags {
		f := &flags[i]
		flag := fs.VarPF(&value{flag: f, given: g}, f.Name, f.Short, "")
		flag.Hidden = true
		if f.Bool {
			flag.NoOptDefVal = "true"
		}
	}
	return g
}

// value notes that its flag was given. Set returns no error, since pflag would wrap
// it into a sentence about an invalid argument.
type value struct {
	flag  *Flag
	given *Given
}

func (v *value) String() string { return "" }

func (v *value) Type() string {
	if v.flag.Bool {
		return "bool"
	}
	return "string"
}

func (v *value) Set(s string) error {
	if slices.Contains(v.flag.Harmless, strings.ToLower(s)) {
		return nil
	}
	v.given.errs = append(v.given.errs, engine.Errorf(engine.ClassUnsupported,
		"--%s is not supported yet", v.flag.Name).WithHint("%s", v.flag.Remedy))
	return nil
}
