package dockerjson

import (
	"strings"

	"berth/engine"
)

// HostConfig is the part of a container's configuration that depends on the host.
type HostConfig struct {
	Binds           []string
	ContainerIDFile string
	LogConfig       LogConfig
	NetworkMode     string
	PortBindings    map[string][]PortBinding
	RestartPolicy   RestartPolicy
	AutoRemove      bool
	VolumeDriver    string
	VolumesFrom     []string
	ConsoleSize     [2]int // height first
	CapAdd          []string
	CapDrop         []string
	CgroupnsMode    string
	Dns             []string
	DnsOptions      []string
	DnsSearch       []string
	ExtraHosts      []string
	GroupAdd        []string
	IpcMode         string
	Cgroup          string
	Links           []string
	OomScoreAdj     int
	PidMode         string
	Privileged      bool
	PublishAllPorts bool
	ReadonlyRootfs  bool
	SecurityOpt     []string
	Tmpfs           map[string]string `json:",omitempty"`
	UTSMode         string
	UsernsMode      string
	ShmSize         int64
	Runtime         string
	Isolation       string
	CpuShares       int64
	Memory          int64
	NanoCpus        int64
	CgroupParent    string
	BlkioWeight     uint16
	blockIO
	CpuPeriod          int64
	CpuQuota           int64
	CpuRealtimePeriod  int64
	CpuRealtimeRuntime int64
	CpusetCpus         string
	CpusetMems         string
	Devices            []string
	DeviceCgroupRules  []string
	DeviceRequests     []string
	MemoryReservation  int64
	MemorySwap         int64
	MemorySwappiness   *int64
	OomKillDisable     bool
	PidsLimit          *int64
	Ulimits            []Ulimit
	CpuCount           int64
	CpuPercent         int64
	IOMaximumIOps      uint64
	IOMaximumBandwidth uint64
	MaskedPaths        []string `json:",omitempty"`
	ReadonlyPaths      []string `json:",omitempty"`
	Init               *bool    `json:",omitempty"`
	Mounts             []Mount  `json:",omitempty"`
}

// blockIO are limits for single devices, which Berth does not have. The keys are Docker's.
type blockIO struct {
	BlkioWeightDevice    []string
	BlkioDeviceReadBps   []string
	BlkioDeviceWriteBps  []string
	BlkioDeviceReadIOps  []string
	BlkioDeviceWriteIOps []string
}

// noBlockIO are the empty lists that Docker shows.
var noBlockIO = blockIO{[]string{}, []string{}, []string{}, []string{}, []string{}}

// LogConfig names the form of the logs.
type LogConfig struct {
	Type   string
	Config map[string]string
}

// RestartPolicy is when the program is started again.
type RestartPolicy struct {
	Name              string
	MaximumRetryCount int
}

// A Ulimit is one resource limit.
type Ulimit struct {
	Name       string
	Hard, Soft int64
}

// A Mount is one mount as it was asked for with --mount.
type Mount struct {
	Type     string
	Source   string `json:",omitempty"`
	Target   string
	ReadOnly bool `json:",omitempty"`
}

const defaultShmSize = 64 << 20

func hostConfig(d engine.ContainerDetail) HostConfig {
	cfg := d.Config
	res := cfg.Resources
	h := HostConfig{
		LogConfig:      LogConfig{Type: "json-file", Config: map[string]string{}},
		NetworkMode:    cfg.Network,
		PortBindings:   map[string][]PortBinding{},
		RestartPolicy:  RestartPolicy{Name: cfg.Restart.Name, MaximumRetryCount: cfg.Restart.MaxRetry},
		AutoRemove:     cfg.AutoRemove,
		ConsoleSize:    [2]int{cfg.Console.Rows, cfg.Console.Cols},
		CapAdd:         capabilities(cfg.CapAdd),
		CapDrop:        capabilities(cfg.CapDrop),
		CgroupnsMode:   "private",
		Dns:            orEmpty(cfg.DNS),
		DnsOptions:     []string{},
		DnsSearch:      []string{},
		ExtraHosts:     cfg.ExtraHosts,
		IpcMode:        "private",
		OomScoreAdj:    res.OomScoreAdj,
		ReadonlyRootfs: cfg.ReadOnly,
		SecurityOpt:    cfg.SecurityOpts,
		Tmpfs:          cfg.Tmpfs,
		ShmSize:        cfg.ShmSize,
		Runtime:        "berth",
		CpuShares:      res.CPUShares, Memory: res.Memory, NanoCpus: res.NanoCPUs, CgroupParent: "",
		BlkioWeight: res.BlkioWeight, CpuPeriod: res.CPUPeriod, CpuQuota: res.CPUQuota,
		CpusetCpus: res.CpusetCpus, CpusetMems: res.CpusetMems, Devices: []string{},
		MemoryReservation: res.MemoryReservation, MemorySwap: res.MemorySwap, OomKillDisable: res.OomKillDisable,
		Ulimits: []Ulimit{}, blockIO: noBlockIO,
	}
	if h.ShmSize == 0 {
		h.ShmSize = defaultShmSize
	}
	if h.Memory > 0 && h.MemorySwap == 0 {
		h.MemorySwap = 2 * h.Memory // what the engine sets, as Docker does
	}
	if res.PidsLimit != 0 {
		h.PidsLimit = &res.PidsLimit
	}
	if cfg.Init {
		h.Init = &cfg.Init
	}
	for _, u := range cfg.Ulimits {
		h.Ulimits = append(h.Ulimits, Ulimit{Name: u.Name, Hard: u.Hard, Soft: u.Soft})
	}
	for _, m := range cfg.Mounts {
		if m.Type == "bind" && m.Create {
			h.Binds = append(h.Binds, bind(m))
		} else {
			h.Mounts = append(h.Mounts, Mount{Type: m.Type, Source: m.Source, Target: m.Target, ReadOnly: m.ReadOnly})
		}
	}
	return h
}

// capabilities writes their names as the kernel does, however they were given.
func capabilities(names []string) []string {
	if names == nil {
		return nil
	}
	full := make([]string, len(names))
	for i, n := range names {
		full[i] = strings.ToUpper(n)
		if full[i] != "ALL" && !strings.HasPrefix(full[i], "CAP_") {
			full[i] = "CAP_" + full[i]
		}
	}
	return full
}

// bind is a mount in the form of -v.
func bind(m engine.Mount) string {
	s := m.Source + ":" + m.Target
	var opts []string
	if m.ReadOnly {
		opts = append(opts, "ro")
	}
	if m.Propagation != "" && m.Propagation != "rprivate" {
		opts = append(opts, m.Propagation)
	}
	if len(opts) > 0 {
		s += ":" + strings.Join(opts, ",")
	}
	return s
}
