package bbdisk

import (
	"io"
	"io/fs"
	"os"
)

// fileSystem is all that an outbox asks of the operating system. What was not
// synced may be lost in any part and in any order, names and removals too: tests
// put a fileSystem in its place that does so.
type fileSystem interface {
	// Mkdir makes a folder that only its owner can read.
	Mkdir(path string) error
	// List returns the names of the regular files in a folder.
	List(dir string) ([]string, error)
	// Lock makes a folder ours until the file is closed or the process ends,
	// however it ends. The file is what lockPath names.
	Lock(dir string) (file, error)
	// Names reports whether path is the name of an open file.
	Names(path string, f file) bool

	Create(path string) (file, error) // fails if path is there
	Open(path string) (file, error)   // for reading and Sync
	Remove(path string) error
	SyncDir(dir string) error // what was created and removed in it
}

type file interface {
	io.ReaderAt
	io.WriteCloser
	Truncate(size int64) error
	Sync() error
	Stat() (fs.FileInfo, error)
}

type operatingSystem struct{}

func (operatingSystem) Mkdir(path string) error { return os.Mkdir(path, 0o700) }

func (operatingSystem) List(dir string) (names []string, err error) {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return nil, &FolderError{Path: dir, Reason: "it is no folder"}
	}
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		if entry.Type().IsRegular() {
			names = append(names, entry.Name())
		}
	}
	return names, err
}

func (operatingSystem) Lock(dir string) (file, error) { return lock(dir) }

func (operatingSystem) Names(path string, f file) bool {
	named, err1 := os.Stat(path)
	opened, err2 := f.Stat()
	return err1 == nil && err2 == nil && os.SameFile(named, opened)
}

func (operatingSystem) Create(path string) (file, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

func (operatingSystem) Open(path string) (file, error) { return os.OpenFile(path, openFlag, 0) }

func (operatingSystem) Remove(path string) error { return os.Remove(path) }

func (operatingSystem) SyncDir(dir string) error { return syncDir(dir) }
