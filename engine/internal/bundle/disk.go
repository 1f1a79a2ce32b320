package bundle

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

// A document is a Bundle as the file has it. Its Spec takes the place of the Bundle's.
//
// Package json learns a type with all that it could hold when it first meets it. For
// specs.Spec, with its parts for five other systems, that takes longer than anything
// else between `berth run` and the fork, once in berth and once in each shim.
type document struct {
	*Bundle
	Spec *spec
}

// A spec is what a Bundle uses of specs.Spec, under the same names.
type spec struct {
	Version    string         `json:"ociVersion"`
	Process    *specs.Process `json:"process,omitempty"`
	Root       *specs.Root    `json:"root,omitempty"`
	Hostname   string         `json:"hostname,omitempty"`
	Domainname string         `json:"domainname,omitempty"`
	Mounts     []specs.Mount  `json:"mounts,omitempty"`
	Linux      *linux         `json:"linux,omitempty"`
}

// A linux is what a Bundle uses of specs.Linux.
type linux struct {
	Sysctl        map[string]string      `json:"sysctl,omitempty"`
	Resources     json.RawMessage        `json:"resources,omitempty"` // specs.LinuxResources; few containers have them
	CgroupsPath   string                 `json:"cgroupsPath,omitempty"`
	Namespaces    []specs.LinuxNamespace `json:"namespaces,omitempty"`
	MaskedPaths   []string               `json:"maskedPaths,omitempty"`
	ReadonlyPaths []string               `json:"readonlyPaths,omitempty"`
}

// Write puts b into dir: a reader finds it whole or not at all.
func (b *Bundle) Write(dir string) error {
	doc := document{Bundle: b}
	if s := b.Spec; s != nil {
		doc.Spec = &spec{
			Version: s.Version, Process: s.Process, Root: s.Root,
			Hostname: s.Hostname, Domainname: s.Domainname, Mounts: s.Mounts,
		}
		if l := s.Linux; l != nil {
			doc.Spec.Linux = &linux{
				Sysctl: l.Sysctl, CgroupsPath: l.CgroupsPath, Namespaces: l.Namespaces,
				MaskedPaths: l.MaskedPaths, ReadonlyPaths: l.ReadonlyPaths,
			}
			if l.Resources != nil {
				data, err := json.Marshal(l.Resources)
				if err != nil {
					return fmt.Errorf("encode bundle: %w", err)
				}
				doc.Spec.Linux.Resources = data
			}
		}
	}
	data, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("encode bundle: %w", err)
	}
	tmp := filepath.Join(dir, "."+FileName+".tmp")
	if err := os.WriteFile(tmp, data, 0o600); err != nil {
		return fmt.Errorf("write bundle: %w", err)
	}
	if err := os.Rename(tmp, filepath.Join(dir, FileName)); err != nil {
		return fmt.Errorf("write bundle: %w", err)
	}
	return nil
}

// LearnToWrite has package json learn what Write needs, ahead of time.
func LearnToWrite() {
	_, _ = json.Marshal(&document{Bundle: &Bundle{}}) // the types are the point
}

// Learn has package json learn what Read needs, ahead of time.
func Learn() {
	_ = json.Unmarshal([]byte("{}"), &document{Bundle: &Bundle{}}) // the types are the point
}

// Read loads the bundle in dir.
func Read(dir string) (*Bundle, error) {
	data, err := os.ReadFile(filepath.Join(dir, FileName))
	if err != nil {
		return nil, fmt.Errorf("read bundle: %w", err)
	}
	doc := document{Bundle: &Bundle{}}
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("read bundle in %q: %w", dir, err)
	}
	b := doc.Bundle
	if b.Version != Version {
		return nil, fmt.Errorf("bundle in %q has version %d, this program reads %d", dir, b.Version, Version)
	}
	if s := doc.Spec; s != nil {
		b.Spec = &specs.Spec{
			Version: s.Version, Process: s.Process, Root: s.Root,
			Hostname: s.Hostname, Domainname: s.Domainname, Mounts: s.Mounts,
		}
		if l := s.Linux; l != nil {
			b.Spec.Linux = &specs.Linux{
				Sysctl: l.Sysctl, CgroupsPath: l.CgroupsPath, Namespaces: l.Namespaces,
				MaskedPaths: l.MaskedPaths, ReadonlyPaths: l.ReadonlyPaths,
			}
			if l.Resources != nil {
				b.Spec.Linux.Resources = &specs.LinuxResources{}
				if err := json.Unmarshal(l.Resources, b.Spec.Linux.Resources); err != nil {
					return nil, fmt.Errorf("read bundle in %q: %w", dir, err)
				}
			}
		}
	}
	return b, nil
}
