# From the output of "go test -v": what the failed tests wrote, panics, and what did not compile.
# A test's lines come before its verdict, a parent's verdict comes after all of its children's lines.
/^=== [A-Z]+ +/             { test = $3; next }
/^ *--- (PASS|SKIP):/       { next }
/^ *--- FAIL:/              { printf "%s\n%s", $0, said[$3]; next }
/^panic:|^fatal error:/     { panicked = 1 }
/^(ok|FAIL|PASS|\?)([ \t]|$)/ { if ($1 == "FAIL" && NF > 1) print; test = ""; panicked = 0; delete said; next }
panicked || test == ""      { print; next }
                            { said[test] = said[test] $0 "\n" }
