package demo

import v1 "github.com/google/go-containerregistry/pkg/v1"

// helloMessage is what hello-world prints. The steps are those of the lifecycle stream.
const helloMessage = `
Hello from Berth! You are reading the output of a program that ran
inside a container.

Here is the way it came:

  1. "hello-world" was not in the image cache, so Berth asked a registry which
     digest stands behind that name, and which image fits this processor.
  2. The image's one layer was fetched and unpacked in a single pass. Nothing
     became visible before its checksums, packed and unpacked, had been found right.
  3. The layer was stacked below an empty directory of this container's own: an
     overlay. What the program writes lands there, and the image stays as it is.
  4. A process was made with its own view of process numbers, mounts, network,
     host name and IPC. Its root was switched to that overlay, its privileges
     and its system calls were cut down.
  5. In that process /hello was executed: a few instructions, and this text.
     It is number 1 in there, and it is about to exit with status 0.
  6. The text went through a pipe to the container's shim, a small process that
     keeps the log and the exit status, and from there to your terminal.

See what is left of it:          berth ps -a
Read this again:                 berth logs NAME        (ps shows the name)
Watch every step, with times:    berth events --steps --since 5m
Look around in a container:      berth --demo run -it toolbox sh
`

// makeHello makes hello-world for every machine: one layer with one small program.
func makeHello() (*repository, error) {
	repo := newRepository()
	var images []v1.Descriptor
	for _, m := range machines {
		c := newChangeset()
		c.file("hello", 0o755, root, tinyELF(m, helloMessage))
		data, err := c.bytes()
		if err != nil {
			return nil, err
		}
		image, err := repo.addImage(
			v1.Platform{OS: "linux", Architecture: m.arch},
			v1.Config{Cmd: []string{"/hello"}, Env: []string{searchPath}},
			[]layer{{tar: data, createdBy: "COPY hello /", comment: "assembled by berth"}},
		)
		if err != nil {
			return nil, err
		}
		images = append(images, image)
	}
	repo.addIndex("latest", images)
	return repo, nil
}
