package local

import (
	"os"
	"path/filepath"

	"berth/engine"
)

// DefaultRoot returns the state directory of this user when none is named:
// /var/lib/berth for root, else $XDG_DATA_HOME/berth or ~/.local/share/berth.
func DefaultRoot() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/lib/berth", nil
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "berth"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil || !filepath.IsAbs(home) {
		return "", engine.Errorf(engine.ClassInvalid, "find the state directory: HOME is not set").
			WithHint("Name a directory with --root or BERTH_ROOT.")
	}
	return filepath.Join(home, ".local", "share", "berth"), nil
}

// dockerConfig returns where Docker's client keeps its configuration for this user;
// empty if there is no home directory: then there are no credentials.
func dockerConfig() string {
	if dir := os.Getenv("DOCKER_CONFIG"); dir != "" {
		return dir
	}
	home, err := os.UserHomeDir()
	if err != nil || !filepath.IsAbs(home) {
		return ""
	}
	return filepath.Join(home, ".docker")
}
