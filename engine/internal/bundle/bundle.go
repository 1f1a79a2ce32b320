// Package bundle is the contract between the engine, which prepares a container,
// and the shim, which runs it: one JSON file in the container's directory. It holds
// what the shim can't find out by itself, so that nothing is computed twice between
// `berth run` and execve. It is data only; package runtime turns it into a start plan.
package bundle

import (
	"time"

	"berth/engine/internal/idmap"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// Version is the format that this program writes and reads.
const Version = 1

// FileName is the bundle's file in the container's directory.
const FileName = "bundle.json"

// A Bundle is everything that a shim needs to run one container.
type Bundle struct {
	Version int
	ID      string
	Name    string
	// Image and Labels are told with the container's events.
	Image  string
	Labels map[string]string `json:",omitempty"`
	// EventLog is the directory of the shared event log.
	EventLog string
	// Spec is the OCI runtime configuration. Parts that are used, and stored: Process,
	// Hostname, Domainname, Mounts, Root, and of Linux: Namespaces, MaskedPaths,
	// ReadonlyPaths, Resources, Sysctl, CgroupsPath. Root.Readonly is honoured; Root.Path
	// only if Rootfs.Lower is empty. Process.User is decided by User, but for the umask.
	Spec   *specs.Spec
	Rootfs Rootfs
	// User is the container's user as written: "", "name", "uid", "name:group",
	// "uid:gid". It is looked up in the image's files once the root is mounted.
	User string
	// Seccomp is the compiled filter: struct sock_filter, 8 bytes each, host byte order.
	// Empty means unconfined.
	Seccomp []byte `json:",omitempty"`
	IDMap   idmap.Mapping
	// Init puts a minimal init of ours before the program: it forwards signals and reaps.
	Init bool
	// Stdin keeps the standard input open; without it the program reads an end of file.
	Stdin       bool
	StopSignal  int
	StopTimeout time.Duration // negative waits for ever
	AutoRemove  bool
	Restart     Restart
	Log         Log
	// OpName and Op tie the shim's steps to the operation that began in the engine.
	Op     string
	OpName string
	// StepOffset is the number of steps that the engine published before the shim's first.
	StepOffset int
}

// Rootfs describes the overlay that becomes the container's root. The mount is made
// inside the container's mount namespace, so it vanishes with it.
type Rootfs struct {
	Lower     []string // absolute, top first
	Upper     string
	Work      string
	UserXattr bool // rootless: overlay's user.* attributes
}

// Restart is the restart policy.
type Restart struct {
	Name     string // "no", "always", "unless-stopped", "on-failure"
	MaxRetry int
}

// Log says where output goes.
type Log struct {
	Path    string // json-file log; empty for none
	MaxSize int64  // bytes at which it rotates
	MaxFile int    // files kept, the current one included
}
