package cli

import (
	"fmt"
	"strings"

	"berth/cmd/internal/cli/refuse"
	"berth/engine"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// filterFlag is Docker's --filter: key=value, any number of times.
type filterFlag struct{ filters engine.Filters }

func (f *filterFlag) String() string { return "" }
func (f *filterFlag) Type() string   { return "filter" }
func (f *filterFlag) Set(s string) error {
	if s == "" {
		return nil // Docker reads it as no filter, and scripts have --filter "$MORE"
	}
	key, value, ok := strings.Cut(s, "=")
	key = strings.ToLower(strings.TrimSpace(key))
	if !ok || key == "" {
		return fmt.Errorf("the form is key=value")
	}
	if f.filters == nil {
		f.filters = engine.Filters{}
	}
	f.filters[key] = append(f.filters[key], strings.TrimSpace(value))
	return nil
}

// formatHelp is the same for every list.
const formatHelp = "Format output: 'table' (default), 'table TEMPLATE', 'json', or a Go 'TEMPLATE'"

// documentHelp is the same for every object.
const documentHelp = "Format output: 'json', or a Go 'TEMPLATE'"

// refuseFlags gives cmd flags that end it with exit code 125 and a remedy.
func refuseFlags(cmd *cobra.Command, flags ...refuse.Flag) {
	given := refuse.Add(cmd.Flags(), flags)
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if err := given.Err(); err != nil {
			return &statusError{code: exitEngine, err: err}
		}
		return nil
	}
}

// stopAtFirstArgument ends the flags at the first argument: what follows belongs to
// the container's command.
func stopAtFirstArgument(fs *pflag.FlagSet) { fs.SetInterspersed(false) }
