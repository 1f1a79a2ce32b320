package eventlog

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"berth/engine"
)

// TestMain lets this binary be one of several writing processes.
func TestMain(m *testing.M) {
	if dir := os.Getenv("EVENTLOG_TEST_DIR"); dir != "" {
		os.Exit(writer(dir, os.Getenv("EVENTLOG_TEST_ID"), os.Getenv("EVENTLOG_TEST_COUNT")))
	}
	os.Exit(m.Run())
}

// writer appends count records (for ever if 0) of differing length and says after
// the first that it is under way.
func writer(dir, id, count string) int {
	l, err := open(dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	n, _ := strconv.Atoi(count)
	for i := 0; n == 0 || i < n; i++ {
		if err := l.Append(record(id, i)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		if i == 0 {
			fmt.Println("begun")
		}
	}
	return 0
}

// open opens a log that rotates early and forgets nothing.
func open(dir string) (*Log, error) {
	l, err := Open(dir)
	if err == nil {
		l.size, l.keep = 64<<10, 1000
	}
	return l, err
}

func record(id string, i int) Record {
	return Record{Time: time.Now(), Kind: "container", Action: strconv.Itoa(i), ID: id,
		Attrs: map[string]string{"pad": strings.Repeat("x", i%500)}}
}

func mustOpen(t testing.TB, dir string) *Log {
	t.Helper()
	l, err := open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func process(t *testing.T, dir, id string, count int) (*exec.Cmd, io.Reader) {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(os.Environ(), "EVENTLOG_TEST_DIR="+dir, "EVENTLOG_TEST_ID="+id, "EVENTLOG_TEST_COUNT="+strconv.Itoa(count))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, out
}

func ids(recs []Record) []string {
	var out []string
	for _, r := range recs {
		out = append(out, r.ID+"/"+r.Action)
	}
	return out
}

func history(t *testing.T, l *Log, since, until time.Time) []Record {
	t.Helper()
	var all []Record
	if err := l.History(since, until, func(recs []Record) error { all = append(all, recs...); return nil }); err != nil {
		t.Fatal(err)
	}
	return all
}

var errEnough = errors.New("enough")

func TestFollowSeesPastAndFuture(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir)
	if err := l.Append(record("a", 0), record("a", 1)); err != nil {
		t.Fatal(err)
	}
	from, err := l.End()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Append(record("b", 0)); err != nil {
		t.Fatal(err)
	}
	var got []string
	other := mustOpen(t, dir)
	err = l.Follow(t.Context(), from, func(recs []Record) error {
		got = append(got, ids(recs)...)
		switch len(got) {
		case 1:
			return other.Append(record("c", 0)) // after the first batch: only inotify tells of it
		default:
			return errEnough
		}
	})
	if err != errEnough || strings.Join(got, " ") != "b/0 c/0" {
		t.Errorf("followed %v, %v", got, err)
	}
}

func TestFollowEndsWithContext(t *testing.T) {
	l := mustOpen(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	if err := l.Append(record("a", 0)); err != nil {
		t.Fatal(err)
	}
	err := l.Follow(ctx, Position{}, func([]Record) error {
		time.AfterFunc(0, cancel) // after f returned, most likely while it sleeps
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

func TestFollowTellsThatTheLogIsGone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "log")
	l := mustOpen(t, dir)
	if err := l.Append(record("a", 0)); err != nil {
		t.Fatal(err)
	}
	err := l.Follow(t.Context(), Position{}, func([]Record) error { return os.RemoveAll(dir) })
	if engine.ClassOf(err) != engine.ClassUnavailable {
		t.Errorf("error is %v", err)
	}
}

// Several processes write and rotate while several followers read: each follower sees
// every record of each writer, in that writer's order.
func TestManyProcesses(t *testing.T) {
	const writers, count, followers = 4, 1500, 2
	dir := t.TempDir()
	l := mustOpen(t, dir)
	done := make(chan error, followers)
	for range followers {
		go func() {
			next, total := map[string]int{}, 0
			done <- l.Follow(t.Context(), Position{}, func(recs []Record) error {
				for _, r := range recs {
					if r.Action != strconv.Itoa(next[r.ID]) {
						return fmt.Errorf("writer %s: got record %s, want %d", r.ID, r.Action, next[r.ID])
					}
					next[r.ID]++
					total++
				}
				if total == writers*count {
					return errEnough
				}
				return nil
			})
		}()
	}
	var cmds []*exec.Cmd
	for i := range writers {
		cmd, _ := process(t, dir, strconv.Itoa(i), count)
		cmds = append(cmds, cmd)
	}
	for _, cmd := range cmds {
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	for range followers {
		if err := <-done; err != errEnough {
			t.Error(err)
		}
	}
	if n, _ := segments(dir); n[len(n)-1] < 3 {
		t.Errorf("segments are %v: nothing was rotated", n)
	}
}

// A follower that reads on survives rotation: it gets each record once and in order.
func TestFollowAcrossRotation(t *testing.T) {
	l := mustOpen(t, t.TempDir())
	next, got := 0, 0
	more := func() error {
		for range 100 {
			if err := l.Append(record("a", next)); err != nil {
				return err
			}
			next++
		}
		return nil
	}
	if err := more(); err != nil {
		t.Fatal(err)
	}
	err := l.Follow(t.Context(), Position{}, func(recs []Record) error {
		for _, r := range recs {
			if r.Action != strconv.Itoa(got) {
				return fmt.Errorf("got record %s, want %d", r.Action, got)
			}
			got++
		}
		switch {
		case got < next:
			return nil
		case l.segment >= 5:
			return errEnough
		}
		return more()
	})
	if err != errEnough {
		t.Fatal(err)
	}
}

func TestRotatedAwayPositionIsExpired(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir)
	l.keep = defaultKeep
	start, err := l.End()
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; l.segment < 6; i++ {
		if err := l.Append(record("a", i)); err != nil {
			t.Fatal(err)
		}
	}
	if n, _ := segments(dir); len(n) != defaultKeep+1 {
		t.Errorf("segments are %v, want %d", n, defaultKeep+1)
	}
	if err := l.Follow(t.Context(), start, nil); err != ErrExpired {
		t.Errorf("error is %v, want ErrExpired", err)
	}
}

// kill -9 at any moment leaves a log that reads and that the next writer continues.
func TestKilledWriter(t *testing.T) {
	dir := t.TempDir()
	for round := range 5 {
		cmd, out := process(t, dir, "victim", 0)
		if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		cmd.Wait() //nolint:errcheck // killed
		l := mustOpen(t, dir)
		if err := l.Append(record("after", round)); err != nil {
			t.Fatal(err)
		}
		all := history(t, l, time.Time{}, time.Time{})
		if got := all[len(all)-1]; got.ID != "after" || got.Action != strconv.Itoa(round) {
			t.Errorf("last record is %v", got)
		}
	}
}

func TestTornLineIsMended(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir)
	if err := l.Append(record("a", 0)); err != nil {
		t.Fatal(err)
	}
	whole, _ := l.End()
	f, err := os.OpenFile(l.path(1), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(`{"t":"2026-01-02T03:04:05Z","k":"cont`); err != nil {
		t.Fatal(err)
	}
	if end, _ := l.End(); end != whole {
		t.Errorf("End is %v, want %v before the torn line", end, whole)
	}
	if err := l.Append(record("b", 0)); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(ids(history(t, l, time.Time{}, time.Time{})), " "); got != "a/0 b/0" {
		t.Errorf("log holds %s", got)
	}
	data, err := os.ReadFile(l.path(1))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if !json.Valid([]byte(line)) {
			t.Errorf("line is no JSON: %s", line)
		}
	}
}

// A writer died after sealing and before it made the next segment.
func TestSealedWithoutSuccessor(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir)
	if err := l.Append(record("a", 0)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(l.path(1), sealed); err != nil {
		t.Fatal(err)
	}
	other := mustOpen(t, dir)
	for _, log := range []*Log{l, other} {
		if err := log.Append(record("b", int(log.segment))); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(history(t, l, time.Time{}, time.Time{})); got != 3 {
		t.Errorf("log holds %d records", got)
	}
	if l.segment != 2 || other.segment != 2 {
		t.Errorf("writers are at segments %d and %d", l.segment, other.segment)
	}
}

// On a full disk progress is dropped, since newer progress follows; the life of
// containers and images is not dropped silently.
func TestFullDisk(t *testing.T) {
	l := mustOpen(t, t.TempDir())
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	l.file.Close()
	l.file = full
	now := time.Now()
	if err := l.Append(Record{Time: now, Kind: "pull"}, Record{Time: now, Kind: "step"}); err != nil {
		t.Errorf("progress: %v", err)
	}
	err = l.Append(Record{Time: now, Kind: "step"}, Record{Time: now, Kind: "container", Action: "die"})
	if engine.ClassOf(err) != engine.ClassExhausted {
		t.Errorf("lifecycle: %v, class %v", err, engine.ClassOf(err))
	}
}

// A long-lived writer goes on in the new log when somebody deleted the old one.
func TestDeletedLogIsBegunAnew(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir)
	if err := l.Append(record("a", 0)); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(l.path(1)); err != nil {
		t.Fatal(err)
	}
	if err := l.Append(record("b", 0)); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(ids(history(t, mustOpen(t, dir), time.Time{}, time.Time{})), " "); got != "b/0" {
		t.Errorf("the new log holds %q", got)
	}
}

func TestHistoryBounds(t *testing.T) {
	l := mustOpen(t, t.TempDir())
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.Local)
	for i := range 5 {
		r := record("a", i)
		r.Time = day.AddDate(0, 0, i)
		if err := l.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	got := ids(history(t, l, day.AddDate(0, 0, 1), day.AddDate(0, 0, 3)))
	if strings.Join(got, " ") != "a/1 a/2 a/3" {
		t.Errorf("history is %v", got)
	}
}

// The kernel stamps files with the time of its last tick, which may be some milliseconds
// before the record's own.
func TestHistorySinceAMomentAgo(t *testing.T) {
	dir := t.TempDir()
	l := mustOpen(t, dir)
	since := time.Now()
	r := record("a", 1)
	r.Time = since
	if err := l.Append(r); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"+suffix))
	tick := since.Add(-4 * time.Millisecond)
	if err := os.Chtimes(files[0], tick, tick); err != nil {
		t.Fatal(err)
	}
	if got := ids(history(t, l, since, time.Time{})); len(got) != 1 {
		t.Errorf("history is %v", got)
	}
}

func TestRecordKeepsItsContent(t *testing.T) {
	l := mustOpen(t, t.TempDir())
	want := Record{Time: time.Now().Round(0), Kind: "step", Action: "x\ny", ID: "é\x01", Attrs: map[string]string{"k": "\"v\""}, Data: json.RawMessage(`{"n":1}`)}
	if err := l.Append(want); err != nil {
		t.Fatal(err)
	}
	got := history(t, l, time.Time{}, time.Time{})
	if len(got) != 1 || !got[0].Time.Equal(want.Time) || got[0].Action != want.Action || got[0].ID != want.ID ||
		got[0].Attrs["k"] != want.Attrs["k"] || string(got[0].Data) != string(want.Data) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestHugeRecordIsRefused(t *testing.T) {
	l := mustOpen(t, t.TempDir())
	err := l.Append(Record{Time: time.Now(), Kind: "container", Action: strings.Repeat("x", maxRecord)})
	if engine.ClassOf(err) != engine.ClassInvalid {
		t.Errorf("error is %v", err)
	}
}

func BenchmarkAppend(b *testing.B) {
	l, err := Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	r := record("0123456789abcdef", 100)
	b.ReportAllocs()
	for b.Loop() {
		if err := l.Append(r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkHistory(b *testing.B) {
	l, err := Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	for i := range 10000 {
		if err := l.Append(record("a", i%200)); err != nil {
			b.Fatal(err)
		}
	}
	since := time.Now()
	for b.Loop() {
		if err := l.History(since, time.Time{}, func([]Record) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
