package engine

import (
	"context"
	"io"
	"time"
)

// An Engine is the whole contract. Consumers declare the few parts they need.
type Engine interface {
	Images
	Registries
	Containers
	Lifecycle
	Files
	Streams
	Watcher
	System
	// Close ends watches and pulls of this process. Containers run on.
	io.Closer
}

// System tells about the host and the state directory.
type System interface {
	// Info describes the engine, the host and what the state directory holds.
	Info(ctx context.Context) (Info, error)
	// Doctor tries what Berth needs of the host, one Check for each ability.
	Doctor(ctx context.Context) ([]Check, error)
}

// Info is what `info` and `version` show.
type Info struct {
	Version        string
	Commit         string
	GoVersion      string
	Root           string // state directory
	Rootless       bool
	IDMapping      string // "host", "1 id", "65536 ids"
	KernelVersion  string
	OS             string // PRETTY_NAME of os-release
	Architecture   string
	Hostname       string
	CPUs           int
	MemTotal       int64
	CgroupVersion  string   // "1", "2", "hybrid", "none"
	CgroupLimits   []string // which of cpu, memory, pids, io can be set
	SecurityOpts   []string
	StorageDriver  string
	LogDriver      string
	Demo           bool // the built-in registry stands in for Docker Hub
	Mirrors        []string
	Images         int
	Containers     int
	Running        int
	Paused         int
	Stopped        int
	DiskImages     int64
	DiskContainers int64
	DiskFree       int64
	Time           time.Time
	Warnings       []string
}

// A CheckStatus is the outcome of a doctor's check.
type CheckStatus string

// The outcomes: fine, works with limits, does not work.
const (
	CheckOK   CheckStatus = "ok"
	CheckWarn CheckStatus = "warn"
	CheckFail CheckStatus = "fail"
)

// A Check is one finding about the host.
type Check struct {
	Name   string // "kernel", "overlay", "cgroup memory", ...
	Status CheckStatus
	Detail string // what was found, in one line
	Remedy string // the exact command or setting that helps; empty if OK
}
