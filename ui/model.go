package ui

import (
	"context"
	"time"

	"berth/engine"
	"berth/themes"
	"berth/ui/internal/feed"
	"berth/ui/internal/keymap"
	"berth/ui/internal/layout"
	"berth/ui/internal/screen"
	"berth/ui/internal/store"
	"berth/ui/internal/style"
	"berth/ui/internal/terminal"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/spinner"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// A Model is the root: it routes messages to the panes and carries actions out. It is
// a tea.Model; make it with [New] to drive it without a terminal.
type Model struct {
	eng    engine.Engine
	opts   Options
	ctx    context.Context
	cancel context.CancelFunc
	now    func() time.Time

	state  store.State
	totals store.Totals
	feed   *feed.Feed

	look   look
	window window

	images     *screen.Images
	containers *screen.Containers
	pulls      *screen.Pulls
	main       *screen.Main

	shells    *screen.Shells // they live on while other things show
	overlay   overlay
	notice    notice
	complaint complaint
	pending   []pending // deletions that wait, oldest first
	queue     *queue
	clock     ticker
	spin      spin
	sel       selection
	seen      versions
	past      []string // command lines that were run, newest last
	want      want
	leaving   leaving
	drawn     drawn
}

// want is what the cursor goes to as soon as the engine has told of it.
type want struct {
	container string // that was just made
	pull      string // the key that the selected pull has from now on
	image     string // that was just pulled
	shell     string // a container whose shell is to show, once it is selected
}

// leaving is how the program ends.
type leaving struct {
	asked    bool   // by the user's own will
	farewell string // what keeps running, said when the program has ended
}

// look is how everything is drawn, and with which keys it is reached.
type look struct {
	keys   *keymap.Map
	themes []themes.Theme
	theme  themes.Theme
	chosen bool // by the user: the terminal's background no longer decides
	style  *style.Styles
	hints  help.Model // writes keys into the footer
}

// window is the terminal and what of it has the focus.
type window struct {
	w, h    int
	lay     layout.Layout
	focus   layout.Pane
	list    layout.Pane // the list that the main area follows
	zoom    bool
	noMouse bool
	blurred bool
	deaf    time.Time // until when keys are ignored: they were meant for what is gone
}

// versions tell which parts of the state the panes have seen.
type versions struct {
	images, containers, pulls int
}

// New returns a model on an engine. It watches the engine, and works for it, until ctx
// ends or the model quits. Broken files among the options are named by the first notice.
func New(ctx context.Context, eng engine.Engine, opts Options) *Model {
	ctx, cancel := context.WithCancel(ctx)
	m := &Model{
		eng: eng, opts: opts, ctx: ctx, cancel: cancel, now: opts.Now, queue: newQueue(),
		spin:   newSpin(opts.ASCII),
		images: screen.NewImages(), containers: screen.NewContainers(), pulls: screen.NewPulls(),
	}
	if m.now == nil {
		m.now = time.Now
	}
	m.window.noMouse = opts.NoMouse
	m.main = screen.NewMain(ctx, m.buildTabs)
	m.main.Choose(screen.AContainer, "Logs")
	m.shells = screen.NewShells(ctx, eng, func() *keymap.Map { return m.look.keys })
	m.loadLook()
	return m
}

// buildTabs makes the main area's tabs for what is selected.
func (m *Model) buildTabs(gen int, s screen.Subject) []screen.Tab {
	switch s.Kind {
	case screen.AnImage:
		return []screen.Tab{
			screen.NewOverview(m.eng, gen, s.ID), screen.NewHistory(m.eng, gen, s.ID), screen.NewDefaults(m.eng, gen, s.ID),
			screen.NewImageInspect(m.eng, gen, s.ID),
		}
	case screen.AContainer:
		return []screen.Tab{
			screen.NewShell(m.shells, s.ID, func() (engine.Container, bool) { return m.state.Container(s.ID) }),
			screen.NewLogs(m.eng, gen, s.ID, m.now, func() string {
				c, _ := m.state.Container(s.ID)
				return c.Error
			}),
			screen.NewUsage(func() *screen.Meter { return m.containers.Meters[s.ID] }, func() bool {
				c, ok := m.state.Container(s.ID)
				return ok && c.State.Alive()
			}, m.opts.ASCII),
			screen.NewProcesses(m.eng, gen, s.ID), screen.NewChanges(m.eng, gen, s.ID), screen.NewSettings(m.eng, gen, s.ID),
			screen.NewContainerInspect(m.eng, gen, s.ID),
		}
	case screen.APull:
		return []screen.Tab{screen.NewLayers(func() (screen.Pull, bool) { return m.pull(s.ID) })}
	}
	return nil
}

// Init implements tea.Model.
func (m *Model) Init() tea.Cmd {
	return tea.Batch(m.watch(), m.startLook(), m.tick(), m.shells.Listen())
}

// Update implements tea.Model. It never blocks: whatever waits is a command.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	cmd := m.route(msg)
	return m, tea.Batch(cmd, m.follow(), m.tick(), m.poll(), m.spinning())
}

// route hands a message to whom it is for.
func (m *Model) route(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.window.w, m.window.h = msg.Width, msg.Height
		m.arrange()
		return nil
	case tea.KeyPressMsg:
		return m.pressed(msg)
	case tea.KeyReleaseMsg:
		if t, ok := m.typing(); ok && m.overlay == nil {
			t.Release(msg)
		}
		return nil
	case tea.PasteMsg:
		return m.pasted(msg.Content)
	case tea.MouseMsg:
		return m.moused(msg)
	case tea.BackgroundColorMsg:
		m.background(msg.IsDark())
		return nil
	case tea.ModeReportMsg: // Bubble Tea turns the mode on if it is known
		if msg.Mode == ansi.ModeUnicodeCore {
			m.shells.SetClusters(msg.Value == ansi.ModeSet || msg.Value == ansi.ModeReset || msg.Value == ansi.ModePermanentlySet)
		}
		return nil
	case tea.FocusMsg:
		m.window.blurred = false
		return nil
	case tea.BlurMsg:
		m.window.blurred = true
		return nil
	case tea.InterruptMsg:
		return m.quit()
	case watching, batch, sized, lost, retryWatch:
		return m.heard(msg)
	case screen.Loaded:
		m.drawn.mark(layout.Main)
		return m.main.Receive(msg)
	case screen.ShellOutput, screen.ShellOpened, screen.ShellsFound, created:
		return m.shelled(msg)
	case screen.Say:
		return m.say(msg)
	case measured, pollNow:
		return m.metered(msg)
	case timePassed:
		return m.timed(msg)
	case spinner.TickMsg:
		return m.spun(msg)
	case acted:
		return m.reported(msg)
	case pullBegan, pullEnded:
		return m.pullMoved(msg)
	case recalled:
		return m.recall(msg)
	case imageCommands:
		*msg.to = msg.commands
		m.drawn.all()
	case armed:
		if c, ok := m.overlay.(*confirm); ok {
			c.armed = true
		}
	case closeOverlay:
		m.overlay = nil
		m.drawn.all()
	}
	return nil
}

// arrange divides the window anew.
func (m *Model) arrange() {
	m.sel = selection{} // its cells are others now
	images, _ := m.images.Len()
	containers, _ := m.containers.Len()
	m.window.lay = layout.Compute(layout.Want{
		W: m.window.w, H: m.window.h, Focus: m.window.focus, Zoom: m.window.zoom,
		Rows: [3]int{images, containers, m.pulls.Lines()},
	})
	// Which rows show decides what is measured and when times change, before anything is drawn.
	m.images.Fit(m.body(layout.Images).H)
	m.containers.Fit(m.body(layout.Containers).H)
	main := m.body(layout.Main)
	m.shells.SetSize(main.W, main.H)
	m.drawn.all()
}

// body is what a pane's border leaves.
func (m *Model) body(p layout.Pane) layout.Rect {
	r := m.window.lay.Pane[p]
	if m.window.lay.Mode == layout.Tiny || r.Empty() {
		return r
	}
	return r.Inner()
}

// env is what panes are drawn with.
func (m *Model) env() screen.Env {
	return screen.Env{Style: m.look.style, Now: m.now(), Spin: m.spin.sign()}
}

// follow brings the panes up to the state, and the main area to the selection.
func (m *Model) follow() tea.Cmd {
	changed := m.seen
	var term *terminal.Terminal // that has the keys
	if t, ok := m.typing(); ok {
		term = t.Terminal()
	}
	if m.seen.images != m.state.ImagesVersion {
		m.seen.images = m.state.ImagesVersion
		_, before := m.images.Len()
		m.images.Set(m.state.Images)
		if m.want.image != "" && m.images.SelectKey(m.want.image) {
			m.want.image = ""
		}
		m.refilled(layout.Images, before)
	}
	if m.seen.containers != m.state.ContainersVersion {
		m.seen.containers = m.state.ContainersVersion
		_, before := m.containers.Len()
		m.containers.Set(m.state.Containers)
		m.forgetMeters()
		m.keepShells()
		m.refilled(layout.Containers, before)
		m.goToContainer()
	}
	if v := m.state.PullsVersion + m.queue.version; m.seen.pulls != v {
		m.seen.pulls = v
		before := m.pulls.Lines()
		m.pulls.Set(m.allPulls())
		if m.want.pull != "" && m.pulls.SelectKey(m.want.pull) {
			m.want.pull = ""
		}
		m.drawn.mark(layout.Pulls)
		if m.main.Subject().Kind == screen.APull {
			m.drawn.footer = true
			m.drawn.mark(layout.Main)
		}
		if m.pulls.Lines() != before {
			m.arrange()
		}
	}
	if m.seen != changed {
		m.totals = m.state.Sum()
		m.drawn.header = true
	}
	was := m.main.Subject()
	cmd := m.main.Show(m.subject())
	if m.main.Subject() != was {
		m.drawn.mark(layout.Main)
		m.bereave(term, was)
	}
	return tea.Batch(cmd, m.followShells())
}

// refilled marks a list that has new rows; more or fewer of them divide the window anew.
func (m *Model) refilled(p layout.Pane, before int) {
	if _, now := m.listOf(p).Len(); now != before {
		m.arrange()
		return
	}
	m.drawn.mark(p)
	if p == m.window.list {
		m.drawn.mark(layout.Main)
		m.drawn.footer = true // what can be done may be something else now
	}
}

// subject is what the list that the main area follows has selected.
func (m *Model) subject() screen.Subject {
	switch m.window.list {
	case layout.Images:
		if i, ok := m.images.Selected(); ok {
			return screen.Subject{Kind: screen.AnImage, ID: string(i.ID)}
		}
	case layout.Containers:
		if c, ok := m.containers.Selected(); ok {
			return screen.Subject{Kind: screen.AContainer, ID: c.ID}
		}
	case layout.Pulls:
		if p, ok := m.pulls.Selected(); ok {
			return screen.Subject{Kind: screen.APull, ID: p.Key}
		}
	}
	return screen.Subject{}
}

// focusOn gives a pane the focus.
func (m *Model) focusOn(p layout.Pane) {
	m.window.focus = p
	if p != layout.Main {
		m.window.list = p
	}
	m.arrange()
}

// scope says which keys count where the focus is.
func (m *Model) scope() keymap.Scope {
	switch m.window.focus {
	case layout.Images:
		return keymap.Images
	case layout.Containers:
		return keymap.Containers
	case layout.Pulls:
		return keymap.Pulls
	}
	return m.main.Scope()
}
