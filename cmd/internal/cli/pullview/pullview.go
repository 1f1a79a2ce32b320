// Package pullview shows the progress of a pull in Docker's form: on a terminal
// one line for each layer, redrawn in place, and elsewhere one line for each
// change. It only formats what the engine reports. It runs in berth only.
package pullview

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"berth/cmd/internal/cli/output"
	"berth/engine"

	units "github.com/docker/go-units"
)

// A View shows one pull. Update must not be called from two goroutines at once.
type View interface {
	// Update shows a newer state.
	Update(engine.PullProgress)
	// Close ends the display: what is on the screen stays, the cursor is below it. Of an
	// image that is not fresh but was there as a whole, no layer is shown, as in Docker.
	Close(fresh bool)
}

// Header returns the line that begins a pull. Like Docker's it leaves the registry out.
func Header(p engine.PullProgress) string {
	name := p.Name
	if host, path, ok := strings.Cut(name, "/"); ok && (strings.ContainsAny(host, ".:") || host == "localhost") {
		name = path
	}
	return fmt.Sprintf("%s: Pulling from %s", output.Escape(p.Tag), output.Escape(name))
}

// allExist reports whether there is nothing to do, so far.
func allExist(p engine.PullProgress) bool {
	return !slices.ContainsFunc(p.Layers, func(l engine.LayerProgress) bool { return l.State != engine.LayerExists })
}

// Plain returns a view that writes to w one line for each layer and stage.
func Plain(w io.Writer) View { return &plain{w: w, stage: map[engine.Digest]int{}} }

type plain struct {
	w      io.Writer
	header bool
	stage  map[engine.Digest]int
	notes  map[engine.Digest]string
	last   engine.PullProgress
}

// The stages of a layer, in Docker's words. They only go forward.
const (
	stageNone = iota
	stagePulling
	stageVerifying
	stageDownloaded
	stageComplete
)

var stageText = [...]string{"", "Pulling fs layer", "Verifying Checksum", "Download complete", "Pull complete"}

func (v *plain) Update(p engine.PullProgress) {
	if !v.header && p.Name != "" && len(p.Layers) > 0 {
		v.header = true
		fmt.Fprintln(v.w, Header(p))
	}
	v.last = p
	if !allExist(p) {
		v.lines(p)
	}
}

func (v *plain) lines(p engine.PullProgress) {
	// Docker announces every layer before it reports on any.
	for _, l := range p.Layers {
		if l.State == engine.LayerExists {
			v.exists(l)
		} else {
			v.advance(l.Digest, stagePulling)
		}
	}
	for _, l := range p.Layers {
		switch l.State {
		case engine.LayerVerifying:
			v.advance(l.Digest, stageVerifying)
		case engine.LayerUnpacking:
			if l.Total > 0 && l.Current >= l.Total {
				v.advance(l.Digest, stageDownloaded)
			}
		case engine.LayerDone:
			v.advance(l.Digest, stageComplete)
		case engine.LayerRetrying:
			v.note(l)
		}
	}
}

func (v *plain) exists(l engine.LayerProgress) {
	if v.stage[l.Digest] != stageComplete {
		v.stage[l.Digest] = stageComplete
		fmt.Fprintf(v.w, "%s: Already exists\n", l.Digest.Short())
	}
}

// advance prints the stages up to the given one, so that a layer whose middle
// stages were too short to be reported has the same lines as any other.
func (v *plain) advance(d engine.Digest, stage int) {
	for s := v.stage[d] + 1; s <= stage; s++ {
		v.stage[d] = s
		fmt.Fprintf(v.w, "%s: %s\n", d.Short(), stageText[s])
	}
}

func (v *plain) note(l engine.LayerProgress) {
	if v.notes == nil {
		v.notes = map[engine.Digest]string{}
	}
	if l.Note != "" && v.notes[l.Digest] != l.Note {
		v.notes[l.Digest] = l.Note
		fmt.Fprintf(v.w, "%s: Retrying: %s\n", l.Digest.Short(), output.Escape(l.Note))
	}
}

func (v *plain) Close(fresh bool) {
	if fresh {
		v.lines(v.last)
	}
}

// layerLine is one layer's line on a terminal of the given width.
func layerLine(l engine.LayerProgress, width int) string {
	head := l.Digest.Short() + ": "
	switch l.State {
	case engine.LayerWaiting:
		return head + "Waiting"
	case engine.LayerVerifying:
		return head + "Verifying Checksum"
	case engine.LayerRetrying:
		return clip(head+"Retrying: "+output.Escape(l.Note), width)
	case engine.LayerDone:
		return head + "Pull complete"
	case engine.LayerExists:
		return head + "Already exists"
	case engine.LayerUnpacking:
		return head + meter("Extracting", l, width-len(head))
	}
	return head + meter("Downloading", l, width-len(head))
}

// meter draws "Downloading [=====>    ]  12.3MB/45.6MB", with rate and time left where
// there is room. The bar gives way first on a narrow terminal.
func meter(word string, l engine.LayerProgress, width int) string {
	numbers := units.HumanSize(float64(l.Current))
	if l.Total > 0 {
		numbers += "/" + units.HumanSize(float64(l.Total))
	}
	extra := ""
	if l.Rate > 0 {
		extra = fmt.Sprintf("  %s/s", units.HumanSizeWithPrecision(l.Rate, 3))
		if left := float64(l.Total-l.Current) / l.Rate; left >= 1 {
			extra += "  " + (time.Duration(left) * time.Second).String()
		}
	}
	const barWidth = 52
	room := width - len(word) - 1 - len(numbers) - 2
	if room < 12 || l.Total <= 0 {
		return clip(word+" "+numbers, width)
	}
	text := word + " " + bar(l.Current, l.Total, min(barWidth, room)-2) + "  " + numbers
	if len(text)+len(extra) <= width {
		text += extra
	}
	return text
}

func bar(current, total int64, width int) string {
	done := int(float64(width) * float64(min(current, total)) / float64(total))
	b := make([]byte, width)
	for i := range b {
		switch {
		case i < done-1, i == done-1 && current >= total:
			b[i] = '='
		case i == done-1 || done == 0 && i == 0:
			b[i] = '>'
		default:
			b[i] = ' '
		}
	}
	return "[" + string(b) + "]"
}

func clip(s string, width int) string {
	if r := []rune(s); width > 0 && len(r) > width {
		return string(r[:width])
	}
	return s
}
