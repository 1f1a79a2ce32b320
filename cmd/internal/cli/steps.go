package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"berth/cmd/internal/cli/output"
	"berth/engine"
)

// stepDocument is a step with the time of the event, for templates and JSON.
type stepDocument struct {
	Time time.Time
	engine.Step
}

// printStep writes one line for a step's beginning and one for its end, in columns
// that stay aligned without knowing what comes next.
func printStep(w io.Writer, at time.Time, s engine.Step, verbose bool) error {
	mark, took := "begin", ""
	if s.Done {
		mark, took = "end", duration(s.Duration)
	}
	if s.Error != "" {
		mark = "FAIL"
	}
	line := fmt.Sprintf("%s  %-8s %-12s %3d  %-22s %-5s %9s", at.Local().Format("15:04:05.000000"),
		output.Escape(s.OpName), shortSubject(s.Subject), s.Seq, output.Escape(s.Name), mark, took)
	if s.Error != "" {
		line += "  " + output.Escape(s.Error)
	}
	if _, err := fmt.Fprintln(w, strings.TrimRight(line, " ")); err != nil {
		return err
	}
	// The data is complete at the end; shown at the beginning too it would come twice.
	if verbose && s.Done {
		return printStepData(w, s)
	}
	return nil
}

func printStepData(w io.Writer, s engine.Step) error {
	const indent = "                 "
	if s.Explain != "" {
		if _, err := fmt.Fprintf(w, "%s%s\n", indent, output.Escape(s.Explain)); err != nil {
			return err
		}
	}
	if len(s.Data) == 0 {
		return nil
	}
	var b bytes.Buffer
	if json.Indent(&b, s.Data, indent, "  ") != nil {
		b.Reset()
		b.WriteString(output.Escape(string(s.Data)))
	}
	_, err := fmt.Fprintf(w, "%s%s\n", indent, b.String())
	return err
}

// shortSubject is a container's short ID, or an image's name cut to the column.
func shortSubject(s string) string {
	if len(s) == 64 {
		return s[:12]
	}
	return output.Escape(ellipsis(s, 12))
}

// duration has three significant digits, so that microseconds and minutes both fit.
func duration(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return strconv.FormatInt(d.Microseconds(), 10) + "µs"
	case d < time.Second:
		return strconv.FormatFloat(float64(d)/1e6, 'f', 1, 64) + "ms"
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 2, 64) + "s"
}
