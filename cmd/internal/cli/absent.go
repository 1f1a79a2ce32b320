package cli

import (
	"strings"

	"berth/engine"

	"github.com/spf13/cobra"
)

// absent are Docker's commands that Berth does not have, with what to do instead.
var absent = map[string]string{
	"build":      "Build the image with another tool, push it to a registry, and pull it from there.",
	"builder":    "Berth does not build images, so there is no build cache.",
	"buildx":     "Build the image with another tool, push it to a registry, and pull it from there.",
	"checkpoint": "A container can be frozen with berth pause, but not stored and continued later.",
	"commit":     "What a container changed is listed by berth diff; copy it out with berth cp and build an image of it.",
	"compose":    "Start the containers one by one with berth run.",
	"context":    "There is no daemon to choose: --root and BERTH_ROOT name the state directory.",
	"export":     "Take the files with berth cp CONTAINER:/ -, which writes a tar archive.",
	"import":     "Push the files to a registry as an image, and pull it from there.",
	"load":       "Push the image to a registry, on this machine or elsewhere, and pull it from there.",
	"manifest":   "berth inspect shows the image's digest and platform.",
	"network":    "There are two networks, none and host: choose one with --network.",
	"node":       swarm,
	"plugin":     "Berth has no plugins.",
	"push":       "Push the image with the tool that built it.",
	"save":       "Push the image to a registry, on this machine or elsewhere.",
	"search":     "Search on the registry's web page.",
	"secret":     swarm,
	"config":     swarm,
	"service":    swarm,
	"stack":      swarm,
	"swarm":      swarm,
	"trust":      "Berth verifies every digest; name an image by its digest to pin it.",
	"volume":     "Named volumes are not there yet: give an absolute host path with -v.",
}

const swarm = "Berth runs containers on this machine only."

// unknownCommand refuses a command: one of Docker's by name, any other with what it may have meant.
func unknownCommand(cmd *cobra.Command, name string) error {
	path := strings.TrimPrefix(cmd.CommandPath()+" "+name, "berth ")
	if remedy, ok := absent[name]; ok {
		return engine.Errorf(engine.ClassUnsupported, "%s is not supported yet", path).WithHint("%s", remedy)
	}
	msg := "unknown command \"" + path + "\""
	if near := nearest(name, commandNames(cmd)); near != "" {
		msg += ", did you mean \"" + near + "\"?"
	}
	return &usageError{code: exitFailure, msg: msg}
}
