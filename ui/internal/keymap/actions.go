package keymap

// The actions. Their values are the names that a key file and the palette use.
const (
	Quit        ID = "quit"
	Help        ID = "help"
	Palette     ID = "palette"
	FocusImages ID = "focus-images"
	FocusConts  ID = "focus-containers"
	FocusPulls  ID = "focus-pulls"
	FocusMain   ID = "focus-main"
	FocusNext   ID = "focus-next"
	FocusPrev   ID = "focus-previous"
	Zoom        ID = "zoom"
	NextTab     ID = "next-tab"
	PrevTab     ID = "previous-tab"
	Open        ID = "open"
	Back        ID = "back"
	Up          ID = "up"
	Down        ID = "down"
	PageUp      ID = "page-up"
	PageDown    ID = "page-down"
	Top         ID = "top"
	Bottom      ID = "bottom"
	Filter      ID = "search"
	NextMatch   ID = "next-match"
	PrevMatch   ID = "previous-match"
	Mark        ID = "mark"
	MarkAll     ID = "mark-all"
	Sort        ID = "sort"
	SortReverse ID = "reverse-sort"
	Copy        ID = "copy"
	Undo        ID = "undo"
	Theme       ID = "theme"
	ToggleMouse ID = "mouse"
	Redraw      ID = "redraw"
	FailedStep  ID = "failed-step"
	Pull        ID = "pull"
	Run         ID = "run"
	RunEdit     ID = "run-edit"
	Tag         ID = "tag"
	Pin         ID = "pin"
	RemoveImage ID = "remove-image"
	History     ID = "history"
	Inspect     ID = "inspect"
	Start       ID = "start"
	Stop        ID = "stop"
	Restart     ID = "restart"
	Pause       ID = "pause"
	Kill        ID = "kill"
	Rename      ID = "rename"
	RemoveCont  ID = "remove-container"
	Logs        ID = "logs"
	Stats       ID = "stats"
	CancelPull  ID = "cancel-pull"
	PausePull   ID = "pause-pull"
	RetryPull   ID = "retry-pull"
	DismissPull ID = "dismiss-pull"
	Follow      ID = "follow"
	Wrap        ID = "wrap"
	Times       ID = "timestamps"
	Since       ID = "since"
	Save        ID = "save"
	ScrollLeft  ID = "scroll-left"
	ScrollRight ID = "scroll-right"
	Fold        ID = "fold"
	Unfold      ID = "unfold"
	FoldAll     ID = "fold-all"
	UnfoldAll   ID = "unfold-all"
	Reload      ID = "reload"
	Shell       ID = "shell"
	Attach      ID = "attach"
	ShellPrefix ID = "prefix"
	Detach      ID = "detach"
	NewShell    ID = "new-shell"
	CloseShell  ID = "close-shell"
	NextShell   ID = "next-shell"
	PrevShell   ID = "previous-shell"
	GoShell     ID = "go-to-shell"
	SplitShell  ID = "split"
	SplitBelow  ID = "split-below"
	Unsplit     ID = "unsplit"
	OtherShell  ID = "other-side"
	RunAgain    ID = "run-again"
	Copying     ID = "copy-mode"
	LeaveCopy   ID = "leave-copy-mode"
	HalfUp      ID = "half-page-up"
	HalfDown    ID = "half-page-down"
	NextWord    ID = "next-word"
	PrevWord    ID = "previous-word"
	WordEnd     ID = "word-end"
	LineStart   ID = "line-start"
	LineEnd     ID = "line-end"
	Select      ID = "select"
	SelectLines ID = "select-lines"
	SwapEnds    ID = "swap-ends"
	SearchBack  ID = "search-back"

	NextBigWord   ID = "next-big-word"
	PrevBigWord   ID = "previous-big-word"
	BigWordEnd    ID = "big-word-end"
	NextParagraph ID = "next-paragraph"
	PrevParagraph ID = "previous-paragraph"
	LineText      ID = "line-text"
	ScreenTop     ID = "screen-top"
	ScreenMiddle  ID = "screen-middle"
	ScreenBottom  ID = "screen-bottom"
	FindChar      ID = "find-character"
	FindCharBack  ID = "find-character-back"
	TillChar      ID = "till-character"
	TillCharBack  ID = "till-character-back"
	FindAgain     ID = "find-again"
	FindOpposite  ID = "find-again-back"
	SelectBlock   ID = "select-block"
)

// table holds every action: the one place that says which keys do what. Dispatch, the
// footer, the help, the palette and the README's list of keys are made of it.
var table = []Action{
	{Quit, Global, []string{"q", "ctrl+c"}, "quit", "Leave Berth. Containers run on.", "", 0},
	{Help, Global, []string{"?", "f1"}, "help", "Show all keys.", "berth help", 0},
	{Palette, Global, []string{":"}, "commands", "Find and run any action by name.", "", 9},
	{FocusImages, Global, []string{"1"}, "images", "Go to the images.", "berth images", 0},
	{FocusConts, Global, []string{"2"}, "containers", "Go to the containers.", "berth ps -a", 0},
	{FocusPulls, Global, []string{"3"}, "pulls", "Go to the pulls.", "", 0},
	{FocusMain, Global, []string{"4"}, "details", "Go to the main area.", "", 0},
	{FocusNext, Global, []string{"tab"}, "next pane", "Go to the next pane.", "", 0},
	{FocusPrev, Global, []string{"shift+tab"}, "previous pane", "Go to the previous pane.", "", 0},
	{Zoom, Global, []string{"z"}, "zoom", "Give the focused pane the whole window, or take it back.", "", 11},
	{NextTab, Global, []string{"]"}, "next tab", "Show the next tab of the main area.", "", 10},
	{PrevTab, Global, []string{"["}, "previous tab", "Show the previous tab of the main area.", "", 0},
	{Back, Global, []string{"esc"}, "back", "Clear the filter or the marks, or go back to the list.", "", 0},
	{Up, Global, []string{"up", "k"}, "up", "Move up by one line.", "", 0},
	{Down, Global, []string{"down", "j"}, "down", "Move down by one line.", "", 0},
	{PageUp, Global, []string{"pgup", "ctrl+b", "ctrl+u"}, "page up", "Move up by one page.", "", 0},
	{PageDown, Global, []string{"pgdown", "ctrl+f", "ctrl+d"}, "page down", "Move down by one page.", "", 0},
	{Top, Global, []string{"g", "home"}, "top", "Go to the first line.", "", 0},
	{Bottom, Global, []string{"G", "end"}, "bottom", "Go to the last line.", "", 0},
	{Filter, Global, []string{"/"}, "filter", "Filter the list, or search the text: a regular expression, ! in front inverts it.", "", 8},
	{NextMatch, Global, []string{"n"}, "next match", "Go to the next match.", "", 0},
	{PrevMatch, Global, []string{"N"}, "previous match", "Go to the match before.", "", 0},
	{Copy, Global, []string{"y"}, "copy", "Copy what is under the cursor to the clipboard.", "", 6},
	{Undo, Global, []string{"u"}, "undo", "Take the last delete back, while it waits.", "", 0},
	{Theme, Global, []string{"T"}, "theme", "Choose the colours.", "", 0},
	{ToggleMouse, Global, []string{"M"}, "mouse", "Leave the mouse to the terminal, to select text with it, or take it back.", "", 0},
	{Redraw, Global, []string{"ctrl+l"}, "redraw", "Draw the whole screen again.", "", 0},
	{FailedStep, Global, []string{"!"}, "why", "Show the steps of what failed, and which of them it was.", "berth events --steps -v --since 10m --until 0s", 1},

	{Open, Lists, []string{"enter", "right", "l"}, "open", "Show the selected thing in the main area and go there.", "", 0},
	{Mark, Lists, []string{"space"}, "mark", "Mark the line for the next action, and go down.", "", 5},
	{MarkAll, Lists, []string{"A"}, "mark all", "Mark all lines that show, or none.", "", 0},
	{Sort, Lists, []string{"o"}, "sort", "Sort by the next column.", "", 7},
	{SortReverse, Lists, []string{"O"}, "reverse", "Sort the other way round.", "", 0},

	{Run, Images, []string{"r"}, "run", "Run the image's own command in a new container.", "berth run -dit {image}", 1},
	{RunEdit, Images, []string{"R"}, "run…", "Run the image with a command line of your own.", "berth run -it --rm {image}", 1},
	{Pull, Images, []string{"p"}, "pull", "Fetch an image from a registry.", "berth pull REFERENCE", 2},
	{RemoveImage, Images, []string{"d", "delete"}, "delete", "Delete the image, or the marked ones; it can be taken back for 30 seconds.", "berth rmi {images}", 3},
	{Tag, Images, []string{"t"}, "tag", "Give the image another name.", "berth tag {image} NAME", 4},
	{Pin, Images, []string{"*"}, "pin", "Keep the image from every prune, or end that.", "", 7},
	{History, Images, []string{"H"}, "history", "Show how the image came to be.", "berth history {image}", 0},
	{Inspect, Images, []string{"i"}, "inspect", "Show all that is known as a tree.", "berth inspect {image}", 7},

	{Shell, Containers, []string{"s"}, "shell", "Open a shell in the container, or go back to the one that is open.", "berth exec -it {container} sh", 1},
	{Logs, Containers, []string{"L"}, "logs", "Show what the container wrote.", "berth logs -f {container}", 1},
	{Stop, Containers, []string{"x"}, "stop", "Stop the container: ask its program to end, kill it after ten seconds.", "berth stop {containers}", 1},
	{Start, Containers, []string{"S"}, "start", "Start the container.", "berth start {containers}", 1},
	{Restart, Containers, []string{"r"}, "restart", "Stop the container and start it again.", "berth restart {containers}", 2},
	{Pause, Containers, []string{"p"}, "pause", "Freeze the container, or let it go on.", "berth pause {containers}", 3},
	{Attach, Containers, []string{"a"}, "attach", "Show the container's own program in a pane.", "berth attach {container}", 3},
	{Kill, Containers, []string{"K"}, "kill", "Kill the container's program at once.", "berth kill {containers}", 0},
	{RemoveCont, Containers, []string{"d", "delete"}, "delete", "Delete the container with all it wrote; a stopped one can be taken back for 30 seconds.", "berth rm {containers}", 2},
	{Rename, Containers, []string{"e", "f2"}, "rename", "Give the container another name.", "berth rename {container} NAME", 0},
	{Stats, Containers, []string{"m"}, "stats", "Show what the container uses.", "berth stats {container}", 4},
	{Inspect, Containers, []string{"i"}, "inspect", "Show all that is known as a tree.", "berth inspect {container}", 7},

	{Pull, Pulls, []string{"p"}, "pull", "Fetch an image from a registry.", "berth pull REFERENCE", 1},
	{PausePull, Pulls, []string{"s"}, "pause", "Hold the pull, or let it go on. What it has stays.", "", 2},
	{CancelPull, Pulls, []string{"x"}, "cancel", "End the pull. What was downloaded is kept for the next one.", "", 2},
	{RetryPull, Pulls, []string{"r"}, "retry", "Try a pull that failed again.", "berth pull {pull}", 2},
	{DismissPull, Pulls, []string{"d", "delete"}, "dismiss", "Take a pull that has ended out of the list.", "", 3},

	{Follow, LogView, []string{"f"}, "follow", "Stay at the end while lines arrive.", "", 1},
	{Wrap, LogView, []string{"w"}, "wrap", "Break long lines, or let them run out of the window.", "", 2},
	{Times, LogView, []string{"t"}, "times", "Show when each line was written.", "berth logs -t {container}", 3},
	{Since, LogView, []string{"s"}, "since", "Show lines since a time only.", "berth logs --since 10m {container}", 4},
	{Save, LogView, []string{"S"}, "save", "Write the lines to a file.", "berth logs {container} > FILE", 4},
	{ScrollLeft, LogView, []string{"left", "h"}, "left", "Look further left in lines that are not broken.", "", 0},
	{ScrollRight, LogView, []string{"right", "l"}, "right", "Look further right in lines that are not broken.", "", 0},

	{Fold, TreeView, []string{"left", "h"}, "fold", "Close the node, or go to the one around it.", "", 1},
	{Unfold, TreeView, []string{"right", "l", "enter"}, "unfold", "Open the node.", "", 1},
	{FoldAll, TreeView, []string{"-"}, "fold all", "Close all nodes.", "", 2},
	{UnfoldAll, TreeView, []string{"+", "="}, "unfold all", "Open all nodes.", "", 2},

	{Reload, TableView, []string{"r", "ctrl+r"}, "reload", "Read it again.", "", 1},

	{ShellPrefix, ShellView, []string{"ctrl+]"}, "commands", "Every key goes to the program but this one: the next key is for Berth. Twice, it goes to the program.", "", 1},

	{Detach, ShellKeys, []string{"d"}, "detach", "Leave the shell and go back to the list. The program runs on.", "", 1},
	{Zoom, ShellKeys, []string{"z"}, "zoom", "Give the shell the whole window, or take it back.", "", 2},
	{Copying, ShellKeys, []string{"[", "pgup"}, "scroll", "Look at older lines, search, select and copy.", "", 3},
	{NewShell, ShellKeys, []string{"c"}, "new", "Open another shell in the same container.", "", 4},
	{NextShell, ShellKeys, []string{"n"}, "next", "Go to the next shell of the container.", "", 5},
	{PrevShell, ShellKeys, []string{"p"}, "previous", "Go to the shell before.", "", 6},
	{GoShell, ShellKeys, []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"}, "shell 1-9", "Go to the shell of that number.", "", 0},
	{SplitShell, ShellKeys, []string{"|"}, "split", "Show another shell beside this one, as many as there is room for.", "", 5},
	{SplitBelow, ShellKeys, []string{"-"}, "split below", "Show another shell below this one.", "", 0},
	{Unsplit, ShellKeys, []string{"="}, "only this", "Show this shell alone again; the others run on.", "", 0},
	{OtherShell, ShellKeys, []string{"o", "right"}, "other", "Go to the next one of the shells that show.", "", 0},
	{CloseShell, ShellKeys, []string{"x"}, "close", "Take the shell out of the pane. The program runs on.", "", 6},
	{FocusConts, ShellKeys, []string{"left", "h"}, "lists", "Go to the containers; the shell stays open and is updated.", "", 7},
	{FocusNext, ShellKeys, []string{"tab"}, "next pane", "Go to the next pane.", "", 0},
	{FocusPrev, ShellKeys, []string{"shift+tab"}, "previous pane", "Go to the previous pane.", "", 0},
	{NextTab, ShellKeys, []string{"]"}, "next tab", "Show the next tab of the main area.", "", 0},
	{Redraw, ShellKeys, []string{"ctrl+l"}, "redraw", "Draw the whole screen again.", "", 0},
	{FailedStep, ShellKeys, []string{"!"}, "why", "Show the steps of what failed, and which of them it was.", "", 0},
	{Palette, ShellKeys, []string{":"}, "commands", "Find and run any action by name.", "", 8},
	{Help, ShellKeys, []string{"?"}, "help", "Show all keys.", "", 9},
	{Quit, ShellKeys, []string{"q"}, "quit", "Leave Berth. Programs run on.", "", 0},

	{Up, CopyMode, []string{"k", "up"}, "up", "Move up by one line.", "", 0},
	{Down, CopyMode, []string{"j", "down"}, "down", "Move down by one line.", "", 0},
	{ScrollLeft, CopyMode, []string{"h", "left"}, "left", "Move left.", "", 0},
	{ScrollRight, CopyMode, []string{"l", "right"}, "right", "Move right.", "", 0},
	{NextWord, CopyMode, []string{"w"}, "next word", "Go to the next word.", "", 0},
	{PrevWord, CopyMode, []string{"b"}, "word back", "Go to the start of the word, or of the one before.", "", 0},
	{WordEnd, CopyMode, []string{"e"}, "word end", "Go to the end of the word, or of the next one.", "", 0},
	{NextBigWord, CopyMode, []string{"W"}, "next WORD", "Go to the next word; only blanks end one.", "", 0},
	{PrevBigWord, CopyMode, []string{"B"}, "WORD back", "Go back to the start of a word; only blanks end one.", "", 0},
	{BigWordEnd, CopyMode, []string{"E"}, "WORD end", "Go to the end of a word; only blanks end one.", "", 0},
	{NextParagraph, CopyMode, []string{"}"}, "next paragraph", "Go to the next empty line.", "", 0},
	{PrevParagraph, CopyMode, []string{"{"}, "paragraph back", "Go back to an empty line.", "", 0},
	{LineStart, CopyMode, []string{"0", "home"}, "line start", "Go to the start of the line.", "", 0},
	{LineText, CopyMode, []string{"^"}, "first character", "Go to the first character of the line that is not blank.", "", 0},
	{LineEnd, CopyMode, []string{"$", "end"}, "line end", "Go to the end of the line.", "", 0},
	{ScreenTop, CopyMode, []string{"H"}, "screen top", "Go to the top line of what shows.", "", 0},
	{ScreenMiddle, CopyMode, []string{"M"}, "screen middle", "Go to the middle line of what shows.", "", 0},
	{ScreenBottom, CopyMode, []string{"L"}, "screen bottom", "Go to the bottom line of what shows.", "", 0},
	{FindChar, CopyMode, []string{"f"}, "find", "Go to the next character of the line that is typed then.", "", 0},
	{FindCharBack, CopyMode, []string{"F"}, "find back", "Go back to the character of the line that is typed then.", "", 0},
	{TillChar, CopyMode, []string{"t"}, "till", "Go before the next character of the line that is typed then.", "", 0},
	{TillCharBack, CopyMode, []string{"T"}, "till back", "Go back behind the character of the line that is typed then.", "", 0},
	{FindAgain, CopyMode, []string{";"}, "find again", "Find that character again.", "", 0},
	{FindOpposite, CopyMode, []string{","}, "find back again", "Find that character again the other way.", "", 0},
	{HalfUp, CopyMode, []string{"ctrl+u"}, "half page up", "Move up by half a page.", "", 0},
	{HalfDown, CopyMode, []string{"ctrl+d"}, "half page down", "Move down by half a page.", "", 0},
	{PageUp, CopyMode, []string{"ctrl+b", "pgup"}, "page up", "Move up by one page.", "", 0},
	{PageDown, CopyMode, []string{"ctrl+f", "pgdown", "space"}, "page down", "Move down by one page.", "", 0},
	{Top, CopyMode, []string{"g"}, "top", "Go to the oldest line.", "", 0},
	{Bottom, CopyMode, []string{"G"}, "bottom", "Go to the newest line.", "", 0},
	{Select, CopyMode, []string{"v"}, "select", "Begin to select, or end it.", "", 1},
	{SelectLines, CopyMode, []string{"V"}, "lines", "Begin to select whole lines, or end it.", "", 2},
	{SelectBlock, CopyMode, []string{"ctrl+v"}, "block", "Begin to select a rectangle, or end it.", "", 0},
	{SwapEnds, CopyMode, []string{"o"}, "other end", "Go to the other end of what is selected.", "", 0},
	{Copy, CopyMode, []string{"y", "enter"}, "copy", "Copy what is selected, or else the line.", "", 3},
	{Filter, CopyMode, []string{"/"}, "search", "Search towards newer lines: a regular expression.", "", 4},
	{SearchBack, CopyMode, []string{"?"}, "search back", "Search towards older lines.", "", 5},
	{NextMatch, CopyMode, []string{"n"}, "next match", "Go to the next match.", "", 6},
	{PrevMatch, CopyMode, []string{"N"}, "previous match", "Go to the match before.", "", 0},
	{Back, CopyMode, []string{"esc"}, "back", "Drop the selection, or leave.", "", 0},
	{LeaveCopy, CopyMode, []string{"q", "i", "ctrl+c"}, "leave", "Go back to the program.", "", 7},
	{ShellPrefix, CopyMode, []string{"ctrl+]"}, "commands", "The next key is for Berth.", "", 8},
	{Palette, CopyMode, []string{":"}, "commands", "Find and run any action by name.", "", 0},

	{RunAgain, ShellEnded, []string{"r"}, "run again", "Run what has ended once more.", "", 1},
	{CloseShell, ShellEnded, []string{"enter", "x"}, "close", "Take the shell that has ended out of the pane.", "", 2},
	{Copying, ShellEnded, []string{"v", "pgup"}, "scroll", "Look at older lines, search, select and copy.", "", 3},
	{Shell, ShellEnded, []string{"s"}, "shell", "Open another shell in the container.", "", 4},
	{ShellPrefix, ShellEnded, []string{"ctrl+]"}, "commands", "The next key is for Berth.", "", 5},

	{Open, ShellList, []string{"enter"}, "attach", "Attach to the shell that runs, or open one.", "berth attach --exec ID {container}", 1},
	{Shell, ShellList, []string{"s"}, "shell", "Open a shell in the container.", "berth exec -it {container} sh", 2},
	{Attach, ShellList, []string{"a"}, "attach", "Show the container's own program.", "berth attach {container}", 3},
	{NextShell, ShellList, []string{"n", "right"}, "next", "Go to the next shell of the container.", "", 4},
	{PrevShell, ShellList, []string{"p", "left"}, "previous", "Go to the shell before.", "", 5},
	{CloseShell, ShellList, []string{"x"}, "close", "Take the shell out of the pane.", "", 0},
	{ShellPrefix, ShellList, []string{"ctrl+]"}, "commands", "The next key is for Berth.", "", 0},
}
