package cli

import (
	"github.com/spf13/cobra"
)

// noArgs refuses arguments.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("'%s' accepts no arguments", cmd.CommandPath())
	}
	return nil
}

// minArgs requires at least n arguments.
func minArgs(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < n {
			return usagef("'%s' requires at least %d %s", cmd.CommandPath(), n, plural(n))
		}
		return nil
	}
}

// maxArgs allows at most n arguments.
func maxArgs(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > n {
			return usagef("'%s' accepts at most %d %s", cmd.CommandPath(), n, plural(n))
		}
		return nil
	}
}

// exactArgs requires n arguments.
func exactArgs(n int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usagef("'%s' requires %d %s", cmd.CommandPath(), n, plural(n))
		}
		return nil
	}
}

func plural(n int) string {
	if n == 1 {
		return "argument"
	}
	return "arguments"
}
