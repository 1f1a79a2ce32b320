// Command screenshots renders the pictures of this folder: scripted scenes of the
// workstation over the fake engine, each as a PNG and as text. The text is what a test
// compares, so that the pictures can't go stale.
//
//	go run ./screenshots [-dir DIR] [SCENE...]
package main

import (
	"flag"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"slices"

	"berth/screenshots/internal/picture"
	"berth/screenshots/internal/stage"
)

func main() {
	dir := flag.String("dir", "screenshots", "folder to write to")
	flag.Parse()
	if err := run(*dir, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

func run(dir string, only []string) error {
	painter, err := picture.NewPainter()
	if err != nil {
		return err
	}
	for _, sc := range scenes {
		if len(only) > 0 && !slices.Contains(only, sc.name) {
			continue
		}
		if err := sc.render(dir, painter); err != nil {
			return fmt.Errorf("scene %q: %w", sc.name, err)
		}
		fmt.Println(filepath.Join(dir, sc.name+".png"))
	}
	return nil
}

// render plays a scene and writes its picture and its text.
func (sc scene) render(dir string, painter *picture.Painter) error {
	text, grid, err := sc.perform()
	if err != nil {
		return err
	}
	for _, r := range text {
		if r != '\n' && !painter.Has(r) {
			return fmt.Errorf("the font has no glyph for %q", r)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, sc.name+".txt"), []byte(text), 0o644); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(dir, sc.name+".png"))
	if err != nil {
		return err
	}
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	err = enc.Encode(f, painter.Draw(grid))
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// perform plays a scene to its end.
func (sc scene) perform() (text string, grid picture.Grid, err error) {
	s, err := stage.Open(stage.Config{Cols: sc.cols, Rows: sc.rows, Theme: sc.theme})
	if err != nil {
		return "", grid, err
	}
	defer func() {
		if cerr := s.Close(); err == nil {
			err = cerr
		}
	}()
	s.Engine.AddRepository(pulling)
	if err := sc.play(s); err != nil {
		return "", grid, err
	}
	return s.Text(), s.Grid(), nil
}
