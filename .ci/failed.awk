# From the output of "go test -v": what the failed tests wrote, panics, and what did not compile.
# Of each test the first lines, or one long difference would hide the others.
BEGIN                       { most = 300 }
# A test's lines come before its verdict, a parent's verdict comes after all of its children's lines.
/^=== [A-Z]+ +/             { test = $3; next }
/^ *--- (PASS|SKIP):/       { next }
/^ *--- FAIL:/              { printf "%s\n%s", $0, said[$3]; next }
/^panic:|^fatal error:/     { panicked = 1 }
/^(ok|FAIL|PASS|\?)([ \t]|$)/ { if ($1 == "FAIL" && NF > 1) print; test = ""; panicked = 0; delete said; delete lines; next }
panicked || test == ""      { print; next }
++lines[test] <= most       { said[test] = said[test] $0 "\n"; next }
lines[test] == most + 1     { said[test] = said[test] "    ...\n" }
