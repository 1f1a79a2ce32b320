package state

import (
	"berth/engine"
	"berth/engine/internal/jsonfields"
)

// Fields names the fields, for package jsonfields.
func (r *Record) Fields(c *jsonfields.Codec) {
	c.Int("Version", &r.Version)
	jsonfields.String(c, "ID", &r.ID)
	jsonfields.String(c, "Name", &r.Name)
	c.Time("Created", &r.Created)
	jsonfields.String(c, "ImageID", &r.ImageID)
	c.Struct("Config", (*config)(&r.Config))
	c.Struct("ImageConfig", (*imageConfig)(&r.ImageConfig))
	c.Strings("LowerDirs", &r.LowerDirs)
	jsonfields.String(c, "CgroupPath,omitempty", &r.CgroupPath)
	jsonfields.String(c, "Former,omitempty", &r.Former)
}

// Config returns c as an Object for package jsonfields.
func Config(c *engine.ContainerConfig) jsonfields.Object { return (*config)(c) }

// Mount returns m as an Object for package jsonfields.
func Mount(m *engine.Mount) jsonfields.Object { return (*mount)(m) }

type config engine.ContainerConfig

func (f *config) Fields(c *jsonfields.Codec) {
	jsonfields.String(c, "Name", &f.Name)
	jsonfields.String(c, "Image", &f.Image)
	jsonfields.String(c, "Platform", &f.Platform)
	jsonfields.String(c, "Hostname", &f.Hostname)
	jsonfields.String(c, "User", &f.User)
	jsonfields.String(c, "WorkingDir", &f.WorkingDir)
	c.Strings("Entrypoint", &f.Entrypoint)
	c.Strings("Cmd", &f.Cmd)
	c.Strings("Env", &f.Env)
	c.Map("Labels", &f.Labels)
	c.Bool("TTY", &f.TTY)
	c.Bool("OpenStdin", &f.OpenStdin)
	jsonfields.String(c, "StopSignal", &f.StopSignal)
	c.Any("StopTimeout", &f.StopTimeout, false)
	c.Bool("ReadOnly", &f.ReadOnly)
	c.Map("Tmpfs", &f.Tmpfs)
	jsonfields.ListAs(c, "Mounts", &f.Mounts, Mount)
	jsonfields.String(c, "Network", &f.Network)
	c.Struct("Resources", (*resources)(&f.Resources))
	jsonfields.ListAs(c, "Ulimits", &f.Ulimits, func(u *engine.Ulimit) jsonfields.Object { return (*ulimit)(u) })
	c.Strings("CapAdd", &f.CapAdd)
	c.Strings("CapDrop", &f.CapDrop)
	c.Strings("SecurityOpts", &f.SecurityOpts)
	c.Bool("Init", &f.Init)
	c.Struct("Restart", (*restart)(&f.Restart))
	c.Bool("AutoRemove", &f.AutoRemove)
	c.Struct("Console", (*size)(&f.Console))
	c.Strings("ExtraHosts", &f.ExtraHosts)
	c.Strings("DNS", &f.DNS)
	jsonfields.Int(c, "ShmSize", &f.ShmSize)
}

type mount engine.Mount

func (m *mount) Fields(c *jsonfields.Codec) {
	jsonfields.String(c, "Type", &m.Type)
	jsonfields.String(c, "Source", &m.Source)
	jsonfields.String(c, "Target", &m.Target)
	c.Bool("ReadOnly", &m.ReadOnly)
	jsonfields.String(c, "Propagation", &m.Propagation)
	c.Bool("Recursive", &m.Recursive)
	c.Bool("Create", &m.Create)
	jsonfields.Int(c, "Size", &m.Size)
	jsonfields.Uint(c, "Mode", &m.Mode)
}

type resources engine.Resources

func (r *resources) Fields(c *jsonfields.Codec) {
	jsonfields.Int(c, "NanoCPUs", &r.NanoCPUs)
	jsonfields.Int(c, "CPUShares", &r.CPUShares)
	jsonfields.Int(c, "CPUPeriod", &r.CPUPeriod)
	jsonfields.Int(c, "CPUQuota", &r.CPUQuota)
	jsonfields.String(c, "CpusetCpus", &r.CpusetCpus)
	jsonfields.String(c, "CpusetMems", &r.CpusetMems)
	jsonfields.Int(c, "Memory", &r.Memory)
	jsonfields.Int(c, "MemorySwap", &r.MemorySwap)
	jsonfields.Int(c, "MemoryReservation", &r.MemoryReservation)
	jsonfields.Int(c, "PidsLimit", &r.PidsLimit)
	jsonfields.Uint(c, "BlkioWeight", &r.BlkioWeight)
	c.Bool("OomKillDisable", &r.OomKillDisable)
	c.Int("OomScoreAdj", &r.OomScoreAdj)
}

type ulimit engine.Ulimit

func (u *ulimit) Fields(c *jsonfields.Codec) {
	jsonfields.String(c, "Name", &u.Name)
	jsonfields.Int(c, "Soft", &u.Soft)
	jsonfields.Int(c, "Hard", &u.Hard)
}

type restart engine.RestartPolicy

func (r *restart) Fields(c *jsonfields.Codec) {
	jsonfields.String(c, "Name", &r.Name)
	c.Int("MaxRetry", &r.MaxRetry)
}

type size engine.Size

func (s *size) Fields(c *jsonfields.Codec) {
	c.Int("Cols", &s.Cols)
	c.Int("Rows", &s.Rows)
}

type imageConfig engine.ImageConfig

func (i *imageConfig) Fields(c *jsonfields.Codec) {
	jsonfields.String(c, "User", &i.User)
	c.Strings("ExposedPorts", &i.ExposedPorts)
	c.Strings("Env", &i.Env)
	c.Strings("Entrypoint", &i.Entrypoint)
	c.Strings("Cmd", &i.Cmd)
	c.Strings("Volumes", &i.Volumes)
	jsonfields.String(c, "WorkingDir", &i.WorkingDir)
	c.Map("Labels", &i.Labels)
	jsonfields.String(c, "StopSignal", &i.StopSignal)
	c.Strings("Shell", &i.Shell)
	c.Raw("Healthcheck,omitempty", &i.Healthcheck)
}

// Fields names the fields, for package jsonfields.
func (b *Brief) Fields(c *jsonfields.Codec) {
	c.Int("Version", &b.Version)
	jsonfields.String(c, "Name", &b.Name)
	c.Struct("Config", &b.Config)
}

// Fields names the fields, for package jsonfields.
func (b *BriefConfig) Fields(c *jsonfields.Codec) {
	jsonfields.String(c, "User", &b.User)
	jsonfields.String(c, "WorkingDir", &b.WorkingDir)
	jsonfields.String(c, "Hostname", &b.Hostname)
	c.Strings("Env", &b.Env)
}
