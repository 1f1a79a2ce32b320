package bundle

import (
	"berth/engine/internal/idmap"
	"berth/engine/internal/jsonfields"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// What the file has: all of a Bundle, and of the runtime specification what a Bundle uses.

// Fields names the fields, for package jsonfields.
func (b *Bundle) Fields(c *jsonfields.Codec) {
	c.Int("Version", &b.Version)
	jsonfields.String(c, "ID", &b.ID)
	jsonfields.String(c, "Name", &b.Name)
	jsonfields.String(c, "Image", &b.Image)
	c.Map("Labels,omitempty", &b.Labels)
	jsonfields.String(c, "EventLog", &b.EventLog)
	jsonfields.PointerAs(c, "Spec", &b.Spec, func(s *specs.Spec) jsonfields.Object { return (*spec)(s) })
	c.Struct("Rootfs", &b.Rootfs)
	jsonfields.String(c, "User", &b.User)
	c.Bytes("Seccomp,omitempty", &b.Seccomp)
	c.Struct("IDMap", (*mapping)(&b.IDMap))
	c.Bool("Init", &b.Init)
	c.Bool("Stdin", &b.Stdin)
	c.Int("StopSignal", &b.StopSignal)
	jsonfields.Int(c, "StopTimeout", &b.StopTimeout)
	c.Bool("AutoRemove", &b.AutoRemove)
	c.Struct("Restart", &b.Restart)
	c.Struct("Log", &b.Log)
	jsonfields.String(c, "Op", &b.Op)
	jsonfields.String(c, "OpName", &b.OpName)
	c.Int("StepOffset", &b.StepOffset)
}

// Fields names the fields, for package jsonfields.
func (r *Rootfs) Fields(c *jsonfields.Codec) {
	c.Strings("Lower", &r.Lower)
	jsonfields.String(c, "Upper", &r.Upper)
	jsonfields.String(c, "Work", &r.Work)
	c.Bool("UserXattr", &r.UserXattr)
}

// Fields names the fields, for package jsonfields.
func (r *Restart) Fields(c *jsonfields.Codec) {
	jsonfields.String(c, "Name", &r.Name)
	c.Int("MaxRetry", &r.MaxRetry)
}

// Fields names the fields, for package jsonfields.
func (l *Log) Fields(c *jsonfields.Codec) {
	jsonfields.String(c, "Path", &l.Path)
	jsonfields.Int(c, "MaxSize", &l.MaxSize)
	c.Int("MaxFile", &l.MaxFile)
}

type mapping idmap.Mapping

func (m *mapping) Fields(c *jsonfields.Codec) {
	jsonfields.String(c, "Mode", &m.Mode)
	ranges := func(r *idmap.Range) jsonfields.Object { return (*idRange)(r) }
	jsonfields.ListAs(c, "UIDs", &m.UIDs, ranges)
	jsonfields.ListAs(c, "GIDs", &m.GIDs, ranges)
	jsonfields.String(c, "Hint,omitempty", &m.Hint)
}

type idRange idmap.Range

func (r *idRange) Fields(c *jsonfields.Codec) {
	jsonfields.Uint(c, "Container", &r.Container)
	jsonfields.Uint(c, "Host", &r.Host)
	jsonfields.Uint(c, "Size", &r.Size)
}

type spec specs.Spec

func (s *spec) Fields(c *jsonfields.Codec) {
	jsonfields.String(c, "ociVersion", &s.Version)
	jsonfields.PointerAs(c, "process,omitempty", &s.Process, func(p *specs.Process) jsonfields.Object { return (*process)(p) })
	jsonfields.PointerAs(c, "root,omitempty", &s.Root, func(r *specs.Root) jsonfields.Object { return (*root)(r) })
	jsonfields.String(c, "hostname,omitempty", &s.Hostname)
	jsonfields.String(c, "domainname,omitempty", &s.Domainname)
	jsonfields.ListAs(c, "mounts,omitempty", &s.Mounts, func(m *specs.Mount) jsonfields.Object { return (*mount)(m) })
	jsonfields.PointerAs(c, "linux,omitempty", &s.Linux, func(l *specs.Linux) jsonfields.Object { return (*linux)(l) })
}

type process specs.Process

func (p *process) Fields(c *jsonfields.Codec) {
	c.Bool("terminal,omitempty", &p.Terminal)
	c.Any("consoleSize,omitempty", &p.ConsoleSize, p.ConsoleSize == nil)
	c.Struct("user", (*user)(&p.User))
	c.Strings("args,omitempty", &p.Args)
	c.Strings("env,omitempty", &p.Env)
	jsonfields.String(c, "cwd", &p.Cwd)
	jsonfields.PointerAs(c, "capabilities,omitempty", &p.Capabilities, func(s *specs.LinuxCapabilities) jsonfields.Object { return (*capabilities)(s) })
	c.Any("rlimits,omitempty", &p.Rlimits, len(p.Rlimits) == 0)
	c.Bool("noNewPrivileges,omitempty", &p.NoNewPrivileges)
	c.Any("oomScoreAdj,omitempty", &p.OOMScoreAdj, p.OOMScoreAdj == nil)
}

type user specs.User

func (u *user) Fields(c *jsonfields.Codec) {
	jsonfields.Uint(c, "uid", &u.UID)
	jsonfields.Uint(c, "gid", &u.GID)
	c.Any("umask,omitempty", &u.Umask, u.Umask == nil)
}

type capabilities specs.LinuxCapabilities

func (s *capabilities) Fields(c *jsonfields.Codec) {
	c.Strings("bounding,omitempty", &s.Bounding)
	c.Strings("effective,omitempty", &s.Effective)
	c.Strings("inheritable,omitempty", &s.Inheritable)
	c.Strings("permitted,omitempty", &s.Permitted)
	c.Strings("ambient,omitempty", &s.Ambient)
}

type root specs.Root

func (r *root) Fields(c *jsonfields.Codec) {
	jsonfields.String(c, "path", &r.Path)
	c.Bool("readonly,omitempty", &r.Readonly)
}

type mount specs.Mount

func (m *mount) Fields(c *jsonfields.Codec) {
	jsonfields.String(c, "destination", &m.Destination)
	jsonfields.String(c, "type,omitempty", &m.Type)
	jsonfields.String(c, "source,omitempty", &m.Source)
	c.Strings("options,omitempty", &m.Options)
}

type linux specs.Linux

func (l *linux) Fields(c *jsonfields.Codec) {
	c.Map("sysctl,omitempty", &l.Sysctl)
	c.Any("resources,omitempty", &l.Resources, l.Resources == nil)
	jsonfields.String(c, "cgroupsPath,omitempty", &l.CgroupsPath)
	jsonfields.ListAs(c, "namespaces,omitempty", &l.Namespaces, func(n *specs.LinuxNamespace) jsonfields.Object { return (*namespace)(n) })
	c.Strings("maskedPaths,omitempty", &l.MaskedPaths)
	c.Strings("readonlyPaths,omitempty", &l.ReadonlyPaths)
}

type namespace specs.LinuxNamespace

func (n *namespace) Fields(c *jsonfields.Codec) {
	jsonfields.String(c, "type", &n.Type)
	jsonfields.String(c, "path,omitempty", &n.Path)
}
