package seccomp

import (
	"testing"

	"berth/engine"
)

// Whatever a profile says, it gives a program that the kernel's rules allow, or a
// classified error.
func FuzzCompile(f *testing.F) {
	f.Add([]byte(`{"defaultAction":"SCMP_ACT_ALLOW"}`))
	f.Add([]byte(`{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":70000,"syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW"}]}`))
	f.Add([]byte(`{"defaultAction":"SCMP_ACT_KILL","syscalls":[{"names":["open","clone"],"action":"SCMP_ACT_TRACE","args":[{"index":5,"value":1,"valueTwo":2,"op":"SCMP_CMP_MASKED_EQ"}]}]}`))
	f.Fuzz(func(t *testing.T, profile []byte) {
		p, err := resolve(profile, nil)
		if err != nil || p == nil {
			return
		}
		prog, err := compile(p, "amd64")
		if err != nil {
			if engine.ClassOf(err) == engine.ClassUnknown {
				t.Fatalf("unclassified: %v", err)
			}
			return
		}
		for i, ins := range prog {
			to := i + 1 + int(max(ins.Jt, ins.Jf))
			if ins.Code == opJump {
				to = i + 1 + int(ins.K)
			}
			if ins.Code != opRet && to >= len(prog) {
				t.Fatalf("instruction %d leads out of the program", i)
			}
		}
		newSimulator(t, prog).decide(t, known["SCMP_ARCH_X86_64"].audit, 1, [6]uint64{})
	})
}
