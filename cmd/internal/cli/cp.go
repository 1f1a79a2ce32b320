package cli

import "github.com/spf13/cobra"

func (a *App) copyCommand() *cobra.Command { return &cobra.Command{Use: "cp"} }
