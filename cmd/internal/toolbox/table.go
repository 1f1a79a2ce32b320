package toolbox

import (
	"cmp"
	"slices"
	"sync"
)

// tools returns all tools, sorted by name. It is a function because a variable whose initializer
// reaches a function that uses the variable would be a loop.
var tools = sync.OnceValue(func() []*tool {
	table := []tool{
		{"[", "EXPRESSION ]", "tell by the exit status whether an expression holds", runBuiltin},
		{"base64", "[-d] [FILE]", "encode or decode base64", runCore},
		{"basename", "PATH [SUFFIX]", "print a path's last element", runBasename},
		{"cat", "[FILE...]", "print files", runCat},
		{"chgrp", "[-Rh] GROUP FILE...", "change the group", runChown},
		{"chmod", "[-R] MODE FILE...", "change permissions", runCore},
		{"chown", "[-Rh] [USER][:GROUP] FILE...", "change the owner", runChown},
		{"clear", "", "clear the terminal", runClear},
		{"cp", "[-rafiPv] SOURCE... TARGET", "copy files", runCore},
		{"cut", "-f LIST [-d C] [-s] | -c LIST | -b LIST [FILE...]", "print parts of lines", runCut},
		{"date", "[-u] [-s TIME] [+FORMAT]", "print or set the clock", runDate},
		{"dd", "[if=FILE] [of=FILE] [bs=N] [count=N] [skip=N] [seek=N] [conv=notrunc,fsync] [status=none]", "copy blocks", runDd},
		{"df", "[-ahk] [FILE...]", "print the space on file systems", runDf},
		{"dirname", "PATH...", "print a path without its last element", runDirname},
		{"du", "[-ahks] [FILE...]", "print disk usage", runDu},
		{"echo", "[-neE] [WORD...]", "print words", runBuiltin},
		{"env", "[-i] [-0] [-u NAME] [NAME=VALUE...] [COMMAND...]", "print or change the environment", runEnv},
		{"false", "", "fail", func(*call) error { return status(1) }},
		{"find", "[DIR...] [!] [-name P] [-iname P] [-path P] [-type T] [-user U] [-perm M] [-newer F] [-empty] [-maxdepth N] [-mindepth N] [-xdev] [-print|-print0|-delete|-exec ... ;]", "find files", runFind},
		{"free", "[-hm]", "print memory usage", runFree},
		{"grep", "[-EFHchilnoqrvw] [-e] PATTERN [FILE...]", "print lines that match", runGrep},
		{"gunzip", "[-ck] [FILE...]", "unpack gzip files", runGzip},
		{"gzip", "[-cdk] [FILE...]", "pack files", runGzip},
		{"head", "[-n N | -c N] [FILE...]", "print the beginning of files", runHead},
		{"hostname", "[NAME]", "print or set the host name", runHostname},
		{"id", "[-u|-g|-G] [-n] [USER]", "print users and groups", runID},
		{"ip", "[-4|-6] addr|link|route [show] [NAME] | link set NAME up|down", "print network interfaces and routes", runIP},
		{"kill", "[-SIGNAL] PID... | -l", "send a signal", runKill},
		{"less", "[FILE...]", "read text screen by screen", runLess},
		{"ln", "[-fns] TARGET... NAME", "make links", runLn},
		{"ls", "[-aAdFhilnrRSt1] [FILE...]", "list files", runLs},
		{"md5sum", "[FILE...]", "print MD5 digests", runSum},
		{"mkdir", "[-pv] [-m MODE] DIR...", "make directories", runCore},
		{"mktemp", "[-dqu] [-p DIR] [TEMPLATE]", "make a temporary file or directory", runCore},
		{"more", "[FILE...]", "read text screen by screen", runLess},
		{"mount", "[-r] [--bind] [-t TYPE] [-o OPTIONS] [SOURCE TARGET]", "print what is mounted, or mount", runMount},
		{"mv", "[-nu] SOURCE... TARGET", "move or rename files", runCore},
		{"nc", "[-z] [-w SECONDS] HOST PORT | -l [-p] PORT", "talk over a TCP connection", runNc},
		{"nproc", "", "print how many processors may be used", runNproc},
		{"pidof", "NAME...", "find processes by name", runPidof},
		{"printenv", "[NAME...]", "print the environment", runPrintenv},
		{"printf", "FORMAT [ARGUMENT...]", "print by a format", runBuiltin},
		{"ps", "[auxefl]", "list processes", runPs},
		{"pwd", "[-LP]", "print the working directory", runBuiltin},
		{"readlink", "[-f] FILE...", "print where links lead", runReadlink},
		{"realpath", "FILE...", "print paths without links", runReadlink},
		{"rm", "[-Rrfiv] FILE...", "remove files", runCore},
		{"rmdir", "DIR...", "remove empty directories", runRmdir},
		{"seq", "[-w] [-s SEPARATOR] [FIRST [STEP]] LAST", "print numbers", runSeq},
		{"sh", "[-efnuxlis] [-o OPTION] [-c COMMAND | FILE] [ARGUMENT...]", "the shell", runShell},
		{"sha256sum", "[FILE...]", "print SHA-256 digests", runSum},
		{"sleep", "TIME...", "wait", runSleep},
		{"sort", "[-fhnru] [-k FIELD] [-t C] [FILE...]", "sort lines", runSort},
		{"stat", "[-L] FILE...", "print what is known of files", runStat},
		{"stty", "[-a] [size] [rows N] [cols N] [sane] [raw] [[-]MODE...]", "print or set the terminal's modes", runStty},
		{"tail", "[-f] [-n [+]N | -c N] [FILE...]", "print the end of files", runTail},
		{"tee", "[-a] [FILE...]", "copy standard input to files too", runTee},
		{"test", "EXPRESSION", "tell by the exit status whether an expression holds", runBuiltin},
		{"timeout", "[-s SIGNAL] [-k TIME] TIME COMMAND...", "run a command with a time limit", runTimeout},
		{"top", "[-b] [-n N] [-d SECONDS]", "show the busiest processes", runTop},
		{"touch", "[-acm] [-d TIME] FILE...", "make files, or set their times", runCore},
		{"tr", "[-cds] SET [SET]", "translate characters", runTr},
		{"true", "", "succeed", func(*call) error { return nil }},
		{"tty", "[-s]", "print the terminal's name", runTTY},
		{"umount", "[-fl] TARGET...", "unmount", runUmount},
		{"uname", "[-amnorsv]", "print what system this is", runUname},
		{"uniq", "[-cdu] [FILE]", "drop repeated lines", runUniq},
		{"uptime", "", "print how long the machine runs", runUptime},
		{"wc", "[-clmw] [FILE...]", "count lines, words and bytes", runWc},
		{"which", "NAME...", "find programs", runWhich},
		{"whoami", "", "print the user's name", runWhoami},
		{"xargs", "[-0pt] [-n N] [COMMAND...]", "run a command with arguments from standard input", runCore},
		{"yes", "[WORD...]", "print a line again and again", runYes},
		{"zcat", "[FILE...]", "print gzip files", runGzip},
	}
	sorted := make([]*tool, len(table))
	for i := range table {
		sorted[i] = &table[i]
	}
	slices.SortFunc(sorted, func(a, b *tool) int { return cmp.Compare(a.name, b.name) })
	return sorted
})
