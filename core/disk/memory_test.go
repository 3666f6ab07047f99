package bbdisk

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// fillChild puts n events and recoverChild finds them. Both say how many
// kilobytes the process had at most.
func fillChild(dir string, n int) {
	enterCgroup()
	box, err := Open(dir)
	check(err)
	r := sample()
	for range n {
		_, err := inside(box).Put(r)
		check(err)
	}
	check(syncNow(inside(box)))
	fmt.Println(peak())
}

func recoverChild(dir string, n int) {
	enterCgroup()
	box, err := Open(dir)
	check(err)
	if found, _ := inside(box).Len(); found != n {
		check(fmt.Errorf("found %d of %d", found, n))
	}
	check(syncNow(inside(box)))
	fmt.Println(peak())
}

func enterCgroup() {
	if group := os.Getenv("BBDISK_CGROUP"); group != "" {
		check(os.WriteFile(filepath.Join(group, "cgroup.procs"), []byte(strconv.Itoa(os.Getpid())), 0o600))
	}
}

// peak is the most memory that the process has had, in kilobytes.
func peak() int {
	status, err := os.ReadFile("/proc/self/status")
	check(err)
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	kilobytes, err := strconv.Atoi(strings.Fields(after)[0])
	check(err)
	return kilobytes
}

// childPeak runs a child and returns what it says.
func childPeak(t *testing.T, name, dir string, n int) int {
	t.Helper()
	c := startChild(t, name, dir, n)
	if !c.lines.Scan() {
		t.Fatalf("%s of %d events: %v", name, n, c.cmd.Wait())
	}
	kilobytes, err := strconv.Atoi(c.lines.Text())
	mustDo(t, err, c.cmd.Wait())
	return kilobytes
}

// A start needs about what running with the same events needs: a bot that ran is
// not killed for its memory when it starts again.
func TestOpenNeedsLittleMemory(t *testing.T) {
	sizes := []int{1e4, 1e5, 1e6}
	if testing.Short() || raceEnabled {
		sizes = sizes[:2]
	}
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("the system does not tell how much memory a process had")
	}
	for _, n := range sizes {
		dir := t.TempDir()
		running, opening := childPeak(t, "fill", dir, n), childPeak(t, "recover", dir, n)
		t.Logf("%d events: %d KB while running, %d KB to open", n, running, opening)
		if float64(opening) > 1.3*float64(running) {
			t.Errorf("Open of %d events took %d KB, and running with them %d KB", n, opening, running)
		}
	}
}

// A million events are put and found again in a container of 96 MB.
func TestMillionEventsInLittleMemory(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("takes seconds, and ten times the memory with the race detector")
	}
	t.Setenv("BBDISK_CGROUP", smallCgroup(t, 96<<20))
	dir := t.TempDir()
	childPeak(t, "fill", dir, 1e6)
	childPeak(t, "recover", dir, 1e6)
}

// smallCgroup returns a memory cgroup of version 1 or 2 with a limit.
func smallCgroup(t *testing.T, limit int) string {
	t.Helper()
	const root = "/sys/fs/cgroup"
	errs := []error{}
	for _, version := range []struct{ parent, limit string }{{root, "memory.max"}, {root + "/memory", "memory.limit_in_bytes"}} {
		group, err := os.MkdirTemp(version.parent, "bbdisk")
		if err != nil {
			errs = append(errs, err)
			continue
		}
		t.Cleanup(func() { _ = os.RemoveAll(group) })
		file, err := os.OpenFile(filepath.Join(group, version.limit), os.O_WRONLY, 0)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		_, err = file.WriteString(strconv.Itoa(limit))
		mustDo(t, err, file.Close())
		return group
	}
	t.Skipf("needs leave to make a memory cgroup: %v", errors.Join(errs...))
	return ""
}
