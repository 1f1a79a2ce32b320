package style

// Icons are the characters that say a state. A colour never says it alone. Each is one
// column wide.
type Icons struct {
	Anchor     string // the program
	Running    string
	Paused     string
	Restarting string
	Exited     string
	Failed     string // exited with an error, dead
	Created    string
	InUse      string // an image with containers
	Unused     string
	Dangling   string // an image without a name
	Mark       string // marked for an action
	Pin        string
	Done       string
	Download   string
	Unpack     string
	Waiting    string
	Retry      string
	Cursor     string // at the left of the selected row
	Descending string // sort order
	Ascending  string
	Open       string // a folded-out node
	Closed     string
	Prompt     string
	More       string // text is cut here
	Dot        string // between two facts
	None       string // a fact that is not known
	Bell       string
	Rule       string
	BarFull    string // of a progress bar
	BarEmpty   string
	Spark      []string // eighths of a sparkline, lowest first
}

var unicodeIcons = Icons{
	Anchor: "⎈", Running: "▶", Paused: "‖", Restarting: "↻", Exited: "■", Failed: "✗", Created: "○",
	InUse: "●", Unused: "○", Dangling: "◌", Mark: "✓", Pin: "★", Done: "✓", Download: "↓", Unpack: "◇",
	Waiting: "·", Retry: "↻", Cursor: "▌", Descending: "▾", Ascending: "▴", Open: "▾", Closed: "▸",
	Prompt: "❯", More: "…", Dot: "·", None: "–", Bell: "♪", Rule: "─", BarFull: "━", BarEmpty: "─",
	Spark: []string{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
}

var asciiIcons = Icons{
	Anchor: "&", Running: ">", Paused: "=", Restarting: "@", Exited: "#", Failed: "x", Created: "o",
	InUse: "*", Unused: "o", Dangling: "-", Mark: "+", Pin: "!", Done: "+", Download: "v", Unpack: "%",
	Waiting: ".", Retry: "@", Cursor: "|", Descending: "v", Ascending: "^", Open: "-", Closed: "+",
	Prompt: ">", More: "~", Dot: "-", None: "-", Bell: "!", Rule: "-", BarFull: "#", BarEmpty: ".",
	Spark: []string{"_", ".", ":", "-", "=", "+", "*", "#"},
}
