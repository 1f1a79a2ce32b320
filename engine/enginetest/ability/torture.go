package ability

import "os"

// Torture is the variable that asks for the full counts of tests which try something
// again and again, because it goes wrong seldom: BERTH_TEST_TORTURE=1.
const Torture = "BERTH_TEST_TORTURE"

// Times returns how often such a test tries: all with Torture set, else few.
func Times(few, all int) int {
	if v := os.Getenv(Torture); v != "" && v != "0" {
		return all
	}
	return few
}
