package uitest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"berth/engine"
	"berth/engine/enginetest"
	"berth/themes"
	"berth/ui"
	"berth/ui/uitest"
)

// A theme of the user's own stands once in the list, also if it has a built-in one's name.
func TestThemesStandOnceInTheList(t *testing.T) {
	dir := t.TempDir()
	own, err := os.ReadFile("../../themes/nord.toml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "themes"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "themes", "nord.toml"), own, 0o644); err != nil {
		t.Fatal(err)
	}
	f := enginetest.New()
	defer f.Close()
	u := uitest.Start(t, f, ui.Options{ConfigDir: dir}, 120, 45)
	u.Sees("Welcome aboard.").Press("T").Sees("Theme")
	for _, theme := range themes.Builtin() {
		line := regexp.MustCompile(theme.Name + " +" + string(theme.Appearance))
		if n := len(line.FindAllString(u.Screen(), -1)); n != 1 {
			t.Errorf("%s stands %d times in\n%s", theme.Name, n, u.Screen())
		}
	}
}

// What an image shared with one that goes is its own from then on.
func TestSizesFollowADeletion(t *testing.T) {
	f := enginetest.New()
	defer f.Close()
	if err := f.SeedMany(11, 0); err != nil {
		t.Fatal(err)
	}
	u := uitest.Start(t, f, ui.Options{}, 120, 35)
	u.Sees("alpine:1.1").Press("/").Type("alpine:1.1").Press("enter", "space").Sees("1 marked · frees 18.3 MB")
	if _, err := f.RemoveImage(t.Context(), "alpine:1.0", engine.RemoveImageOptions{}); err != nil {
		t.Fatal(err)
	}
	u.Sees("frees 95.3 MB")
}
