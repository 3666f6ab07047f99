// Package filesystem is the seam between core/disk and the machine below it, and
// that machine: [OS]. Tests put one of their own there, see core/internal/crashtest.
package filesystem

import (
	"io"
	"io/fs"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/clock"
	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/store"
)

// Options is what an outbox on disk goes by: what its user sets, and what it runs
// on.
type Options struct {
	Bounds store.Bounds
	Fsync  bool

	// Tests change these.
	Segment int64 // bytes of a segment
	System  FileSystem
	Clock   *clock.Clock
}

// FileSystem is all that an outbox asks of the operating system. What was not
// synced may be lost in any part and in any order, names and removals too.
type FileSystem interface {
	// Mkdir makes a folder that only its owner can read.
	Mkdir(path string) error
	// List returns the names of the regular files in a folder, in order.
	List(dir string) ([]string, error)
	// Lock makes a folder ours until the file is closed or the process ends,
	// however it ends. The file is what LockPath names.
	Lock(dir string) (File, error)
	// Names reports whether path is the name of an open file.
	Names(path string, f File) bool

	Create(path string) (File, error) // fails if path is there
	Open(path string) (File, error)   // for reading and Sync
	Link(path, second string) error   // gives a file another name
	Remove(path string) error
	SyncDir(dir string) error // what was created and removed in it
}

// File is an open file.
type File interface {
	io.ReaderAt
	io.WriteCloser
	Truncate(size int64) error
	Sync() error
	Stat() (fs.FileInfo, error)
}
