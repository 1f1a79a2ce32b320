package local_test

import (
	"os"
	"strconv"
	"testing"
)

// count returns how often a test tries what only shows when it is tried often: all with
// BERTH_TEST_TORTURE=1, else few.
func count(few, all int) int {
	if os.Getenv("BERTH_TEST_TORTURE") != "" {
		return all
	}
	return few
}

func itoa(n int) string { return strconv.Itoa(n) }

func atoi(t testing.TB, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func atoiOr0(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
