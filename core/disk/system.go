package bbdisk

import (
	"os"

	"github.com/silverbranch/bb-telegram-analytics-go/core/internal/filesystem"
)

type (
	fileSystem = filesystem.FileSystem
	file       = filesystem.File
)

type operatingSystem struct{}

func (operatingSystem) Mkdir(path string) error { return os.Mkdir(path, 0o700) }

func (operatingSystem) List(dir string) (names []string, err error) {
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

func (operatingSystem) Link(path, second string) error { return os.Link(path, second) }

func (operatingSystem) Remove(path string) error { return os.Remove(path) }

func (operatingSystem) SyncDir(dir string) error { return syncDir(dir) }
