package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	bbdisk "github.com/silverbranch/bb-telegram-analytics-go/core/disk"
)

// lookAtFolder opens the folder as a bot would, unless it belongs to another
// user, whose bot could not open what this process would leave in it.
func (c *checkup) lookAtFolder(context.Context) finding {
	info, err := os.Stat(c.dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return c.lookAtParent(filepath.Dir(c.dir))
	case err != nil:
		return finding{problem, err.Error(), "Run this as the user that the bot runs as, and give that user the folder."}
	case !info.IsDir():
		return finding{problem, c.dir + " is not a folder", "Name a folder that holds nothing else."}
	}
	if owner, me := ownerOf(info), os.Geteuid(); owner != me {
		return finding{warning, fmt.Sprintf("%s belongs to user %d, and this runs as user %d", c.dir, owner, me),
			"If the bot runs as the first, run this so too; if as the second, give it the folder: chown."}
	}
	box, err := bbdisk.Open(c.dir)
	if errors.Is(err, bbdisk.ErrInUse) {
		return c.onAVolume("it is in use, by the bot if that runs")
	}
	if err != nil {
		return finding{problem, err.Error(), "The bot runs with events in memory until that is put right."}
	}
	waiting := box.Place().Store.Flow().Pending
	if _, err := box.Place().Store.Close(); err != nil {
		return finding{problem, err.Error(), "Is the disk full?"}
	}
	return c.onAVolume(fmt.Sprintf("it can be written to, and %s in it", wait(waiting)))
}

// lookAtParent tries whether the folder, which is missing, could be made.
func (c *checkup) lookAtParent(parent string) finding {
	if _, err := os.Stat(parent); errors.Is(err, fs.ErrNotExist) && parent != filepath.Dir(parent) { // the bot makes that, too
		return c.lookAtParent(filepath.Dir(parent))
	}
	trial, err := os.MkdirTemp(parent, ".doctor-")
	if err != nil {
		return finding{problem, fmt.Sprintf("%s does not exist, and user %d cannot make it: %v", c.dir, os.Geteuid(), err),
			fmt.Sprintf("If the bot runs as this user, give it the folder above: chown %d %s", os.Geteuid(), parent)}
	}
	if err := os.Remove(trial); err != nil {
		return finding{problem, err.Error(), "Remove it by hand."}
	}
	return finding{warning, c.dir + " does not exist yet", "The bot makes it at its start, if it runs as this user."}
}

func wait(events int) string {
	switch events {
	case 0:
		return "nothing waits"
	case 1:
		return "1 event waits"
	}
	return fmt.Sprintf("%d events wait", events)
}

// onAVolume warns of a folder that goes with its container.
func (c *checkup) onAVolume(text string) finding {
	text = c.dir + ": " + text
	if inContainer() && mountPoint(c.dir) == "/" {
		return finding{warning, text + "; it is part of this container, and goes with it",
			"Put it on a volume: volumes: [\"analytics:" + filepath.Dir(c.dir) + "\"] in the compose file."}
	}
	return ok("%s", text)
}

// mountPoint is that of the file system that a folder is on; "" where this is not
// Linux.
func mountPoint(dir string) (point string) {
	absolute, err := filepath.Abs(dir)
	table, readErr := os.ReadFile("/proc/self/mountinfo")
	if err != nil || readErr != nil {
		return ""
	}
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line)
		if len(fields) < 5 {
			continue
		}
		mounted := fields[4]
		if rest, below := strings.CutPrefix(absolute+"/", strings.TrimSuffix(mounted, "/")+"/"); below && len(rest) <= len(absolute) && len(mounted) > len(point) {
			point = mounted
		}
	}
	return point
}

// folder is what the environment or -dir names.
func folder(flag string) string { return cmp.Or(flag, strings.TrimSpace(os.Getenv(bbdisk.EnvDir))) }
