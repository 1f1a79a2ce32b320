package toolbox

import "berth/cmd/internal/toolbox/shell"

func runShell(c *call) error {
	// The shell writes itself and through its children: nothing may wait in a buffer.
	if code := shell.Main(c.args); code != 0 {
		return status(code)
	}
	return nil
}

// runBuiltin runs a tool that is the shell's own as a program, for those who start it without a shell.
func runBuiltin(c *call) error {
	_ = c.out.Flush()
	if code := shell.Builtin(append([]string{c.name}, c.args...)); code != 0 {
		return status(code)
	}
	return nil
}
