package engine

import (
	"context"
	"io"
	"time"
)

// Containers reads and changes containers at rest.
//
// An id is a container's ID, a unique prefix of it, or its name. An unknown one is
// ClassNotFound, an ambiguous prefix ClassConflict.
type Containers interface {
	// CreateContainer makes a container of an image that is in the cache
	// (ClassNotFound if it is not) and returns its ID. Nothing is left after an error.
	CreateContainer(ctx context.Context, cfg ContainerConfig) (CreateResult, error)
	// ListContainers returns containers, newest first.
	ListContainers(ctx context.Context, opts ContainerListOptions) ([]Container, error)
	// InspectContainer returns all that is known of one container.
	InspectContainer(ctx context.Context, id string, opts InspectOptions) (ContainerDetail, error)
	// RenameContainer gives a container another name; ClassConflict if it is taken.
	RenameContainer(ctx context.Context, id, name string) error
	// UpdateContainer changes limits and restart policy, of a running container too.
	UpdateContainer(ctx context.Context, id string, u ContainerUpdate) error
	// RemoveContainer deletes a container with its writable layer and logs.
	// A running one is ClassConflict unless Force is set, which kills it first.
	RemoveContainer(ctx context.Context, id string, opts RemoveContainerOptions) error
	// PruneContainers removes all stopped containers that the filters (until, label) select.
	PruneContainers(ctx context.Context, f Filters) (PruneReport, error)
}

// Lifecycle starts, stops and watches the processes of containers.
type Lifecycle interface {
	// StartContainer starts a created or stopped container. With attach, the client
	// is connected before the program's first instruction. Starting a running
	// container is no error and returns no attachment. ClassCommandNotFound and
	// ClassCommandNotInvokable say that the program can't be executed.
	StartContainer(ctx context.Context, id string, attach *AttachOptions) (Attachment, error)
	// StopContainer sends the stop signal, and SIGKILL after the timeout. A stopped
	// container is no error.
	StopContainer(ctx context.Context, id string, opts StopOptions) error
	// RestartContainer stops, if need be, and starts.
	RestartContainer(ctx context.Context, id string, opts StopOptions) error
	// KillContainer sends a signal ("SIGKILL", "TERM", "9"); ClassConflict if it does not run.
	KillContainer(ctx context.Context, id, signal string) error
	// PauseContainer freezes all processes; ClassUnsupported without a cgroup freezer.
	PauseContainer(ctx context.Context, id string) error
	// UnpauseContainer thaws them.
	UnpauseContainer(ctx context.Context, id string) error
	// WaitContainer blocks until the condition holds and returns the exit status.
	WaitContainer(ctx context.Context, id string, cond WaitCondition) (ExitStatus, error)
	// Processes lists the processes inside, PIDs as seen from the host.
	Processes(ctx context.Context, id string) ([]ProcessInfo, error)
	// Stats returns one reading of the counters; rates are the caller's difference of two.
	Stats(ctx context.Context, id string) (Stats, error)
}

// Files reads and writes the file system of a container, running or not, through
// descriptors that can't leave its root.
type Files interface {
	// DiffContainer lists what the container changed against its image, sorted by path.
	DiffContainer(ctx context.Context, id string) ([]Change, error)
	// CopyFrom writes a tar of the path to w, as Docker's archive API does: one
	// top entry named after the last element of path.
	CopyFrom(ctx context.Context, id, path string, w io.Writer) error
	// CopyTo unpacks a tar into the directory path.
	CopyTo(ctx context.Context, id, path string, r io.Reader, opts CopyToOptions) error
	// StatPath describes one path without following its last link.
	StatPath(ctx context.Context, id, path string) (PathStat, error)
}

// ContainerConfig is what CreateContainer makes. Zero values mean the image's, or Docker's, defaults.
type ContainerConfig struct {
	Name         string // empty: two words are made up
	Image        string
	Platform     string
	Hostname     string // empty: the short ID
	User         string
	WorkingDir   string
	Entrypoint   []string // nil: the image's; empty and not nil: none
	Cmd          []string // nil: the image's, unless Entrypoint is set
	Env          []string // KEY=value; KEY alone removes one of the image's
	Labels       map[string]string
	TTY          bool
	OpenStdin    bool
	StopSignal   string
	StopTimeout  *int // seconds
	ReadOnly     bool
	Tmpfs        map[string]string // path → options
	Mounts       []Mount
	Network      string // "none" (default), "host"
	Resources    Resources
	Ulimits      []Ulimit
	CapAdd       []string
	CapDrop      []string
	SecurityOpts []string // "no-new-privileges", "seccomp=unconfined|FILE", "apparmor=...", "label=..."
	Init         bool
	Restart      RestartPolicy
	AutoRemove   bool
	Console      Size // first size of the terminal
	ExtraHosts   []string
	DNS          []string
	ShmSize      int64 // bytes; 0 for 64 MiB
}

// CreateResult is a new container's ID and what its maker should hear.
type CreateResult struct {
	ID       string
	Warnings []string
}

// A Mount is one --mount or -v.
type Mount struct {
	Type        string // "bind", "tmpfs"
	Source      string // absolute host path
	Target      string
	ReadOnly    bool
	Propagation string // "rprivate" if empty
	Recursive   bool   // rbind
	Create      bool   // make a missing source directory, as -v does
	Size        int64  // tmpfs
	Mode        uint32 // tmpfs
}

// Resources are a container's limits; 0 means none.
type Resources struct {
	NanoCPUs          int64 // --cpus × 1e9
	CPUShares         int64
	CPUPeriod         int64 // microseconds
	CPUQuota          int64
	CpusetCpus        string
	CpusetMems        string
	Memory            int64 // bytes
	MemorySwap        int64 // bytes with memory; -1 unlimited
	MemoryReservation int64
	PidsLimit         int64 // -1 unlimited
	BlkioWeight       uint16
	OomKillDisable    bool
	OomScoreAdj       int
}

// A Ulimit is one resource limit.
type Ulimit struct {
	Name       string // "nofile"
	Soft, Hard int64  // -1 unlimited
}

// RestartPolicy says whether the shim starts the program again after it ended.
type RestartPolicy struct {
	Name     string // "no", "always", "unless-stopped", "on-failure"
	MaxRetry int    // for on-failure; 0 for no end
}

// A ContainerState is where a container stands in its life.
type ContainerState string

// The states, with Docker's words.
const (
	StateCreated    ContainerState = "created"
	StateRunning    ContainerState = "running"
	StatePaused     ContainerState = "paused"
	StateRestarting ContainerState = "restarting"
	StateExited     ContainerState = "exited"
	StateDead       ContainerState = "dead"
)

// Alive reports whether processes of the container exist.
func (s ContainerState) Alive() bool {
	return s == StateRunning || s == StatePaused || s == StateRestarting
}

// A Container is one container as lists show it.
type Container struct {
	ID           string
	Name         string
	Image        string // as the user named it
	ImageID      Digest
	Command      []string // entrypoint and arguments
	Created      time.Time
	Started      time.Time // zero if never
	Finished     time.Time // zero if it never ended
	State        ContainerState
	ExitCode     int
	OOMKilled    bool
	Error        string // why the last start failed
	Pid          int    // of the main process on the host; 0 if none
	RestartCount int
	Labels       map[string]string
	TTY          bool
	OpenStdin    bool
	AutoRemove   bool
	Network      string
	Mounts       []Mount
	SizeRw       int64 // writable layer; filled with Size only
	SizeRootFs   int64 // with the image; filled with Size only
}

// ContainerListOptions selects containers. The zero value selects those that are alive.
type ContainerListOptions struct {
	All     bool
	Last    int // the n newest, whatever their state; 0 for no such limit
	Size    bool
	Filters Filters // id name label exited status ancestor before since volume network
}

// InspectOptions says what InspectContainer fills beyond the records.
type InspectOptions struct {
	Size bool
}

// ContainerDetail is a container with its whole configuration.
type ContainerDetail struct {
	Container
	Config      ContainerConfig // complete: the image's defaults are filled in
	ImageConfig ImageConfig
	User        string
	Hostname    string
	LogPath     string
	RootDir     string // the container's directory on this host
	UpperDir    string
	LowerDirs   []string // top first
	CgroupPath  string
	Namespaces  map[string]uint64 // inode numbers while it runs: "pid", "mnt", ...
	Rootless    bool
	IDMapping   string
	Clients     int // attached now
	Execs       []string
}

// ContainerUpdate is what UpdateContainer changes: nil and zero fields stay as they are.
type ContainerUpdate struct {
	Resources Resources
	Restart   *RestartPolicy
}

// RemoveContainerOptions says how far RemoveContainer goes.
type RemoveContainerOptions struct {
	Force   bool
	Volumes bool // anonymous volumes too
}

// StopOptions override the container's own stop settings.
type StopOptions struct {
	Timeout *int   // seconds; negative waits for ever; nil: the container's, else 10
	Signal  string // empty: the container's, the image's, else SIGTERM
}

// A WaitCondition is what WaitContainer waits for.
type WaitCondition string

// The conditions, with Docker's words.
const (
	WaitNotRunning WaitCondition = "not-running"
	WaitNextExit   WaitCondition = "next-exit"
	WaitRemoved    WaitCondition = "removed"
)

// ProcessInfo is one process of a container.
type ProcessInfo struct {
	Pid, PPid   int // on the host
	InnerPid    int // inside
	UID         int // on the host
	User        string
	State       string // "S", "R", ...
	StateFlags  string // what ps(1) adds to it under STAT: "<" "N" "s" "l" "+"
	TTY         string
	Started     time.Time
	CPUTime     time.Duration
	CPUPercent  float64
	MemPercent  float64 // RSS of the host's memory
	RSS         int64
	VSZ         int64 // virtual size
	Threads     int
	Command     string // argv joined, or the name in brackets
	CommandName string
}

// Stats is one reading of a container's counters. A counter that the host does not keep is -1.
type Stats struct {
	Time        time.Time
	CPUTotal    time.Duration // time used since the start
	CPUs        int           // how many it may use
	Memory      int64         // without the inactive page cache, as Docker shows it
	MemoryLimit int64         // the host's memory if there is no limit
	Pids        int64
	PidsLimit   int64 // 0 for none
	NetRx       int64
	NetTx       int64
	BlockRead   int64
	BlockWrite  int64
	OOMKills    int64
	Throttled   time.Duration
	Source      string // "cgroup1", "cgroup2", "proc" (sums over the processes)
}

// A ChangeKind is what happened to a path.
type ChangeKind byte

// The kinds, with Docker's letters.
const (
	ChangeModified ChangeKind = 'C'
	ChangeAdded    ChangeKind = 'A'
	ChangeDeleted  ChangeKind = 'D'
)

// A Change is one path that differs from the image.
type Change struct {
	Kind ChangeKind
	Path string
}

// CopyToOptions are Docker's options for cp.
type CopyToOptions struct {
	KeepOwner      bool // uid and gid of the entries instead of root's
	NoOverwriteDir bool // a directory must not replace a file, nor a file a directory
}

// PathStat describes a path inside a container.
type PathStat struct {
	Name       string
	Size       int64
	Mode       uint32 // as in fs.FileMode
	ModTime    time.Time
	LinkTarget string
}
