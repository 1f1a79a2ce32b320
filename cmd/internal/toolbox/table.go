package toolbox

import "sync"

// tools returns all tools, sorted by name. It is a function because a variable's initializer that
// mentions list, which mentions the variable, would be a loop.
var tools = sync.OnceValue(func() []*tool {
	table := []tool{
		{"[", "EXPRESSION ]", "tell by the exit status whether an expression holds", runBuiltin},
		{"base64", "[-d] [FILE]", "encode or decode base64", runCore},
		{"basename", "PATH [SUFFIX]", "print a path's last element", runBasename},
		{"chmod", "[-R] MODE FILE...", "change permissions", runCore},
		{"cat", "[FILE...]", "print files", runCat},
		{"clear", "", "clear the terminal", runClear},
		{"cp", "[-rfiP] SOURCE... TARGET", "copy files", runCore},
		{"dirname", "PATH...", "print a path without its last element", runDirname},
		{"echo", "[-neE] [WORD...]", "print words", runBuiltin},
		{"env", "[-i] [-u NAME] [NAME=VALUE...] [COMMAND...]", "print or change the environment", runEnv},
		{"false", "", "fail", func(*call) error { return status(1) }},
		{"hostname", "[NAME]", "print or set the host name", runHostname},
		{"id", "[-u|-g|-G] [-n] [USER]", "print users and groups", runID},
		{"kill", "[-SIGNAL] PID...", "send a signal", runKill},
		{"ls", "[-aAdFhilnrRSt1] [FILE...]", "list files", runLs},
		{"mkdir", "[-p] [-m MODE] DIR...", "make directories", runCore},
		{"mktemp", "[-d] [-p DIR] [TEMPLATE]", "make a temporary file or directory", runCore},
		{"mv", "[-nu] SOURCE... TARGET", "move or rename files", runCore},
		{"pidof", "NAME...", "find processes by name", runPidof},
		{"printf", "FORMAT [ARGUMENT...]", "print by a format", runBuiltin},
		{"ps", "[auxef]", "list processes", runPs},
		{"pwd", "[-LP]", "print the working directory", runBuiltin},
		{"rm", "[-rfi] FILE...", "remove files", runCore},
		{"sh", "[-c COMMAND | FILE] [ARGUMENT...]", "the shell", runShell},
		{"sleep", "SECONDS", "wait", runSleep},
		{"tar", "-c|-x|-t [-z] -f FILE [FILE...]", "pack and unpack tar archives", runCore},
		{"test", "EXPRESSION", "tell by the exit status whether an expression holds", runBuiltin},
		{"touch", "[-acm] [-d TIME] FILE...", "make files, or set their times", runCore},
		{"true", "", "succeed", func(*call) error { return nil }},
		{"tty", "[-s]", "print the terminal's name", runTTY},
		{"uname", "[-asnrvm]", "print what system this is", runUname},
		{"whoami", "", "print the user's name", runWhoami},
		{"xargs", "[-0] [-n N] [-P N] [COMMAND...]", "run a command with arguments from standard input", runCore},
	}
	sorted := make([]*tool, len(table))
	for i := range table {
		sorted[i] = &table[i]
	}
	return sorted
})
