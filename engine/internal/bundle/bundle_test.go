package bundle

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"berth/engine/internal/idmap"
	"berth/engine/internal/jsonfields"
	"berth/engine/internal/jsonfields/fieldstest"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// full is a bundle with a value in every part that is used.
func full() *Bundle {
	umask, adj, memory := uint32(0o027), 300, int64(64<<20)
	return &Bundle{
		Version: Version, ID: "abc", Name: "n", Image: "i", Labels: map[string]string{"k": "v"}, EventLog: "/events",
		Spec: &specs.Spec{
			Version: specs.Version, Hostname: "h", Domainname: "d", Root: &specs.Root{Path: "/r", Readonly: true},
			Process: &specs.Process{
				Terminal: true, ConsoleSize: &specs.Box{Width: 80, Height: 24}, User: specs.User{Umask: &umask},
				Args: []string{"a"}, Env: []string{"E=1"}, Cwd: "/w", NoNewPrivileges: true, OOMScoreAdj: &adj,
				Capabilities: &specs.LinuxCapabilities{Bounding: []string{"CAP_KILL"}},
				Rlimits:      []specs.POSIXRlimit{{Type: "RLIMIT_NOFILE", Soft: 1, Hard: 2}},
			},
			Mounts: []specs.Mount{{Destination: "/m", Type: "bind", Source: "/s", Options: []string{"ro"}}},
			Linux: &specs.Linux{
				Namespaces:  []specs.LinuxNamespace{{Type: specs.PIDNamespace, Path: "/p"}},
				MaskedPaths: []string{"/a"}, ReadonlyPaths: []string{"/b"}, CgroupsPath: "/c",
				Sysctl:    map[string]string{"net.a": "1"},
				Resources: &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: &memory}},
			},
		},
		Rootfs: Rootfs{Lower: []string{"/l"}, Upper: "/u", Work: "/w", UserXattr: true},
		User:   "1:2", Seccomp: []byte{1, 2, 3, 4, 5, 6, 7, 8},
		IDMap: idmap.Mapping{Mode: idmap.Ranges, UIDs: []idmap.Range{{Size: 1}}},
		Init:  true, Stdin: true, StopSignal: 15, StopTimeout: time.Second, AutoRemove: true,
		Restart: Restart{Name: "on-failure", MaxRetry: 3},
		Log:     Log{Path: "/log", MaxSize: 1, MaxFile: 2},
		Op:      "op", OpName: "start", StepOffset: 4,
	}
}

func TestBundleArrivesAsItWasWritten(t *testing.T) {
	dir := t.TempDir()
	for _, want := range []*Bundle{full(), {Version: Version}, {Version: Version, Spec: &specs.Spec{Linux: &specs.Linux{}}}} {
		if err := want.Write(dir); err != nil {
			t.Fatal(err)
		}
		got, err := Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

func TestBundleIsWhatPackageJSONReadsAndWrites(t *testing.T) {
	for _, want := range []*Bundle{full(), {}} {
		data, err := jsonfields.Append(nil, want)
		if err != nil {
			t.Fatal(err)
		}
		got := &Bundle{}
		if err := json.Unmarshal(data, got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s\nis %+v, %v", data, got, err)
		}
		if data, err = json.Marshal(want); err != nil {
			t.Fatal(err)
		}
		got = &Bundle{}
		if err := jsonfields.Parse(data, got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s\nis %+v, %v", data, got, err)
		}
	}
	for _, o := range []jsonfields.Object{&Rootfs{}, &Restart{}, &Log{}, &mapping{}, &root{}, &namespace{}, &capabilities{}} {
		fieldstest.Same(t, o)
	}
}

func TestBundleOfAnotherVersionIsRefused(t *testing.T) {
	dir := t.TempDir()
	for _, text := range []string{`{"Version":99}`, `{"Version":1`, ``} {
		if err := os.WriteFile(filepath.Join(dir, FileName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if b, err := Read(dir); err == nil {
			t.Errorf("%q was read as %+v", text, b)
		}
	}
}
