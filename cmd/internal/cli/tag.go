package cli

import "github.com/spf13/cobra"

func (a *App) tagCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "tag SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
		Short: "Create a tag TARGET_IMAGE that refers to SOURCE_IMAGE",
		Args:  exactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			eng, err := a.engine(cmd.Context())
			if err != nil {
				return err
			}
			return eng.TagImage(cmd.Context(), args[0], args[1])
		},
		ValidArgsFunction: a.completeImages,
	}
}
