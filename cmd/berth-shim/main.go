// Command berth-shim keeps one container alive without berth. It is small because one
// such process exists for each running container.
package main

import (
	"os"

	"berth/engine/shimproc"
)

func main() { os.Exit(shimproc.Main()) }
