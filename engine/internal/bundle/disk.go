package bundle

import (
	"fmt"
	"os"
	"path/filepath"

	"berth/engine/internal/jsonfields"
)

// Write puts b into dir: a reader finds it whole or not at all.
func (b *Bundle) Write(dir string) error {
	data, err := jsonfields.Append(make([]byte, 0, 8<<10), b)
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

// Read loads the bundle in dir.
func Read(dir string) (*Bundle, error) {
	data, err := os.ReadFile(filepath.Join(dir, FileName))
	if err != nil {
		return nil, fmt.Errorf("read bundle: %w", err)
	}
	b := &Bundle{}
	if err := jsonfields.Parse(data, b); err != nil {
		return nil, fmt.Errorf("read bundle in %q: %w", dir, err)
	}
	if b.Version != Version {
		return nil, fmt.Errorf("bundle in %q has version %d, this program reads %d", dir, b.Version, Version)
	}
	return b, nil
}
