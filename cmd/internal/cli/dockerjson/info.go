package dockerjson

import (
	"time"

	"berth/engine"
)

// Info is SystemInfo's answer, as far as Berth has it.
type Info struct {
	Containers         int
	ContainersRunning  int
	ContainersPaused   int
	ContainersStopped  int
	Images             int
	Driver             string
	LoggingDriver      string
	CgroupDriver       string
	CgroupVersion      string
	DefaultRuntime     string
	IndexServerAddress string
	MemoryLimit        bool
	PidsLimit          bool
	CPUShares          bool
	KernelVersion      string
	OperatingSystem    string
	OSType             string
	Architecture       string
	NCPU               int
	MemTotal           int64
	DockerRootDir      string
	Name               string
	ServerVersion      string
	SystemTime         string
	SecurityOptions    []string
	RegistryConfig     RegistryConfig
	Warnings           []string
}

// RegistryConfig says where images come from.
type RegistryConfig struct{ Mirrors []string }

// FromInfo converts i.
func FromInfo(i engine.Info) Info {
	limits := map[string]bool{}
	for _, l := range i.CgroupLimits {
		limits[l] = true
	}
	return Info{
		Containers: i.Containers, ContainersRunning: i.Running, ContainersPaused: i.Paused, ContainersStopped: i.Stopped,
		Images: i.Images, Driver: i.StorageDriver, LoggingDriver: i.LogDriver, CgroupVersion: cgroupVersion(i),
		CgroupDriver: "cgroupfs", DefaultRuntime: "berth", IndexServerAddress: "https://index.docker.io/v1/",
		MemoryLimit: limits["memory"], PidsLimit: limits["pids"], CPUShares: limits["cpu"],
		KernelVersion: i.KernelVersion, OperatingSystem: i.OS, OSType: "linux", Architecture: i.Architecture,
		NCPU: i.CPUs, MemTotal: i.MemTotal, DockerRootDir: i.Root, Name: i.Hostname, ServerVersion: i.Version,
		SystemTime: i.Time.Format(time.RFC3339Nano), SecurityOptions: orEmpty(i.SecurityOpts),
		RegistryConfig: RegistryConfig{Mirrors: orEmpty(i.Mirrors)}, Warnings: orEmpty(i.Warnings),
	}
}

// cgroupVersion is "1" or "2"; where both are mounted the limits are version 1's.
func cgroupVersion(i engine.Info) string {
	if i.CgroupVersion == "hybrid" {
		return "1"
	}
	return i.CgroupVersion
}
