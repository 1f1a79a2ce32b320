package toolbox

import (
	"errors"
	"os/exec"
	"strings"

	"github.com/u-root/u-root/pkg/core"
	"github.com/u-root/u-root/pkg/core/base64"
	"github.com/u-root/u-root/pkg/core/chmod"
	"github.com/u-root/u-root/pkg/core/cp"
	"github.com/u-root/u-root/pkg/core/mkdir"
	"github.com/u-root/u-root/pkg/core/mktemp"
	"github.com/u-root/u-root/pkg/core/mv"
	"github.com/u-root/u-root/pkg/core/rm"
	"github.com/u-root/u-root/pkg/core/touch"
	"github.com/u-root/u-root/pkg/core/xargs"
)

// cores are the tools that u-root has as packages.
var cores = map[string]func() core.Command{
	"base64": base64.New,
	"chmod":  chmod.New,
	"cp":     cp.New,
	"mkdir":  mkdir.New,
	"mktemp": mktemp.New,
	"mv":     mv.New,
	"rm":     rm.New,
	"touch":  touch.New,
	"xargs":  xargs.New,
}

// coreFlags are habits that u-root's flags do not know, and what it calls them.
var coreFlags = map[string]map[string]string{
	"chmod": {"-R": "-recursive"},
	"cp":    {"-a": "-r"},
}

// runCore runs one of cores.
func runCore(c *call) error {
	args := make([]string, len(c.args))
	for i, arg := range c.args {
		args[i] = arg
		if own, ok := coreFlags[c.name][arg]; ok {
			args[i] = own
		}
		if arg == "--help" {
			return errHelp
		}
	}
	command := cores[c.name]()
	command.SetIO(c.in, c.out, c.err)
	err := command.Run(args...)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) { // the program that xargs started
		return status(exit.ExitCode())
	}
	if err == nil {
		return nil
	}
	if bare := strings.TrimPrefix(short(err).Error(), c.name+": "); bare != err.Error() {
		return errors.New(bare)
	}
	return err
}
