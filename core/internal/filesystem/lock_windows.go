package filesystem

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// openFlag includes writing, without which Windows syncs no file.
const openFlag = os.O_RDWR

// sharingViolation is ERROR_SHARING_VIOLATION, which package syscall lacks.
const sharingViolation = syscall.Errno(32)

// LockPath is a file, since Windows locks no folder. It cannot be removed while
// it is open.
func LockPath(dir string) string { return filepath.Join(dir, LockName) }

// lock holds a file by sharing it with nobody.
func lock(dir string) (*os.File, error) {
	path := LockPath(dir)
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	const shareNothing = 0
	handle, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, shareNothing,
		nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	switch {
	case err == nil:
		return os.NewFile(uintptr(handle), path), nil
	case errors.Is(err, sharingViolation):
		return nil, ErrInUse
	}
	return nil, &os.PathError{Op: "open", Path: path, Err: err}
}

// syncDir does nothing: Windows makes names safe with the files.
func syncDir(string) error { return nil }
