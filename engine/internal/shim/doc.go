// Package shim keeps one running container alive without berth.
//
// One shim process exists for each running container. It is the container's parent
// and subreaper; it owns the terminal or the pipes, the screen, the log, the exit
// status, the exec sessions and the restart policy. berth starts it and talks with it
// over a unix socket in the container's directory. berth may end, crash or be killed
// at any moment: the shim does not notice. When the container has ended and its last
// client has all output, the shim ends too.
//
// The package has two sides. [Main] is the shim process itself. [Start], [Dial] and
// [Client] run in berth, and [ReadStatus] reads from disk what a shim recorded, right
// whatever happened to that shim.
//
// # Files in the container's directory
//
//	bundle.json   what to run; written by the engine before the start
//	status.json   how it stands; written by the shim, and by who settles what a killed
//	              one left; replaced atomically
//	shim.lock     locked (flock) as long as the shim lives: its liveness
//	shim.sock     the socket, mode 0600; beside a free lock, the mark of a shim that
//	              was killed before all was told and done: see [Settle]
//	shim.log      faults of the shim itself; empty on a good day
//
// # Conversation
//
// A connection carries frames: four bytes of length (big endian, of the payload), one
// byte of type, the payload. Control payloads are JSON.
//
//	client                                  shim
//	hello {Version}                   ──▶
//	request {Op, ...}                 ──▶
//	                                  ◀──   hello {Version}
//	                                  ◀──   response {Error | result}
//	request ...                       ──▶   (any number, one after the other)
//
// After the response to an attaching request the connection carries streams:
//
//	stdin, close stdin, resize, detach ──▶
//	                                  ◀──   stdout, stderr, credit
//	                                  ◀──   exit {ExitStatus}, the last frame
//
// A client may have session.Window bytes of standard input under way and gets credit
// for what the program took. So the shim never has to stop reading from a client, and
// a detach or resize gets through whatever the program does.
//
// The first conversation runs over a socket pair that the shim inherits as descriptor
// 3, so that the first client is attached before the program's first instruction.
package shim
