package bbdisk

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// sharingViolation is ERROR_SHARING_VIOLATION, which package syscall lacks.
const sharingViolation = syscall.Errno(32)

// lock holds path, by sharing it with nobody, until it is closed or the
// process ends, however it ends.
func lock(path string) (io.Closer, error) {
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
