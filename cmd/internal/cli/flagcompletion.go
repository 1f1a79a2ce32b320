package cli

import (
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// flagValues are what a shell offers behind a flag. A value that ends in "=" wants more.
var flagValues = map[string][]string{
	"network":      {"none", "host"},
	"net":          {"none", "host"},
	"restart":      {"no", "always", "unless-stopped", "on-failure"},
	"pull":         {"always", "missing", "never"},
	"signal":       signalNames,
	"stop-signal":  signalNames,
	"format":       {"json", "table"},
	"type":         {"container", "image"},
	"platform":     {"linux/amd64", "linux/arm64"},
	"security-opt": {"no-new-privileges", "seccomp=unconfined", "seccomp=", "apparmor=", "label=disable"},
	"attach":       {"stdin", "stdout", "stderr"},
	"tail":         {"all"},
	"mount":        {"type=bind,", "type=tmpfs,"},
}

var signalNames = []string{"HUP", "INT", "QUIT", "KILL", "USR1", "USR2", "TERM", "STOP", "CONT", "WINCH"}

// filterKeys are those of --filter by the command's name, filterWords what fits behind one.
var (
	filterKeys = map[string][]string{
		"ps":     {"ancestor=", "before=", "exited=", "id=", "label=", "name=", "network=", "since=", "status=", "volume="},
		"images": {"before=", "dangling=", "label=", "reference=", "since=", "until="},
		"events": {"container=", "event=", "image=", "label=", "op=", "step=", "type="},
		"prune":  {"label=", "until="},
	}
	filterWords = map[string][]string{
		"status":   {"created", "running", "paused", "restarting", "exited", "dead"},
		"network":  {"none", "host"},
		"dangling": {"true", "false"},
		"type":     {"container", "image"},
		"event": {"create", "start", "die", "stop", "kill", "pause", "unpause", "restart", "rename", "update", "destroy",
			"exec_create", "exec_start", "exec_die", "oom", "pull", "tag", "untag", "delete"},
		"op": {"run", "create", "start", "stop", "exec", "pull", "remove"},
	}
)

// completeFlags makes the flags of cmd and all below it offer their values. It is called
// for a shell's questions only: all other command lines do without the tables.
func (a *App) completeFlags(cmd *cobra.Command) {
	for _, c := range cmd.Commands() {
		a.completeFlags(c)
	}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if complete := a.flagCompleter(cmd, f.Name); complete != nil {
			_ = cmd.RegisterFlagCompletionFunc(f.Name, complete) // it fails for a flag that is not there
		}
	})
}

func (a *App) flagCompleter(cmd *cobra.Command, name string) completer {
	switch values, ok := flagValues[name]; {
	case name == "attach" && cmd.Name() == "start": // it has no value there
		return nil
	case ok:
		return offer(values)
	case name == "filter":
		return a.completeFilter(cmd)
	case name == "env" || name == "e":
		return completeEnv
	}
	return nil
}

// offer completes from a list.
func offer(values []string) completer {
	return func(_ *cobra.Command, _ []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
		fitting := withPrefix(values, prefix)
		directive := cobra.ShellCompDirectiveNoFileComp
		if len(fitting) > 0 && strings.HasSuffix(fitting[0], "=") {
			directive |= cobra.ShellCompDirectiveNoSpace
		}
		return fitting, directive
	}
}

func withPrefix(values []string, prefix string) []string {
	var fitting []string
	for _, v := range values {
		if strings.HasPrefix(v, prefix) {
			fitting = append(fitting, v)
		}
	}
	return fitting
}

// completeFilter offers the keys of the command's filters, and behind a key its words.
func (a *App) completeFilter(cmd *cobra.Command) completer {
	keys := filterKeys[cmd.Name()]
	if cmd.Name() == "ls" {
		keys = filterKeys[map[string]string{"container": "ps", "image": "images"}[cmd.Parent().Name()]]
	}
	return func(c *cobra.Command, args []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
		key, value, hasKey := strings.Cut(prefix, "=")
		if !hasKey {
			return offer(keys)(c, args, prefix)
		}
		words := withPrefix(filterWords[key], value)
		switch key {
		case "name", "container", "before", "since":
			if cmd.Name() != "images" {
				words, _ = a.completeContainers(nil)(c, nil, value)
			}
		case "ancestor", "image", "reference":
			words, _ = a.completeImages(c, nil, value)
		}
		for i := range words {
			words[i] = key + "=" + words[i]
		}
		return words, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeEnv offers the names of the shell's own variables.
func completeEnv(_ *cobra.Command, _ []string, prefix string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var names []string
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
