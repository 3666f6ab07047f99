package filesystem

import (
	"errors"
	"os"
)

// LockName is the file that is locked where a folder cannot be.
const LockName = "lock"

// ErrInUse is returned by Lock while somebody else has the folder.
var ErrInUse = errors.New("the folder is in use by another client; give each a folder of its own")

// OS is the FileSystem of this machine.
type OS struct{}

// Mkdir implements FileSystem.
func (OS) Mkdir(path string) error { return os.Mkdir(path, 0o700) }

// List implements FileSystem.
func (OS) List(dir string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		if entry.Type().IsRegular() {
			names = append(names, entry.Name())
		}
	}
	return names, err
}

// Lock implements FileSystem.
func (OS) Lock(dir string) (File, error) { return lock(dir) }

// Names implements FileSystem.
func (OS) Names(path string, f File) bool {
	named, err1 := os.Stat(path)
	opened, err2 := f.Stat()
	return err1 == nil && err2 == nil && os.SameFile(named, opened)
}

// Create implements FileSystem.
func (OS) Create(path string) (File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

// Open implements FileSystem.
func (OS) Open(path string) (File, error) { return os.OpenFile(path, openFlag, 0) }

// Link implements FileSystem.
func (OS) Link(path, second string) error { return os.Link(path, second) }

// Remove implements FileSystem.
func (OS) Remove(path string) error { return os.Remove(path) }

// SyncDir implements FileSystem.
func (OS) SyncDir(dir string) error { return syncDir(dir) }
