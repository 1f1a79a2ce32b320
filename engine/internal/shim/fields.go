package shim

import "berth/engine/internal/jsonfields"

// The fields of what each start and each exec sends, reads or writes, by name.

func (h *wireHello) Fields(c *jsonfields.Codec) { c.Int("Version", &h.Version) }

func (r *wireRequest) Fields(c *jsonfields.Codec) {
	jsonfields.String(c, "Op", &r.Op)
	jsonfields.Pointer(c, "Attach,omitempty", &r.Attach)
	jsonfields.Pointer(c, "Exec,omitempty", &r.Exec)
	jsonfields.String(c, "ExecID,omitempty", &r.ExecID)
	c.Int("Signal,omitempty", &r.Signal)
	jsonfields.Pointer(c, "Size,omitempty", &r.Size)
	c.Raw("Resources,omitempty", &r.Resources)
	c.Raw("Restart,omitempty", &r.Restart)
	jsonfields.String(c, "Name,omitempty", &r.Name)
}

func (s *wireSize) Fields(c *jsonfields.Codec) {
	c.Int("Cols", &s.Cols)
	c.Int("Rows", &s.Rows)
}

func (a *wireAttach) Fields(c *jsonfields.Codec) {
	c.Bool("Stdout", &a.Stdout)
	c.Bool("Stderr", &a.Stderr)
	c.Bool("Stdin", &a.Stdin)
	c.Struct("Size", &a.Size)
	c.Bool("ReadOnly", &a.ReadOnly)
	c.Bool("NoReplay", &a.NoReplay)
	c.Bool("Sizes,omitempty", &a.Sizes)
}

func (e *wireExec) Fields(c *jsonfields.Codec) {
	c.Strings("Cmd", &e.Cmd)
	jsonfields.String(c, "User", &e.User)
	jsonfields.String(c, "WorkingDir", &e.WorkingDir)
	c.Strings("Env", &e.Env)
	c.Bool("TTY", &e.TTY)
	c.Bool("Stdin", &e.Stdin)
	c.Bool("Privileged", &e.Privileged)
	jsonfields.String(c, "Label", &e.Label)
	c.Struct("Size", &e.Size)
}

func (r *wireResponse) Fields(c *jsonfields.Codec) {
	jsonfields.Pointer(c, "Error,omitempty", &r.Error)
	jsonfields.String(c, "ExecID,omitempty", &r.ExecID)
	c.Raw("Execs,omitempty", &r.Execs)
	c.Raw("State,omitempty", &r.State)
}

func (e *wireError) Fields(c *jsonfields.Codec) {
	jsonfields.String(c, "Class", &e.Class)
	jsonfields.String(c, "Msg", &e.Msg)
	jsonfields.String(c, "Hint,omitempty", &e.Hint)
	jsonfields.String(c, "Step,omitempty", &e.Step)
	jsonfields.String(c, "Op,omitempty", &e.Op)
}

func (e *wireExit) Fields(c *jsonfields.Codec) {
	c.Int("Code", &e.Code)
	c.Int("Signal,omitempty", &e.Signal)
	c.Bool("OOMKilled,omitempty", &e.OOMKilled)
	c.Time("At,omitempty", &e.At)
	jsonfields.String(c, "Error,omitempty", &e.Error)
}

// Fields names the record's fields, for package jsonfields.
func (s *Status) Fields(c *jsonfields.Codec) {
	c.Int("Version", &s.Version)
	jsonfields.String(c, "State", &s.State)
	c.Int("Pid,omitempty", &s.Pid)
	jsonfields.Uint(c, "PidStart,omitempty", &s.PidStart)
	c.Int("ShimPid,omitempty", &s.ShimPid)
	jsonfields.String(c, "BootID,omitempty", &s.BootID)
	c.Time("Started,omitempty", &s.Started)
	c.Time("Finished,omitempty", &s.Finished)
	c.Int("ExitCode,omitempty", &s.ExitCode)
	c.Int("Signal,omitempty", &s.Signal)
	c.Bool("OOMKilled,omitempty", &s.OOMKilled)
	jsonfields.String(c, "Error,omitempty", &s.Error)
	c.Int("RestartCount,omitempty", &s.RestartCount)
	c.Bool("Halted,omitempty", &s.Halted)
}
