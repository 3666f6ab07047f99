//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package bbdisk

import (
	"os"
	"path/filepath"
)

const openFlag = os.O_RDONLY

func lockPath(dir string) string { return filepath.Join(dir, lockName) }

// lock locks nothing: on this system the caller must see to it that a folder
// is opened once.
func lock(dir string) (*os.File, error) {
	return os.OpenFile(lockPath(dir), os.O_RDWR|os.O_CREATE, 0o600)
}

// syncDir does nothing: not every system can open a folder.
func syncDir(string) error { return nil }
