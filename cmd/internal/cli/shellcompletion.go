package cli

import (
	"io"

	"github.com/spf13/cobra"
)

// completionCommand prints what a shell needs to complete Berth's command lines: cobra's
// script, which asks `berth __complete`, so that names are those of the moment.
func (a *App) completionCommand() *cobra.Command {
	c := a.noun("completion", "Print the script with which a shell completes command lines")
	c.Use = "completion bash|zsh|fish"
	c.Long = `Print the script with which a shell completes command lines: commands, flags and their
values, containers and images.`
	c.Example = `  source <(berth completion bash)          # in ~/.bashrc
  source <(berth completion zsh)           # in ~/.zshrc, behind compinit
  berth completion fish | source           # in ~/.config/fish/config.fish`
	for _, sh := range []struct {
		name  string
		write func(*cobra.Command, io.Writer) error
	}{
		{"bash", func(root *cobra.Command, w io.Writer) error {
			if _, err := io.WriteString(w, bashFallback); err != nil {
				return err
			}
			return root.GenBashCompletionV2(w, true)
		}},
		{"zsh", func(root *cobra.Command, w io.Writer) error { return root.GenZshCompletion(w) }},
		{"fish", func(root *cobra.Command, w io.Writer) error { return root.GenFishCompletion(w, true) }},
	} {
		c.AddCommand(&cobra.Command{
			Use:               sh.name,
			Short:             "Print the script for " + sh.name,
			Args:              noArgs,
			RunE:              func(cmd *cobra.Command, _ []string) error { return sh.write(cmd.Root(), a.Out) },
			ValidArgsFunction: cobra.NoFileCompletions,
		})
	}
	return c
}

// bashFallback stands in for two functions of the package bash-completion, without
// which cobra's script prints an error at every Tab. It takes words as blanks divide
// them: unlike bash's own COMP_WORDS they keep their colons and equals signs.
const bashFallback = `# For a bash without the package bash-completion.
if ! declare -F _get_comp_words_by_ref >/dev/null; then
    _get_comp_words_by_ref() {
        local line="${COMP_LINE:0:COMP_POINT}"
        read -ra words <<<"$line"
        [[ $line == *[[:space:]] ]] && words+=("")
        cword=$((${#words[@]} - 1))
        cur="${words[cword]}"
        prev="${words[cword > 0 ? cword - 1 : 0]}"
    }
    # Bash replaces only what stands behind the last break of a word.
    __ltrim_colon_completions() {
        local i start="${1%"${1##*[:=]}"}"
        for i in "${!COMPREPLY[@]}"; do
            COMPREPLY[i]="${COMPREPLY[i]#"$start"}"
        done
    }
fi

`
