// Command berth-toolbox is the program inside the toolbox image: a shell and small
// tools in one static executable that looks at the name it was called by. Berth's
// built-in registry makes the image of it; on the host it serves for nothing else.
package main

import (
	"os"

	"berth/cmd/internal/toolbox"
)

func main() {
	os.Exit(toolbox.Main(os.Args))
}
